"""Checks for notebook 10, interactive generation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emolib.generate.order import weights_per_frame
from emolib.generate.schedule import ease
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_timed_walk(walk: Callable[[np.ndarray, np.ndarray, int], np.ndarray]) -> Verdict:
    """`walk(stations (K, 6), times_s (K,), n_frames)`: weights (n_frames, 6) at 25 frames/s."""
    stations, times_s = np.eye(6)[[4, 3, 5]], np.array([0.4, 0.8, 2.0])
    answer = np.asarray(walk(stations, times_s, 60), dtype=float)
    if answer.shape != (60, 6):
        return not_yet(f"six weights a frame: shape {answer.shape}, expected (60, 6)")
    if not np.allclose(answer.sum(axis=1), 1):
        k = int(abs(answer.sum(axis=1) - 1).argmax())
        return not_yet(f"the weights of frame {k} sum to {answer[k].sum():.2f}, not to 1")
    if np.allclose(answer, weights_per_frame(stations, 60), atol=1e-6):
        return not_yet("the stations are passed at even distances: times_s says when")
    if not np.allclose(answer[[10, 20, 50]], stations):
        return not_yet("frame 20 is shown at 0.8 s: its weights are those of the station there")
    if not np.allclose(answer[[0, 59]], stations[[0, 2]]):
        return not_yet("before the first station and after the last one the weights stay")
    if not np.allclose(answer[15], [0, 0, 0, 0.5, 0.5, 0]):
        return not_yet("half way between two stations the weights are half of each")
    return right("each emotion at its own second")


@exercise
def check_speaker(speaker: Callable[[np.ndarray], int]) -> Verdict:
    """`speaker(boxes (T, F, 4))`: the face that covers most over time; NaN: not in the frame."""
    sides = np.array([[90, 44, 60], [np.nan, 44, 60], [np.nan, 44, 60], [np.nan, 44, np.nan]])
    boxes = np.stack([0 * sides, 0 * sides, sides, sides], axis=-1) + 10  # (4, 3, 4)
    faces = {"large": 0, "often": 1, "speaker": 2}
    for order in ([0, 1, 2], [2, 1, 0]):
        chosen = order[int(speaker(boxes[:, order].copy()))]
        if chosen == faces["large"]:
            return not_yet("that face is the largest one, but in a single frame: sum over time")
        if chosen == faces["often"]:
            return not_yet("that face is seen most often, but it is small: sum areas, not frames")
    return right("the face that covers most of the picture, all frames together")


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
        return not_yet("after a gap the shares should be those before it, reversed")
    if not np.allclose(answer, ease(found)):
        return not_yet(f"before the gap: {np.round(answer[4:10], 2).tolist()}, expected fifths")
    return right("the face fades out before a gap and in again after it")
