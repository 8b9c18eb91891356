"""Checks for notebook 07, ablations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from emolib.notebook.checks import Verdict, exercise, not_yet, right
from emolib.training.recipes import GENERATOR_RECIPES


@exercise
def check_recipe_diff(recipe_diff: Callable[[object, object], dict]) -> Verdict:
    """`recipe_diff(a, b)`: name → (a's value, b's value) of the settings that differ."""
    seq = GENERATOR_RECIPES["SEQ"]
    if recipe_diff(seq, seq) != {}:
        return not_yet("a recipe does not differ from itself: expected an empty dict")
    changed = replace(seq, name="mine", augment=True)
    answer = recipe_diff(seq, changed)
    if answer.get("augment") != (False, True):
        return not_yet("SEQ with augmentation: 'augment' should map to (False, True)")
    if set(answer) != {"name", "augment"}:
        return not_yet(f"two settings were changed, you found {', '.join(sorted(answer))}")
    pair = GENERATOR_RECIPES["END"], GENERATOR_RECIPES["PLDA"]
    ours = {key for key, value in asdict(pair[0]).items() if value != asdict(pair[1])[key]}
    if set(recipe_diff(*pair)) != ours:
        return not_yet(f"END and PLDA differ in {', '.join(sorted(ours))}")
    return right("an ablation is the settings in which two recipes differ")


@exercise
def check_paired_interval(paired_interval: Callable[..., tuple[float, float]]) -> Verdict:
    """`paired_interval(a, b, actors)`: 95 % interval of mean(b - a), whole actors drawn."""
    rng = np.random.default_rng(0)
    actors = np.repeat(np.arange(12), 6)
    level = rng.normal(0, 5, 12)[actors]  # people differ much …
    a = level + rng.normal(0, 0.2, 72)
    b = a + 1 + rng.normal(0, 0.6, 12)[actors]  # … and profit differently
    low, high = paired_interval(a, b, actors)
    if not low < high:
        return not_yet(f"({low:.2f}, {high:.2f}) is no interval from low to high")
    if high - low > 1.5:
        return not_yet("far too wide: subtract clip by clip first, then average")
    if not low < (b - a).mean() < high:
        return not_yet(f"({low:.2f}, {high:.2f}) misses the mean gain itself: is it b - a?")
    if high - low < 0.4:
        return not_yet("too narrow: clips of one actor are not independent; draw whole actors")
    return right("the interval draws people, not clips")


@exercise
def check_no_worse(no_worse: Callable[[float, float, float], str]) -> Verdict:
    """`no_worse(low, high, margin)`: the verdict on "at most `margin` worse", more being better."""
    asked = {  # the interval of new - base, with a margin of 0.5
        (0.2, 0.9): ("holds", "clearly better is no worse"),
        (-0.3, 0.4): ("holds", "at most 0.3 worse is within the margin of 0.5"),
        (-0.9, 0.4): ("undecided", "the interval reaches both sides of -0.5"),
        (-0.9, -0.6): ("does not hold", "at least 0.6 worse is beyond the margin of 0.5"),
        (-0.4, -0.1): ("holds", "surely worse than zero, and surely within the margin"),
    }
    for (low, high), (verdict, why) in asked.items():
        if (answer := no_worse(low, high, 0.5)) != verdict:
            return not_yet(f"[{low}, {high}]: {why}, so {verdict!r}; yours says {answer!r}")
    return right("the border is the margin, not zero")
