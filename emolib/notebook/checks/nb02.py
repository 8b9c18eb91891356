"""Checks for notebook 02, sound to mel."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emolib.media.mel import window_start
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_five_frame_start(start_of: Callable[[int], int]) -> Verdict:
    """`start_of(frame)`: first mel step of the window of five frames from `frame` on."""
    for frame in (*range(12), 125, 250, 1499, 90_000):
        want, got = window_start(frame, n_frames=5), start_of(frame)
        if got != want:
            return not_yet(f"frame {frame}: {got}, expected {want} (80 steps, 25 frames a second)")
        if not isinstance(got, (int, np.integer)):
            return not_yet(f"frame {frame}: {got!r} is right, but steps are whole numbers")
    return right("floor(3.2 k), for an hour of video too")


@exercise
def check_seconds_late(seconds: float) -> Verdict:
    """How late the sound is after one minute of 30 fps video that is taken for 25 fps."""
    if abs(float(seconds) - 12) < 0.05:
        return right("1,800 frames taken for 72 seconds: 12 seconds late")
    if abs(abs(float(seconds)) - 10) < 0.05:
        return not_yet("that is what 1,500 frames would miss; how many frames has the minute?")
    return not_yet("count the frames of that minute, and the time 25 fps would give them")


@exercise
def check_negative(draw_negative: Callable[[int, int, np.random.Generator], int]) -> Verdict:
    """`draw_negative(n_starts, start, rng)`: another start at least three frames away."""
    rng = np.random.default_rng(0)
    for n_starts, start in ((58, 0), (58, 57), (58, 20), (7, 3)):
        drawn = [draw_negative(n_starts, start, rng) for _ in range(600)]
        if min(drawn) < 0 or max(drawn) >= n_starts:
            return not_yet(f"{n_starts} starts are 0 to {n_starts - 1}")
        near = min(abs(other - start) for other in drawn)
        if near < 3:
            return not_yet(f"a negative only {near} frames away ({40 * near} ms): almost in sync")
        allowed = {other for other in range(n_starts) if abs(other - start) >= 3}
        if len(set(drawn)) < 0.9 * len(allowed):
            return not_yet("some starts that are far enough away never come up")
    return right("every negative is at least three frames away")
