"""What the evaluation SyncNet is given: a square around the face, and 13 MFCCs 100 times a second.

The square is shifted towards the chin and 224 px large. The sound is the output of the package
python_speech_features with its default settings, on which the published network was trained; its
weights mean nothing on any other MFCC (librosa's differ in window, filters and scale). This is that
recipe, written from its formulas.

Source: the published evaluation pipeline (method facts §1.7); Davis & Mermelstein 1980.
Deviation: crops stay in memory; the published pipeline writes them to lossy video files between. It
drops tracks below 100 frames and faces below 100 px, which would drop 99 % of CREMA-D's clips.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import cv2
import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError, ConfigError
from emolib.media.audio import as_mono
from emolib.media.faces import CropTransform

LSE_PX = 224
CROP_SCALE = 0.40  # room beside the face, as a part of its half-side
FILL = 110  # grey of what lies outside the picture
SMOOTHING = 13  # frames of the median filter over centre and size


def tight_boxes(poses: np.ndarray) -> np.ndarray:
    """Boxes (T, 4) float64 from tracked poses (T, 4): hairline to chin, as the detector of the
    published pipeline draws them."""
    corners = np.stack([CropTransform.from_pose(pose, "tight").corners for pose in poses])
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def lse_crops(frames: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The 224×224 crops of a face track: (T, 224, 224, 3) uint8 RGB.

    With the box's centre (cx, cy), half its longer side s and c = 0.40, the square reaches from
    cx - 1.4 s to cx + 1.4 s and from cy - s to cy + 1.8 s: shifted towards the chin. Centre and
    size are median-filtered over 13 frames; outside the picture is grey 110.

    Args:
        frames: (T, H, W, 3) uint8 RGB.
        boxes: (T, 4) float pixels.

    Raises:
        ConfigError: not one finite box a frame.
    """
    if len(frames) != len(boxes) or not len(frames) or not np.isfinite(boxes).all():
        raise ConfigError(f"{len(boxes)} boxes for {len(frames)} frames", expected="one each")
    crops = [
        cv2.resize(_cut(frame, square), (LSE_PX, LSE_PX))
        for frame, square in zip(frames, lse_squares(boxes), strict=True)
    ]
    return np.stack(crops)


def lse_squares(boxes: np.ndarray) -> np.ndarray:
    """The square of each frame, (T, 4) int pixels x0, y0, x1, y1; may reach outside the picture."""
    from scipy.signal import medfilt

    boxes = np.asarray(boxes, dtype=np.float64)
    kernel = min(SMOOTHING, len(boxes) - 1 + len(boxes) % 2)  # odd, and no longer than the clip
    centre_x, centre_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) / 2
    x, y, s = (medfilt(track, kernel) for track in (centre_x, centre_y, half))
    wide = s * (1 + CROP_SCALE)
    edges = np.stack([x - wide, y - s, x + wide, y + s * (1 + 2 * CROP_SCALE)], axis=1)
    return np.floor(edges).astype(int)


def _cut(frame: np.ndarray, square: np.ndarray) -> np.ndarray:
    """The part of a frame inside a square, grey where there is no frame."""
    H, W = frame.shape[:2]
    x0, y0, x1, y1 = square
    out = np.full((y1 - y0, x1 - x0, 3), FILL, dtype=np.uint8)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, W), min(y1, H)
    if left < right and top < bottom:
        out[top - y0 : bottom - y0, left - x0 : right - x0] = frame[top:bottom, left:right]
    return out


# The defaults that the published weights were trained with.
WIN_SAMPLES, HOP_SAMPLES, N_FFT = 400, 160, 512  # 25 ms, rectangular, every 10 ms
N_FILTERS, N_CEPSTRA, LIFTER = 26, 13, 22  # triangles from 0 Hz to half the sample rate
PREEMPHASIS = 0.97
FULL_SCALE = 32768  # the recipe works on 16-bit whole numbers; the energy term keeps that scale
TINY = float(np.finfo(float).eps)  # stands in for zero energy before the logarithm


def mfcc(samples: np.ndarray) -> np.ndarray:
    """Mel-frequency cepstra with log energy in front: (M, 13) float32, 100 rows a second.

    Args:
        samples: (n,) float at 16 kHz within [-1, 1]; taken as 16-bit numbers, as a WAV file is.

    Returns:
        M = 1 + ceil((n - 400) / 160) rows (one for a shorter sound); row *m* covers the 25 ms that
        begin at `m / 100` s. Column 0 is the logarithm of the frame's energy.

    Raises:
        AudioError: empty or not mono.
    """
    samples = as_mono(samples)
    if not samples.size:
        raise AudioError("the sound is empty (0 samples)", fix="record it again")
    whole = np.rint(np.clip(samples.astype(np.float64), -1, 1) * FULL_SCALE)
    whole = np.clip(whole, -FULL_SCALE, FULL_SCALE - 1)
    power = _power(whole)  # (M, 257)
    energy = np.maximum(power.sum(axis=1), TINY)  # (M,)
    bands = np.maximum(power @ _filters().T, TINY)  # (M, 26)
    cepstra = _cepstra(np.log(bands))  # (M, 13)
    cepstra[:, 0] = np.log(energy)
    return cepstra.astype(np.float32)


def _power(samples: np.ndarray) -> np.ndarray:
    """Power spectrum of each 25 ms, (M, 257): squared magnitude over the FFT length."""
    emphasised = samples.copy()
    emphasised[1:] -= PREEMPHASIS * samples[:-1]
    n_rows = 1 + max(0, ceil((samples.size - WIN_SAMPLES) / HOP_SAMPLES))
    length = (n_rows - 1) * HOP_SAMPLES + WIN_SAMPLES
    padded = np.pad(emphasised, (0, max(0, length - samples.size)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WIN_SAMPLES)
    spectrum = np.fft.rfft(windows[::HOP_SAMPLES][:n_rows], N_FFT)
    return np.abs(spectrum) ** 2 / N_FFT


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """Triangular mel filters, (26, 257), with corners on whole FFT bins."""
    top_mel = 2595 * np.log10(1 + AUDIO.sample_rate_hz / 2 / 700)
    corners_hz = 700 * (10 ** (np.linspace(0, top_mel, N_FILTERS + 2) / 2595) - 1)
    corners = np.floor((N_FFT + 1) * corners_hz / AUDIO.sample_rate_hz)  # (28,)
    left, middle, right = (corners[i : i + N_FILTERS, None] for i in range(3))
    bins = np.arange(N_FFT // 2 + 1)  # (257,)
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    rises, falls = (left <= bins) & (bins < middle), (middle <= bins) & (bins < right)
    return np.where(rises, rising, np.where(falls, falling, 0.0))


def _cepstra(log_bands: np.ndarray) -> np.ndarray:
    """Orthonormal cosine transform of the log bands, the higher cepstra lifted: (M, 13)."""
    from scipy.fft import dct

    cepstra = dct(log_bands, type=2, axis=1, norm="ortho")[:, :N_CEPSTRA]
    n = np.arange(N_CEPSTRA)
    return cepstra * (1 + LIFTER / 2 * np.sin(np.pi * n / LIFTER))
