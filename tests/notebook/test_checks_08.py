"""Checks of notebook 08: solutions pass, typical mistakes get a useful word."""

import numpy as np

from emolib.notebook.checks.nb08 import check_draw, check_frechet_axes, check_lse


def lse(distances):
    means = distances.mean(axis=0)
    best = int(means.argmin())
    return means[best], np.median(means) - means[best], 15 - best


def test_lse():
    assert check_lse(lse)
    assert "order matters" in check_lse(lambda d: (d.min(axis=1).mean(), 0, 0)).message
    assert "median" in check_lse(lambda d: (lse(d)[0], 0, 0)).message
    assert "sign" in check_lse(lambda d: (*lse(d)[:2], -lse(d)[2])).message
    assert "column 11" in check_lse(lambda d: (*lse(d)[:2], 11)).message
    assert check_lse(...).state == "not attempted"


def test_frechet_axes():
    def solution(a, b):
        spreads = a.std(axis=0, ddof=1) - b.std(axis=0, ddof=1)
        return ((a.mean(axis=0) - b.mean(axis=0)) ** 2 + spreads**2).sum()

    assert check_frechet_axes(solution)
    assert "spreads" in check_frechet_axes(lambda a, b: (a.mean() - b.mean()) ** 2).message
    biased = check_frechet_axes(lambda a, b: (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2)
    assert "ddof" in biased.message
    assert "sum over" in check_frechet_axes(lambda a, b: solution(a[:, :1], b[:, :1])).message


def test_draw():
    def solution(values, actors, rng):
        names = np.unique(actors)
        chosen = rng.choice(names, len(names))
        return np.concatenate([values[actors == name] for name in chosen]).mean()

    assert check_draw(solution)
    assert "in part" in check_draw(lambda v, a, rng: rng.choice(v, len(v)).mean()).message
    assert "same" in check_draw(lambda v, a, rng: v.mean()).message
    once = check_draw(lambda v, a, rng: v[a != rng.choice(np.unique(a))].mean())
    assert not once
