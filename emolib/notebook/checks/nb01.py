"""Checks for notebook 01, clips and faces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emolib.data.corpora.clips import Clip
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_centred_mean(centred_mean: Callable[[np.ndarray, int], np.ndarray]) -> Verdict:
    """`centred_mean(values (N,), half)`: equal weights, as many neighbours before as after."""
    line = np.arange(10.0) * 7 - 3
    given = line.copy()
    answer = np.asarray(centred_mean(given, 2))
    if answer.shape != line.shape:
        return not_yet(f"ten numbers in, {answer.shape} out")
    if not np.array_equal(given, line):
        return not_yet("the input has changed: write into a new array")
    if not np.allclose(answer[2:-2], line[2:-2]):
        return not_yet(
            "in the middle a straight motion should stay as it is: is the window centred?"
        )
    if not np.allclose(answer, line):
        return not_yet("the ends bend a straight motion: shrink the window on both sides alike")
    peak = np.zeros(11)
    peak[5] = 1
    if not np.allclose(centred_mean(peak, 2)[3:8], 0.2):
        return not_yet("a single peak should spread evenly over five frames")
    if not np.allclose(centred_mean(np.array([1.0, 2.5]), 2), [1.0, 2.5]):
        return not_yet("two frames have no neighbours on both sides: they stay as they are")
    return right("neither late nor early, and right at both ends")


@exercise
def check_actor_split(split_by_actor: Callable[[list[Clip]], dict[str, str]]) -> Verdict:
    """`split_by_actor(clips)`: "train" or "test" by clip name, nobody in both."""
    clips = [
        Clip(f"{actor}_{sentence}_{emotion}", str(actor), sentence, emotion, "XX", "v", "a")
        for actor in range(1001, 1021)
        for sentence in ("DFA", "IEO")
        for emotion in ("ANG", "HAP")
    ]
    split = split_by_actor(clips)
    if set(split) != {clip.name for clip in clips} or set(split.values()) != {"train", "test"}:
        return not_yet("every clip's name needs 'train' or 'test', and both must occur")
    homes: dict[str, set[str]] = {}
    for clip in clips:
        homes.setdefault(clip.actor, set()).add(split[clip.name])
    if torn := [actor for actor, where in homes.items() if len(where) > 1]:
        return not_yet(f"actor {torn[0]} is in both splits")
    share = sum(where == {"test"} for where in homes.values()) / len(homes)
    if share > 0.25:
        return not_yet(f"{share:.0%} of the people are held out: leave more to learn from")
    if dict(split_by_actor(clips[::-1])) != dict(split):
        return not_yet("another order of the clips gives another split: sort the actors first")
    return right("nobody is on both sides")


@exercise
def check_half_mask(half_mask: Callable[[np.ndarray], np.ndarray]) -> Verdict:
    """`half_mask(frames (T, 3, S, S))`: the lower half black, the input untouched."""
    frames = np.random.default_rng(0).uniform(0.1, 1, (5, 3, 96, 96)).astype(np.float32)
    given = frames.copy()
    masked = np.asarray(half_mask(given))
    if not np.array_equal(given, frames):
        return not_yet("the input has changed: the target itself would be blackened")
    if masked.shape != frames.shape:
        return not_yet(f"shape {masked.shape}, expected {frames.shape}")
    if masked[:, :, 48:].any():
        return not_yet("rows 48 to 95 should be 0: rows are the third axis")
    if not np.array_equal(masked[:, :, :48], frames[:, :, :48]):
        return not_yet("the upper half should stay as it is")
    return right("Wav2Lip's mask")
