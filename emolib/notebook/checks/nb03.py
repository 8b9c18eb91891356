"""Checks for notebook 03, SyncNet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

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
def check_sync_prob(sync_prob: Callable[[Tensor, Tensor], Tensor]) -> Verdict:
    """`sync_prob(v (B, D), s (B, D))`: eq. 3 on embeddings of any length."""
    v, s = torch.rand(6, 32) * 3, torch.rand(6, 32) / 2
    answer, truth = sync_prob(v, s), F.cosine_similarity(v, s)
    if tuple(answer.shape) != (6,):
        return not_yet(f"shape {tuple(answer.shape)}, expected (6,): one number a pair")
    if torch.allclose(answer, (v * s).sum(1)):
        return not_yet("a dot product grows with the lengths: divide by both of them")
    if not torch.allclose(answer, truth, atol=1e-5):
        return not_yet("not the cosine: which lengths belong below the line?")
    silent = sync_prob(torch.zeros(6, 32), s)
    if not torch.isfinite(silent).all():
        return not_yet("an embedding of zeros gives 0 / 0: what is the ε for?")
    return right("the cosine of each pair, and 0 for an embedding of zeros")


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
    return right("the offset is found, whether the picture is early or late")
