"""Checks for notebook 07, ablations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor

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
    return right("an ablation is a diff: now you can read one off the code")


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
    return right("people, not clips, are what the interval runs over")


@exercise
def check_fold(fold: Callable[[Tensor], Tensor]) -> Verdict:
    """`fold(video (B, C, T, H, W))`: pictures (B·T, C, H, W), each one frame in its colours."""
    B, C, T, H, W = 2, 3, 5, 4, 6
    video = torch.arange(B * C * T * H * W, dtype=torch.float32).reshape(B, C, T, H, W)
    answer = fold(video)
    if answer.shape != (B * T, C, H, W):
        return not_yet(f"shape {tuple(answer.shape)}, expected {(B * T, C, H, W)}")
    if torch.equal(answer, video.reshape(B * T, C, H, W)):
        return not_yet(
            "this is the released code's fold: picture 0 holds three moments of one colour"
        )
    truth = torch.stack([video[b, :, t] for b in range(B) for t in range(T)])
    if not torch.equal(answer, truth):
        return not_yet("picture t of clip b should be video[b, :, t], clip after clip")
    return right("one permute, and every judge sees faces")
