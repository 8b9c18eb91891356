"""Checks for notebook 10, interactive generation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from emolib.base.emotions import N_EMOTIONS
from emolib.generate import emotion_weights, fit_frames
from emolib.generate.schedule import ease
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_ping_pong(ping_pong: Callable[[int, int], int]) -> Verdict:
    """`ping_pong(k, n_source)`: the source frame behind output frame k, never a jump."""
    for n_source in (2, 5, 25):
        truth = fit_frames(n_source, 4 * n_source).tolist()
        answer = [int(ping_pong(k, n_source)) for k in range(len(truth))]
        if answer == truth:
            continue
        if answer == [k % n_source for k in range(len(truth))]:
            return not_yet("that starts again with a jump: the head has to walk back")
        if min(answer) < 0 or max(answer) >= n_source:
            return not_yet(f"{n_source} source frames are numbered 0 to {n_source - 1}")
        if any(a == b for a, b in pairwise(answer)):
            return not_yet("the last frame is shown twice in a row: the head stops for a moment")
        k = next(k for k, (a, b) in enumerate(zip(answer, truth, strict=True)) if a != b)
        return not_yet(f"n_source = {n_source}, frame {k}: {answer[k]}, expected {truth[k]}")
    if ping_pong(7, 1) != 0:
        return not_yet("a picture has one frame: it is always frame 0")
    return right("there and back, each turning point once")


@exercise
def check_soften(soften: Callable[[np.ndarray, float], np.ndarray]) -> Verdict:
    """`soften(weights, strength)`: any mixture (6,), weakened towards neutral."""
    for mixture in ({"HAP": 1}, {"ANG": 3, "FEA": 1}, {"NEU": 1}):
        full = emotion_weights(mixture=mixture)
        for strength in (0.0, 0.4, 1.0):
            given = full.copy()
            answer = np.asarray(soften(given, strength), dtype=float)
            if not np.array_equal(given, full):
                return not_yet("the input has changed: compute into a new array")
            if answer.shape != (N_EMOTIONS,):
                return not_yet(f"six numbers, please, not shape {answer.shape}")
            if np.allclose(answer, emotion_weights(mixture=mixture, strength=strength), atol=1e-6):
                continue
            if np.allclose(answer, strength * full, atol=1e-6):
                return not_yet("the weights no longer sum to 1: who gets the rest?")
            return not_yet(f"{mixture} at strength {strength}: {np.round(answer, 3).tolist()}")
    return right("what the emotion loses, neutral gets")


@exercise
def check_fade(fade: Callable[[np.ndarray, int], np.ndarray]) -> Verdict:
    """`fade(found (N,) bool, n)`: share of the generated face, soft at both ends of a gap."""
    found = np.ones(30, bool)
    found[10:18] = False
    answer = np.asarray(fade(found.copy(), 4), dtype=float)
    if answer.shape != found.shape:
        return not_yet(f"one share a frame: shape {answer.shape}, expected {found.shape}")
    if answer[~found].any():
        return not_yet("where there is no face nothing can be shown")
    if answer[0] != 1 or answer[-1] != 1:
        return not_yet("a clip does not fade at its own two ends")
    if not np.allclose(answer[::-1], fade(found[::-1].copy(), 4)):
        return not_yet("coming should look like going, reversed")
    if not np.allclose(answer, ease(found)):
        return not_yet(f"before the gap: {np.round(answer[4:10], 2).tolist()}, expected fifths")
    return right("nobody sees the face pop")
