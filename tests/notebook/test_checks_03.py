"""Checks of notebook 03: solutions pass, typical mistakes get a useful word."""

import numpy as np
import torch

from emolib.notebook.checks.nb03 import check_best_offset, check_plateau, check_sync_prob


def entropy(share):
    return -share * np.log(share) - (1 - share) * np.log(1 - share)


def test_plateau():
    assert check_plateau(entropy)
    assert "which one is" in check_plateau(lambda share: np.log(2)).message
    assert "weights" in check_plateau(lambda share: 4 * share * (1 - share) * np.log(2)).message
    assert "log 2" in check_plateau(lambda share: 1.0).message
    assert check_plateau(...).state == "not attempted"


def test_sync_prob():
    def by_hand(v, s, eps=1e-8):
        return (v * s).sum(1) / (v.norm(dim=1) * s.norm(dim=1)).clamp(min=eps)

    assert check_sync_prob(by_hand)
    assert check_sync_prob(torch.cosine_similarity)
    assert "grows with" in check_sync_prob(lambda v, s: (v * s).sum(1)).message
    assert "shape" in check_sync_prob(lambda v, s: v @ s.T).message
    assert "ε" in check_sync_prob(lambda v, s: by_hand(v, s, 0)).message
    assert "below the line" in check_sync_prob(lambda v, s: (v * s).sum(1) / v.norm(dim=1)).message


def best(table, average=np.mean, sign=1):
    offsets = range(-6, 7)
    return sign * max(offsets, key=lambda d: average(np.diagonal(table, -d)))


def test_best_offset():
    assert check_best_offset(best)
    assert "other way round" in check_best_offset(lambda table: best(table, sign=-1)).message
    assert "mean" in check_best_offset(lambda table: best(table, np.sum)).message
    assert "found" in check_best_offset(lambda table: 2).message
    assert "raised" in check_best_offset(lambda table: table.nothing).message
