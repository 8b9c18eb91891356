"""Which picture is shown when: pictures and sound seldom last equally long.

Deviation: the released code starts the video again with a hard jump when the sound is longer;
here it runs back and forth, so the head never jumps.
"""

from __future__ import annotations

import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import ConfigError

FITS = ("loop", "trim", "hold")


def check_fit(fit: str) -> str:
    """`fit`, once it is one of `FITS`.

    Raises:
        ConfigError: unknown.
    """
    if fit not in FITS:
        raise ConfigError(f"unknown fit {fit!r}", expected="one of " + ", ".join(FITS))
    return fit


def n_sound_frames(n_samples: int, sample_rate_hz: int = AUDIO.sample_rate_hz) -> int:
    """Frames that last as long as the sound, to the nearest; at least one."""
    return max(1, round(n_samples / sample_rate_hz * VIDEO.fps))


def fit_frames(n_source: int, n_sound: int, fit: str = "loop") -> np.ndarray:
    """The source frame behind each output frame: (n_out,) int.

    Args:
        n_source: frames the video has; 1 for a picture.
        n_sound: frames the sound lasts.
        fit: what to do when the sound is longer: "loop" runs the video back and forth, "hold"
            stays on its last frame, "trim" ends with the video. A longer video always ends with
            the sound.

    Raises:
        ConfigError: unknown `fit`, or nothing to show.
    """
    check_fit(fit)
    if n_source < 1 or n_sound < 1:
        raise ConfigError(f"{n_source} frames for {n_sound} frames of sound", expected="1 or more")
    k = np.arange(n_sound)
    if fit == "trim":
        return k[: min(n_source, n_sound)]
    if fit == "hold" or n_source == 1:
        return np.minimum(k, n_source - 1)
    period = 2 * (n_source - 1)  # there and back, the turning points shown once
    return np.minimum(k % period, period - k % period)


def describe_fit(n_source: int, n_sound: int, fit: str) -> str:
    """One sentence on what `fit_frames` does, or "" if both last equally long."""
    video_s, sound_s = n_source / VIDEO.fps, n_sound / VIDEO.fps
    if n_source == 1:
        return "" if n_sound == 1 else "a still picture: it is shown as long as the sound lasts"
    if n_source > n_sound:
        return f"the video is longer than the sound and ends with it, at {sound_s:.2f} s"
    if n_source == n_sound:
        return ""
    said = {
        "loop": "runs back and forth",
        "hold": "stays on its last frame",
        "trim": "is not prolonged: the sound is cut",
    }
    return f"the sound lasts {sound_s:.2f} s, the video {video_s:.2f} s and {said[fit]}"


def runs_of(plan: np.ndarray) -> list[np.ndarray]:
    """A plan cut into straight runs, each of one step (+1, -1 or 0) throughout."""
    steps = np.diff(plan)
    runs, start = [], 0
    while start < len(plan):
        end = start + 1
        if end < len(plan) and abs(steps[start]) <= 1:
            while end < len(plan) and steps[end - 1] == steps[start]:
                end += 1
        runs.append(plan[start:end])
        start = end
    return runs
