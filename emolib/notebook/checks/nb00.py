"""Checks for notebook 00, start here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emolib.base.emotions import EMOTIONS, emotion_index
from emolib.generate.schedule import fit_frames
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_softened(softened: Callable[[str, float], np.ndarray]) -> Verdict:
    """`softened(code, strength)`: six weights, from neutral at 0 to the emotion at 1."""
    neutral = np.eye(6)[emotion_index("NEU")]
    for code in EMOTIONS:
        full = np.eye(6)[emotion_index(code)]
        for strength in (0.0, 0.25, 1.0):
            answer = np.asarray(softened(code, strength), float)
            if answer.shape != (6,):
                return not_yet(f"six weights are wanted, {answer.shape} came")
            if not np.isclose(answer.sum(), 1):
                return not_yet(f"{code} at {strength:g}: the weights sum to {answer.sum():.2f}")
            if not np.allclose(answer, strength * full + (1 - strength) * neutral):
                if code == "NEU":
                    return not_yet("neutral is neutral at any strength: add, do not overwrite")
                return not_yet(f"{code} at {strength:g} should be {strength:g} {code}, rest NEU")
    return right("a straight line from neutral to each emotion")


@exercise
def check_back_and_forth(plan: Callable[[int, int], list[int]]) -> Verdict:
    """`plan(n_source, n_out)`: which source frame each output frame shows, without a jump."""
    for n_source, n_out in ((4, 12), (5, 3), (2, 7), (1, 4)):
        answer = np.asarray(plan(n_source, n_out), int)
        if answer.shape != (n_out,):
            return not_yet(f"{n_out} frames are wanted for ({n_source}, {n_out}), {answer.shape}")
        if answer.min() < 0 or answer.max() >= n_source:
            return not_yet(f"({n_source}, {n_out}) asks for frames that do not exist: {answer}")
        if n_source > 1 and set(np.abs(np.diff(answer))) - {1}:
            return not_yet(f"({n_source}, {n_out}) jumps or stands still: {answer}")
        if answer.tolist() != fit_frames(n_source, n_out, "loop").tolist():
            return not_yet(f"({n_source}, {n_out}) should begin at 0 and run to the end: {answer}")
    return right("back and forth, the turning points shown once")


@exercise
def check_untouched(share: Callable[[np.ndarray, np.ndarray], float]) -> Verdict:
    """`share(frames, sources)`: part of the pixels (H, W) that no frame changes."""
    rng = np.random.default_rng(0)
    sources = rng.integers(0, 200, (4, 10, 12, 3), dtype=np.uint8)
    frames = sources.copy()
    if not np.isclose(share(frames, sources), 1.0):
        return not_yet("of two equal clips all pixels are untouched: 1.0")
    frames[0, :5, :, 0] += 1
    frames[3, 5:, :6, 2] -= 1
    answer = float(share(frames, sources))
    if np.isclose(answer, 0.25):
        return right("a pixel counts as touched if any colour of it changes in any frame")
    if np.isclose(answer, 1 - (0.5 + 0.25) / 4):
        return not_yet("that is a mean over frames: a pixel changed once is touched")
    return not_yet(f"{answer:.3f}: half the rows change in one frame, a quarter in another")
