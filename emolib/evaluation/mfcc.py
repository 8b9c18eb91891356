"""The sound that the evaluation SyncNet hears: 13 MFCCs, 100 a second, four to a video frame.

The published network was trained on the output of the package python_speech_features with its
default settings; its weights mean nothing on any other MFCC (librosa's differ in window, filters
and scale). This is that recipe, written from its formulas.

Source: Davis & Mermelstein 1980; settings of python_speech_features 0.6 (method facts §1.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError
from emolib.media.audio import as_mono


@dataclass(frozen=True)
class MfccConfig:
    """The defaults that the published weights were trained with."""

    sample_rate_hz: int = AUDIO.sample_rate_hz
    win_samples: int = 400  # 25 ms, rectangular
    hop_samples: int = 160  # 10 ms
    n_fft: int = 512
    n_filters: int = 26  # triangles from 0 Hz to half the sample rate
    n_cepstra: int = 13
    preemphasis: float = 0.97
    lifter: int = 22


MFCC = MfccConfig()
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
    emphasised[1:] -= MFCC.preemphasis * samples[:-1]
    n_rows = 1 + max(0, ceil((samples.size - MFCC.win_samples) / MFCC.hop_samples))
    length = (n_rows - 1) * MFCC.hop_samples + MFCC.win_samples
    padded = np.pad(emphasised, (0, max(0, length - samples.size)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, MFCC.win_samples)
    spectrum = np.fft.rfft(windows[:: MFCC.hop_samples][:n_rows], MFCC.n_fft)
    return np.abs(spectrum) ** 2 / MFCC.n_fft


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """Triangular mel filters, (26, 257), with corners on whole FFT bins."""
    top_mel = 2595 * np.log10(1 + MFCC.sample_rate_hz / 2 / 700)
    corners_hz = 700 * (10 ** (np.linspace(0, top_mel, MFCC.n_filters + 2) / 2595) - 1)
    corners = np.floor((MFCC.n_fft + 1) * corners_hz / MFCC.sample_rate_hz)  # (28,)
    left, middle, right = (corners[i : i + MFCC.n_filters, None] for i in range(3))
    bins = np.arange(MFCC.n_fft // 2 + 1)  # (257,)
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    rises, falls = (left <= bins) & (bins < middle), (middle <= bins) & (bins < right)
    return np.where(rises, rising, np.where(falls, falling, 0.0))


def _cepstra(log_bands: np.ndarray) -> np.ndarray:
    """Orthonormal cosine transform of the log bands, the higher cepstra lifted: (M, 13)."""
    from scipy.fft import dct

    cepstra = dct(log_bands, type=2, axis=1, norm="ortho")[:, : MFCC.n_cepstra]
    n = np.arange(MFCC.n_cepstra)
    return cepstra * (1 + MFCC.lifter / 2 * np.sin(np.pi * n / MFCC.lifter))
