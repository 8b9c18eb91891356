"""What a person does whether or not they speak: blinks, glances, small head movements.

Everything here is a function of a seed and of time. Events are drawn one after the other, so a
longer clip only adds events at its end and a shorter one shows the same beginning: that is what
makes a `--paired` corpus comparable frame by frame.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.head import ramp

BLINK_S = 0.24  # closing 80 ms, shut 40 ms, opening 120 ms
POSE = ("yaw", "pitch", "roll", "x", "y", "z")  # radians; head heights
_SWAY = np.array([0.045, 0.025, 0.022, 0.012, 0.008, 0.010])  # typical amplitude
_REST = np.array([0.045, 0.020, 0.018, 0.020, 0.015, 0.020])  # spread of a person's usual pose


def blinks(times_s: np.ndarray, seed) -> np.ndarray:
    """Lid closure (N,) in 0–1; one blink every three to four seconds on average.

    Args:
        times_s: increasing moments, seconds.
        seed: anything `numpy.random.default_rng` takes.
    """
    rng = np.random.default_rng(seed)
    shut = np.zeros(len(times_s))
    at = rng.uniform(0.4, 2.6)
    while len(times_s) and at < times_s[-1] + BLINK_S:
        phase = times_s - at
        closing, opening = ramp(0, 0.08, phase), ramp(0, 0.12, phase - 0.12)
        shut = np.maximum(shut, rng.uniform(0.92, 1.0) * (closing - opening))
        at += BLINK_S + 0.5 + rng.gamma(2.0, 1.4)
    return shut


def glances(times_s: np.ndarray, seed) -> np.ndarray:
    """Where the eyes look beside the camera, (N, 2) radians: to the person's left, and up.

    Fixations of 0.4–2 s joined by saccades of 40 ms; most return to the camera.
    """
    rng = np.random.default_rng(seed)
    gaze = np.zeros((len(times_s), 2))
    at, here = 0.0, np.zeros(2)
    while len(times_s) and at < times_s[-1]:
        at += rng.uniform(0.4, 2.0)
        away = rng.random() < 0.35
        there = rng.normal(0, [0.09, 0.05]) if away else rng.normal(0, 0.012, 2)
        gaze += ramp(0, 0.04, times_s - at)[:, None] * (there - here)
        here = there
    return gaze


def sway(times_s: np.ndarray, seed, amount: float = 1.0) -> np.ndarray:
    """Head pose over time, (N, 6) in `POSE` order: a resting pose plus slow sums of waves."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(0, 1, 6).clip(-1.8, 1.8) * _REST
    pose = np.tile(rest, (len(times_s), 1))
    for low_hz, high_hz, share in ((0.12, 0.3, 0.75), (0.3, 0.7, 0.45), (0.8, 1.6, 0.12)):
        hz = rng.uniform(low_hz, high_hz, 6)
        phase = rng.uniform(0, 2 * np.pi, 6)
        pose += amount * share * _SWAY * np.sin(2 * np.pi * hz * times_s[:, None] + phase)
    return pose


def drift(times_s: np.ndarray, seed, n: int, hz: float = 1.0) -> np.ndarray:
    """`n` slow, smooth, unrelated signals of about unit size, (N, n)."""
    rng = np.random.default_rng(seed)
    out = np.zeros((len(times_s), n))
    for factor in (0.4, 0.8, 1.5):
        rate_hz = hz * factor * rng.uniform(0.7, 1.3, n)
        out += np.sin(2 * np.pi * rate_hz * times_s[:, None] + rng.uniform(0, 2 * np.pi, n))
    return out / np.sqrt(1.5)


def nods(times_s: np.ndarray, loudness: np.ndarray, amount: float) -> np.ndarray:
    """Small dips of the head with loud syllables, (N,) radians of pitch: movement with prosody."""
    if len(times_s) < 3 or amount == 0:
        return np.zeros(len(times_s))
    step_s = times_s[1] - times_s[0]
    span = np.arange(-round(0.3 / step_s), round(0.3 / step_s) + 1) * step_s
    bell = np.exp(-0.5 * (span / 0.09) ** 2)
    padded = np.pad(loudness, len(span) // 2, mode="edge")
    smooth = np.convolve(padded, bell / bell.sum(), "valid")[: len(times_s)]
    return amount * (smooth - smooth.mean())
