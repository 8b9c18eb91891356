"""Sound heard at several offsets, and one geometric draw a window: what `store` leaves to training.

Paper: §4.2 lists photometric augmentations only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from emolib.base.config import VIDEO
from emolib.data.augment import Augment
from emolib.data.store import ClipStore
from emolib.data.windows import MIN_NEGATIVE_FRAMES, Windows
from emolib.media.mel import mel_windows
from emolib.training.settings import Checked

T = VIDEO.n_frames


class ManySounds(Windows):
    """Five frames with K windows of their own clip's sound; the first is the right one.

    The lips go through their encoder once for K questions, so a batch teaches more per second.

    Items: frames (T, 3, S, S) uint8; mels (K, 1, 80, 16) float32; offset_frames (K,) int64: how
    much later the frames are than the sound, 0 for the first; clip_idx int64.

    Args:
        n_sounds: K. Wrong ones are drawn from all that are at least three frames away; in a clip
            too short to have any, from its farthest.
        offsets: instead, exactly these offsets, for measuring (the first need not be 0). Clips
            too short to hold them all are left out.
    """

    def __init__(
        self,
        store: ClipStore,
        seed: int = 0,
        augment: Augment | None = None,
        n_sounds: int = 8,
        offsets: tuple[int, ...] | None = None,
    ):
        super().__init__(store, seed, augment)
        self.n_sounds, self.offsets = n_sounds, offsets
        if offsets is not None:
            reach = 1 + max(offsets) - min(offsets)
            self.clip_idx = self.clip_idx[self.n_starts[self.clip_idx] >= reach]

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        n_starts = int(self.n_starts[clip])
        if self.offsets is not None:
            first, end = max(0, max(self.offsets)), n_starts + min(0, min(self.offsets))
            start = int(rng.integers(first, end))
            heard = start - np.asarray(self.offsets)
        else:
            start = int(rng.integers(n_starts))
            away = np.abs(np.arange(n_starts) - start)
            far = np.flatnonzero(away >= min(MIN_NEGATIVE_FRAMES, away.max()))
            wrong = rng.choice(far, self.n_sounds - 1, replace=len(far) < self.n_sounds - 1)
            heard = np.concatenate([[start], wrong])
        return {
            "frames": self._changed(self._cut(clip, start), rng),
            "mels": mel_windows(self._mel(clip), heard, n_frames=T),
            "offset_frames": start - heard,
            "clip_idx": np.int64(clip),
        }


@dataclass(frozen=True)
class Jitter(Checked):
    """A draw of zoom, turn, shift and mirror for each window, the same in all its frames.

    Crops of real videos are never as steady as training crops; a network that saw only centred
    faces answers a shifted one badly. Uses torch's random numbers, which a saved state holds.
    """

    zoom: float = 0.08  # log-size changes by up to this much either way
    turn_deg: float = 6.0  # of the head in the picture, up to this much either way
    shift: float = 0.05  # of the picture's width
    flip: float = 0.5  # chance of a mirror image

    RANGES: ClassVar = {
        **dict.fromkeys(("zoom", "shift", "flip"), "[0, 1]"),
        "turn_deg": "[0, 180]",
    }

    def __call__(self, *pictures: Tensor) -> list[Tensor]:
        """Each (B, T, 3, H, W) float → the same shape; sample i of each gets the same draw."""
        B = len(pictures[0])
        draw = torch.rand(B, 5).to(pictures[0].device)
        size = torch.exp((2 * draw[:, 0] - 1) * self.zoom)
        turn = (2 * draw[:, 4] - 1) * math.radians(self.turn_deg)
        mirror = torch.where(draw[:, 3] < self.flip, -1.0, 1.0)
        theta = torch.zeros(B, 2, 3, device=draw.device)
        theta[:, 0, 0], theta[:, 0, 1] = size * mirror * turn.cos(), -size * turn.sin()
        theta[:, 1, 0], theta[:, 1, 1] = size * mirror * turn.sin(), size * turn.cos()
        theta[:, :, 2] = (2 * draw[:, 1:3] - 1) * 2 * self.shift
        moved = []
        for frames in pictures:
            flat = frames.flatten(1, 2)  # (B, T·3, H, W): one grid a window
            grid = F.affine_grid(theta, list(flat.shape), align_corners=False)
            flat = F.grid_sample(flat, grid, padding_mode="border", align_corners=False)
            moved.append(flat.unflatten(1, frames.shape[1:3]))
        return moved
