"""Lip-sync error: how far pictures and sound lie apart in a SyncNet's eyes, and by how many frames.

`lse` is the published evaluation (LSE-D, LSE-C) on Chung & Zisserman's network; `lse_expert` is the
same protocol on the colour SyncNet that training uses, and its numbers carry another name because
they are another scale. Values do not transfer between data sets: always print a ground-truth row.

Paper: §7.2 and appendix C. Source: Prajwal et al. 2020; protocol facts in method notes §1.7.
Deviation: the paper says ±1 s; the published script, and so we, look at ±15 frames = ±0.6 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import ConfigError, MediaError
from emolib.evaluation.lse_inputs import LSE_PX, mfcc
from emolib.evaluation.visual import device_of
from emolib.media.mel import mel_windows, melspectrogram
from emolib.models.syncnet import fold_lower_halves

MAX_SHIFT = 15  # frames; 31 offsets
N_FRAMES = VIDEO.n_frames  # a video window is five frames, 0.2 s
SAMPLES_PER_FRAME = AUDIO.sample_rate_hz // VIDEO.fps  # 640
MFCC_PER_FRAME, MFCC_STEPS = 4, 20  # an audio window is 20 MFCC rows, 0.2 s


@dataclass(frozen=True, eq=False)
class LseResult:
    """How well one clip's lips follow its sound.

    Attributes:
        distance: LSE-D, the smallest mean distance over the offsets; lower is better.
        confidence: LSE-C, median minus minimum over the offsets; higher is better.
        offset: frames; above 0 the sound comes before the picture, below 0 after it.
        curve: (31,) float64 mean distance at each of `offsets`.
        n_windows: how many five-frame windows were averaged.
    """

    distance: float
    confidence: float
    offset: int
    curve: np.ndarray
    n_windows: int

    @property
    def offsets(self) -> np.ndarray:
        """(31,) the offsets in frames that `curve` belongs to: 15, 14, … -15."""
        shift = len(self.curve) // 2
        return shift - np.arange(len(self.curve))

    @property
    def at_zero(self) -> float:
        """The mean distance with no shift at all: what a viewer gets.

        LSE-D is taken at the best offset, so a film that is 200 ms late everywhere goes unpunished.
        """
        return float(self.curve[len(self.curve) // 2])


def lse(model: nn.Module, frames: np.ndarray, audio: np.ndarray) -> LseResult:
    """LSE-D, LSE-C and offset of one face track, as the published evaluation computes them.

    Args:
        model: the evaluation SyncNet, `models.lse_syncnet.LseSyncNet`: called with MFCC windows
            (B, 1, 13, 20) and pictures (B, 3, 5, 224, 224) float 0–255 RGB, it returns the
            embeddings (B, D) of sound and picture. In eval mode.
        frames: (T, 224, 224, 3) uint8 RGB at 25 frames/s, cropped by `lse_inputs.lse_crops`.
        audio: (n,) float at 16 kHz.

    Raises:
        MediaError: not (T, 224, 224, 3) uint8, or fewer than six frames of picture and sound.

    Paper: appendix C.
    """
    _check(frames, LSE_PX)
    cepstra = torch.from_numpy(mfcc(audio))  # (M, 13)

    def windows(chosen: range) -> tuple[Tensor, Tensor]:
        heard = [cepstra[MFCC_PER_FRAME * i :][:MFCC_STEPS].T[None] for i in chosen]
        seen = np.stack([frames[i : i + N_FRAMES] for i in chosen])  # (B, 5, 224, 224, 3)
        return torch.stack(heard), torch.from_numpy(seen).permute(0, 4, 1, 2, 3).float()

    n_windows = count_windows(len(frames), len(audio))
    return lse_from_embeddings(*_embed(model, windows, n_windows, batch_size=16))


def lse_expert(
    model: nn.Module,
    faces: np.ndarray,
    audio: np.ndarray | None = None,
    *,
    mel: np.ndarray | None = None,
) -> LseResult:
    """The same protocol on the colour SyncNet expert, on its own scale ("LSE-D (expert)").

    Unit vectors that a ReLU ends lie [0, 1.42] apart, without it [0, 2].
    Deviation: only pairs that exist. Unrelated unit vectors lie 1.4 apart, but 1 from the zeros
    beyond the ends, which would make the outer offsets of short clips the best ones.

    Args:
        model: `models.syncnet.SyncNet`.
        faces: (T, 96, 96, 3) uint8 RGB at 25 frames/s.
        audio: (n,) float at 16 kHz, or
        mel: (80, M) float32, the spectrogram of that sound.

    Raises:
        MediaError, ConfigError: as `lse`; or neither sound nor mel.
    """
    _check(faces, VIDEO.face_px)
    if mel is None:
        if audio is None:
            raise ConfigError("no sound was given", expected="audio or mel")
        mel = melspectrogram(audio)
    n_samples = len(audio) if audio is not None else (mel.shape[1] - 1) * AUDIO.hop_samples
    n_windows = count_windows(len(faces), n_samples)
    video, sound = expert_embeddings(model, faces, mel, n_windows)
    return lse_from_embeddings(video, sound, pad="skip")


def expert_embeddings(
    model: nn.Module, faces: np.ndarray, mel: np.ndarray, n_windows: int
) -> tuple[Tensor, Tensor]:
    """Unit vectors of a clip's lips and sound, each (n_windows, D) float32 on the CPU.

    Args:
        model: `models.syncnet.SyncNet`, in eval mode.
        faces: (T, 96, 96, 3) uint8 RGB at 25 frames/s; row *k* sees frames *k* … *k + 4*.
        mel: (80, M) float32; row *k* hears the same 200 ms.
    """

    def windows(chosen: range) -> tuple[Tensor, Tensor]:
        heard = torch.from_numpy(mel_windows(mel, chosen, n_frames=N_FRAMES))  # (B, 1, 80, 16)
        seen = torch.from_numpy(np.stack([faces[i : i + N_FRAMES] for i in chosen]))
        return heard, fold_lower_halves(seen.permute(0, 1, 4, 2, 3).float() / 255)

    return _embed(model, windows, n_windows, batch_size=64)


def lse_from_embeddings(video: Tensor, audio: Tensor, *, pad: str = "zeros") -> LseResult:
    """The protocol from embeddings on: mean over windows first, then minimum and median.

    Args:
        video, audio: (N, D) float, one row a window.
        pad: what stands beyond the clip's ends. `"zeros"` as published: distances to a zero vector
            enter the means, which changes the outer offsets of short clips. `"skip"` averages only
            windows that exist.

    Raises:
        ConfigError: unknown `pad`, or rows that do not pair up.
    """
    if pad not in ("zeros", "skip"):
        raise ConfigError(f"unknown pad={pad!r}", expected="'zeros' or 'skip'")
    distances = distance_matrix(video, audio)  # (N, 31)
    if pad == "skip":
        N = len(distances)
        heard = np.arange(N)[:, None] + np.arange(-MAX_SHIFT, MAX_SHIFT + 1)
        distances = np.where((heard >= 0) & (heard < N), distances, np.nan)
        there = ~np.isnan(distances).all(axis=0)  # a very short clip has no pair at the far ends
        curve = np.full(distances.shape[1], np.nan)
        curve[there] = np.nanmean(distances[:, there], axis=0)
    else:
        curve = distances.mean(axis=0)
    best = int(np.nanargmin(curve))
    return LseResult(
        distance=float(curve[best]),
        confidence=float(np.nanmedian(curve) - curve[best]),
        offset=MAX_SHIFT - best,
        curve=curve,
        n_windows=len(video),
    )


def distance_matrix(video: Tensor, audio: Tensor) -> np.ndarray:
    """Distances (N, 31) float64: entry [i, j] pairs picture *i* with sound *i + j - 15*; sound
    beyond the ends is a zero vector.

    Euclidean, with torch's 1e-6 added to each difference, as published.
    """
    if video.shape != audio.shape or video.ndim != 2 or not len(video):
        raise ConfigError(
            f"embeddings are {tuple(video.shape)} and {tuple(audio.shape)}", expected="(N, D) each"
        )
    N = len(video)
    padded = F.pad(audio.float(), (0, 0, MAX_SHIFT, MAX_SHIFT))  # (N + 30, D)
    shifts = range(2 * MAX_SHIFT + 1)
    columns = [F.pairwise_distance(video.float(), padded[j : j + N]) for j in shifts]
    return torch.stack(columns, 1).double().numpy()


def count_windows(n_frames: int, n_samples: int) -> int:
    """How many windows the protocol takes: `min(frames, samples // 640) - 5`.

    (One less than would fit: the published script stops there.)

    Raises:
        MediaError: none at all.
    """
    n_windows = min(n_frames, n_samples // SAMPLES_PER_FRAME) - N_FRAMES
    if n_windows < 1:
        raise MediaError(
            f"{n_frames} frames with {n_samples / AUDIO.sample_rate_hz:.2f} s of sound are too few",
            expected=f"at least {N_FRAMES + 1} frames (0.24 s) of both",
        )
    return n_windows


def _embed(model, windows, n_windows: int, batch_size: int) -> tuple[Tensor, Tensor]:
    """Embeddings (N, D) of picture and sound of all windows, on the CPU."""
    device = device_of(model)
    video, sound = [], []
    for start in range(0, n_windows, batch_size):
        heard, seen = windows(range(start, min(start + batch_size, n_windows)))
        with torch.inference_mode():
            sound_part, video_part = model(heard.to(device), seen.to(device))
        video.append(video_part.float().cpu())
        sound.append(sound_part.float().cpu())
    return torch.cat(video), torch.cat(sound)


def _check(frames: np.ndarray, size: int) -> None:
    if frames.ndim != 4 or frames.shape[1:] != (size, size, 3) or frames.dtype != np.uint8:
        raise MediaError(
            f"frames are {frames.dtype} {frames.shape}", expected=f"uint8 (T, {size}, {size}, 3)"
        )
