"""Pictures changed on purpose, on the device: moved for all networks, degraded for judges.

A judge must see through how a picture was made.

Generated faces are a little soft around the mouth, a little off in colour, and have seams and
specks that no camera makes. A classifier that has only seen clean frames may take these for an
emotion. Here each window is blurred, coloured, covered and peppered at random, whatever emotion it
shows, so none of it tells anything.

Follows: random erasing (Zhong et al. 2017) and blur augmentation; the paper's five changes of
colour (§4.2) are in `data.augment`; it lists no geometric change.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from emolib.training.settings import Checked

MIN_BLUR_PX = 28  # the coarsest picture still has this many pixels a side


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


@dataclass(frozen=True)
class Degrade(Checked):
    """Draws for each window, the same in all its frames; the noise alone is new in each frame.

    Uses torch's random numbers, which a saved state holds.
    """

    colour: float = 0.25  # contrast and each channel's gain change by up to this share
    light: float = 0.15  # brightness moves by up to this
    grey: float = 0.3  # chance of losing colour, by a random share
    blur: float = 0.5  # chance of a blur: of the whole face, its upper or its lower half
    noise: float = 0.3  # chance of noise
    noise_std: float = 0.06  # its most
    cover: float = 0.5  # chance of a covered rectangle
    cover_side: float = 0.45  # its longest side, as a share of the picture's

    RANGES: ClassVar = dict.fromkeys(
        ("colour", "light", "grey", "blur", "noise", "noise_std", "cover", "cover_side"), "[0, 1]"
    )

    def __call__(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W) float in [0, 1] → the same shape and range, another tensor."""
        frames = self._coloured(frames)
        self._blur(frames)
        self._cover(frames)
        self._pepper(frames)
        return frames.clamp_(0, 1)

    def _coloured(self, frames: Tensor) -> Tensor:
        B = len(frames)
        contrast, shift = 1 + self.colour * _either(B, 1), self.light * _either(B, 1)
        gain = (contrast * (1 + 0.5 * self.colour * _either(B, 3))).to(frames)  # (B, 3)
        bias = 0.5 + shift.to(frames) - 0.5 * gain
        frames = torch.addcmul(_spread(bias), frames, _spread(gain))
        for i in _chosen(B, self.grey):
            frames[i].lerp_(frames[i].mean(1, keepdim=True), float(torch.rand(())))
        return frames

    def _blur(self, frames: Tensor) -> None:
        """Down to a coarse picture and up again, in all rows or one half of them."""
        H, W = frames.shape[-2:]
        for i in _chosen(len(frames), self.blur):
            side = int(torch.randint(MIN_BLUR_PX, W, ()))
            part, middle = int(torch.randint(3, ())), int(torch.randint(H // 3, 2 * H // 3, ()))
            rows = (slice(0, H), slice(middle, H), slice(0, middle))[part]
            coarse = F.interpolate(frames[i], (side, side), mode="area")
            soft = F.interpolate(coarse, (H, W), mode="bilinear", align_corners=False)
            frames[i, :, :, rows] = soft[:, :, rows]

    def _cover(self, frames: Tensor) -> None:
        """A rectangle of one colour, at one place in all frames."""
        H, W = frames.shape[-2:]
        for i in _chosen(len(frames), self.cover):
            size, place = torch.rand(2) * self.cover_side, torch.rand(2)
            h, w = 1 + int(size[0] * H), 1 + int(size[1] * W)
            y, x = int(place[0] * (H - h)), int(place[1] * (W - w))
            frames[i, :, :, y : y + h, x : x + w] = torch.rand(3, 1, 1).to(frames)

    def _pepper(self, frames: Tensor) -> None:
        for i in _chosen(len(frames), self.noise):
            std = self.noise_std * float(torch.rand(()))
            frames[i].add_(torch.randn(frames[i].shape).to(frames), alpha=std)


def _either(*shape: int) -> Tensor:
    """Draws from −1 … 1."""
    return 2 * torch.rand(*shape) - 1


def _spread(values: Tensor) -> Tensor:
    return values[:, None, :, None, None]  # (B, 1, 3 or 1, 1, 1)


def _chosen(n: int, chance: float) -> list[int]:
    return torch.nonzero(torch.rand(n) < chance).flatten().tolist()
