"""Checks for notebook 08, metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emolib.evaluation.visual import frechet_distance
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_lse(lse: Callable[[np.ndarray], tuple[float, float, int]]) -> Verdict:
    """`lse(distances (N, 31))`: LSE-D, LSE-C and offset of a distance matrix."""
    rng = np.random.default_rng(8)
    distances = rng.uniform(0.8, 1.2, (40, 31))
    distances[:, 11] -= 0.3  # the sound comes four frames early
    means = distances.mean(axis=0)
    truth = means.min(), np.median(means) - means.min(), 4
    answer = lse(distances.copy())
    if len(answer) != 3:
        return not_yet("three values are wanted: distance, confidence, offset")
    if np.isclose(answer[0], distances.min(axis=1).mean()):
        return not_yet("average over windows first, then take the minimum: the order matters")
    if not np.isclose(answer[0], truth[0]):
        return not_yet(f"LSE-D is {truth[0]:.4f} here, not {answer[0]:.4f}")
    if not np.isclose(answer[1], truth[1]):
        return not_yet("LSE-C is the median of the means minus their minimum")
    if answer[2] == -truth[2]:
        return not_yet("right size, wrong sign: column 0 is offset +15, column 30 is -15")
    if answer[2] != truth[2]:
        return not_yet(
            f"the smallest mean stands in column 11; column 15 is offset 0: {answer[2]}?"
        )
    return right("mean over windows, then minimum and median")


@exercise
def check_frechet_axes(frechet_axes: Callable[[np.ndarray, np.ndarray], float]) -> Verdict:
    """`frechet_axes(a (N, D), b (M, D))`: Fréchet distance if no two features are correlated."""
    rng = np.random.default_rng(9)
    a, b = rng.normal(0, 1, (300, 1)), rng.normal(2, 3, (200, 1))
    answer, truth = float(frechet_axes(a, b)), frechet_distance(a, b)
    if not np.isclose(answer, truth):
        mean2 = float((a.mean() - b.mean()) ** 2)
        if np.isclose(answer, mean2):
            return not_yet("the means are right; the spreads differ too")
        if np.isclose(answer, mean2 + (a.std() - b.std()) ** 2, rtol=1e-6):
            return not_yet("nearly: a covariance divides by N - 1 (ddof=1)")
        return not_yet(f"in one dimension it is {truth:.4f}, not {answer:.4f}")
    wide = rng.normal(0, 1, (2, 50, 3))
    truth = sum(frechet_distance(wide[0][:, [k]], wide[1][:, [k]]) for k in range(3))
    if not np.isclose(float(frechet_axes(*wide)), truth):
        return not_yet("right in one dimension; with several, sum over them")
    return right("squared distance of means plus squared distance of spreads, axis by axis")


@exercise
def check_draw(draw: Callable[[np.ndarray, np.ndarray, np.random.Generator], float]) -> Verdict:
    """`draw(values (N,), actors (N,), rng)`: one bootstrap mean that draws whole actors."""
    actors = np.repeat(["a", "b", "c"], [2, 2, 2])
    values = np.repeat([0.0, 10.0, 40.0], 2)
    rng = np.random.default_rng(0)
    means = np.array([float(draw(values.copy(), actors.copy(), rng)) for _ in range(400)])
    if np.ptp(means) < 1e-9:
        return not_yet("every draw is the same: use rng")
    whole = np.array([a + b + c for a in (0, 10, 40) for b in (0, 10, 40) for c in (0, 10, 40)]) / 3
    if not np.isclose(means[:, None], whole[None]).any(axis=1).all():
        return not_yet("some draws hold an actor in part: an actor comes with all clips, or not")
    if not (np.isclose(means, 40).any() and np.isclose(means, 0).any()):
        return not_yet("an actor may be drawn more than once: with replacement")
    return right("people are drawn, each with all clips")
