"""From clips to one number with its uncertainty, over people.

Clips of one actor resemble each other, so a hundred clips of twelve people are nearer to twelve
observations than to a hundred. All intervals here draw, or leave out, whole actors: they say how
far a number would wander with other people of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import ndtr, stdtrit  # normal and Student's t; scipy.stats loads slowly

from emolib.base.errors import ConfigError

LEVEL = 0.95
N_DRAWS = 4000


@dataclass(frozen=True)
class Interval:
    """A number, its 95 % interval, and how many clips of how many actors it comes from.

    `low` and `high` are None where one actor is all there is: nothing can be said of others.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    actors: int = 0

    def __format__(self, spec: str) -> str:
        """The number with its interval in brackets, as `f"{interval:.2f}"`: "0.71 [0.65, 0.77]"."""
        if self.low is None or self.high is None:
            return format(self.mean, spec)
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    def as_dict(self) -> dict:
        """Plain JSON values."""
        return asdict(self)

    def scaled(self, factor: float) -> Interval:
        """In another unit."""
        edges = [None if edge is None else edge * factor for edge in (self.low, self.high)]
        return Interval(self.mean * factor, *edges, self.n, self.actors)


def mean_interval(
    values, actors, *, weights=None, seed: int = 0, n_draws: int = N_DRAWS
) -> Interval:
    """Mean over clips with a bootstrap interval over actors.

    Actors are drawn with replacement, each with all of its clips. With few actors the plain 2.5 %
    and 97.5 % percentiles are too narrow, by `sqrt((G - 1) / G)` and because Student's t has wide
    tails; the percentiles are moved outwards to make up for both.

    Args:
        values: (N,) float, one a clip.
        actors: (N,) names: clips of one name stand and fall together.
        weights: (N,) ≥ 0; then `sum(values) / sum(weights)`: a share of events, where `values` are
            those that went well and `weights` all of them.

    Raises:
        ConfigError: no clip, or no event at all.

    Source: Davison & Hinkley 1997, §3.8 (clusters); Hesterberg 2015 (expanded percentiles).
    """
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    names, group = np.unique(np.asarray(actors), return_inverse=True)
    if not len(values) or not weights.shape == values.shape == group.shape or not weights.sum() > 0:
        raise ConfigError(f"{len(values)} values to average", expected="at least one clip or event")
    mean, G = float(values.sum() / weights.sum()), len(names)
    if G < 2:
        return Interval(mean, None, None, len(values), G)
    sums, counts = np.bincount(group, values), np.bincount(group, weights)  # (G,) each
    draws = np.random.default_rng(seed).integers(0, G, (n_draws, G))
    totals = counts[draws].sum(axis=1)
    means = sums[draws].sum(axis=1)[totals > 0] / totals[totals > 0]
    edge = 100 * _expanded_tail(G)
    low, high = np.percentile(means, [edge, 100 - edge])
    return Interval(mean, float(low), float(high), len(values), G)


def left_out(statistic: Callable[[np.ndarray], float], actors) -> tuple[float, dict[str, float]]:
    """A statistic of all clips, and of all but one actor's: that actor's name → number.

    Args:
        statistic: (k,) indices of clips → a number.
        actors: (N,) names, one a clip.
    """
    names, group = np.unique(np.asarray(actors), return_inverse=True)
    without = [np.flatnonzero(group != one) for one in range(len(names) if len(names) > 1 else 0)]
    left = {str(name): float(statistic(rest)) for name, rest in zip(names, without, strict=False)}
    return float(statistic(np.arange(len(group)))), left


def jackknife_interval(whole: float, left, n: int) -> Interval:
    """A statistic of n clips, with the standard error of leaving out one actor at a time.

    For statistics that repeated clips would distort: a Fréchet distance of clips drawn with
    replacement is too large.

    Args:
        whole: the statistic of all clips, or the difference of two on the same clips.
        left: (G,) the same without each actor (`left_out`).
    """
    left = np.asarray(left, np.float64)
    if len(left) < 3:
        return Interval(whole, None, None, n, max(len(left), 1))
    t = stdtrit(len(left) - 1, (1 + LEVEL) / 2)
    reach = float(t * np.sqrt((len(left) - 1) * np.var(left)))
    return Interval(whole, whole - reach, whole + reach, n, len(left))


def _expanded_tail(G: int) -> float:
    """Which part to cut off at either end of bootstrap means of `G` groups."""
    wide = stdtrit(G - 1, (1 - LEVEL) / 2) * np.sqrt(G / (G - 1))
    return float(ndtr(wide))


EDGE_WEIGHT = 0.25  # of an answer at each end of the scale
METHOD = "95 % Student's t, widened by a quarter of an answer at each end, clipped to the scale"


@dataclass(frozen=True)
class MeanAnswer:
    """The mean of n people's answers, and its 95 % interval on the scale."""

    mean: float
    low: float
    high: float
    n: int


def scale_interval(
    values, low: float = 0, high: float = 5, *, edge_weight: float = EDGE_WEIGHT
) -> MeanAnswer:
    """Mean of answers on a scale with a 95 % interval that lies on the scale.

    The mean is that of the answers alone. One answer says nothing of the spread: its interval is
    the whole scale.

    Args:
        values: (n,) numbers in [low, high].
        edge_weight: weight of the imaginary answer at each end; 0 is the plain clipped t interval.

    Raises:
        ConfigError: no answer, or one that is not on the scale.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not len(values):
        raise ConfigError(f"{values.size} answers to average", expected="at least one")
    if not ((values >= low) & (values <= high)).all():
        raise ConfigError("an answer is not on the scale", expected=f"{low:g} to {high:g}")
    n, mean = len(values), float(values.mean())
    if n == 1:
        return MeanAnswer(mean, float(low), float(high), 1)
    weights = np.r_[np.ones(n), edge_weight, edge_weight]
    points = np.r_[values, low, high]
    total = weights.sum()
    centre = (weights * points).sum() / total
    variance = (weights * (points - centre) ** 2).sum() / (total - 1)
    half = stdtrit(total - 1, (1 + LEVEL) / 2) * np.sqrt(variance / total)
    return MeanAnswer(mean, float(max(low, centre - half)), float(min(high, centre + half)), n)
