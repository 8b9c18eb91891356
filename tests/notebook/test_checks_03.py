"""Checks of notebook 03: solutions pass, typical mistakes get a useful word."""

import numpy as np

from emolib.notebook.checks.nb03 import check_best_offset, check_fold, check_plateau


def entropy(share):
    return -share * np.log(share) - (1 - share) * np.log(1 - share)


def test_plateau():
    assert check_plateau(entropy)
    assert "which one is" in check_plateau(lambda share: np.log(2)).message
    assert "weights" in check_plateau(lambda share: 4 * share * (1 - share) * np.log(2)).message
    assert "log 2" in check_plateau(lambda share: 1.0).message
    assert check_plateau(...).state == "not attempted"


def test_fold():
    assert check_fold(lambda frames: frames[:, :, :, 48:].flatten(1, 2))
    assert "foreheads" in check_fold(lambda frames: frames[:, :, :, :48].flatten(1, 2)).message
    by_colour = check_fold(lambda frames: frames[:, :, :, 48:].transpose(1, 2).flatten(1, 2))
    assert "frame by frame" in by_colour.message
    assert "shape" in check_fold(lambda frames: frames[:, :, :, 48:]).message
    viewed = check_fold(lambda frames: frames[:, :, :, 48:].transpose(3, 4).reshape(2, 15, 48, 96))
    assert "another order" in viewed.message


def best(table, average=np.mean, sign=1):
    offsets = range(-6, 7)
    return sign * max(offsets, key=lambda d: average(np.diagonal(table, -d)))


def test_best_offset():
    assert check_best_offset(best)
    assert "other way round" in check_best_offset(lambda table: best(table, sign=-1)).message
    assert "mean" in check_best_offset(lambda table: best(table, np.sum)).message
    assert "found" in check_best_offset(lambda table: 2).message
    assert "raised" in check_best_offset(lambda table: table.nothing).message
