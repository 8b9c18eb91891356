"""Checks for notebook 03, SyncNet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from emolib.models.syncnet import fold_lower_halves
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_plateau(plateau: Callable[[float], float]) -> Verdict:
    """`plateau(share)`: the best loss of a constant answer, a share of the pairs being in sync."""
    if abs(plateau(0.5) - np.log(2)) > 1e-6:
        return not_yet(f"half of the pairs in sync: you say {plateau(0.5):.4f}, it is log 2")
    for share in (1 / 8, 0.02, 0.9):
        truth = -share * np.log(share) - (1 - share) * np.log(1 - share)
        answer = float(plateau(share))
        if abs(answer - truth) < 1e-6:
            continue
        if abs(answer - np.log(2)) < 1e-6:
            return not_yet("½ is no longer the best constant: which one is, for this share?")
        return not_yet(f"share {share:g}: you say {answer:.4f}; mind the weights of the two logs")
    return right("with one right sound in eight the plateau is 0.377, and a network stuck there")


@exercise
def check_fold(fold: Callable[[Tensor], Tensor]) -> Verdict:
    """`fold(frames (B, T, 3, H, W))` → lower halves on the channels (B, 3·T, H/2, W)."""
    frames = torch.rand(2, 5, 3, 96, 96)
    truth, answer = fold_lower_halves(frames), fold(frames.clone())
    if tuple(answer.shape) != (2, 15, 48, 96):
        return not_yet(f"shape {tuple(answer.shape)}, expected (2, 15, 48, 96)")
    if torch.equal(answer, truth):
        return right("five mouths, fifteen channels, none of them mixed")
    if torch.equal(answer, frames[..., :48, :].flatten(1, 2)):
        return not_yet("these are foreheads: the lower half are the last rows")
    if torch.equal(answer, frames.transpose(1, 2)[..., 48:, :].flatten(1, 2)):
        return not_yet("colour by colour; the network wants frame by frame: R, G, B, R, G, B, …")
    whole = frames.reshape(2, 15, 96, 96)
    if any(torch.equal(answer, whole[..., at]) for at in (slice(0, 48), slice(48, 96))):
        return not_yet("rows are cut where columns should be kept")
    return not_yet("right shape, wrong numbers: is some axis read in another order?")


@exercise
def check_best_offset(best_offset: Callable[[np.ndarray], int]) -> Verdict:
    """`best_offset(table)`: how many frames later the picture is, from its (N, N) cosines."""
    N, reach = 40, 6
    for planted in (0, 3, -5, 6):
        rng = np.random.default_rng(planted + 10)
        table = rng.normal(0, 0.02, (N, N)) + 0.4
        i, j = np.indices((N, N))
        table[i - j == planted] += 0.05
        answer = int(best_offset(table))
        if answer == planted:
            continue
        if answer == -planted:
            return not_yet("the other way round: row i is the picture, column j the sound")
        sums = {d: np.trace(table, -d) for d in range(-reach, reach + 1)}
        if answer == max(sums, key=sums.get):
            return not_yet("long diagonals win a sum by their length: take the mean")
        return not_yet(f"planted {planted:+d} frames, found {answer:+d}")
    return right("found, early and late")
