"""From clips to one number with its uncertainty.

Intervals say how far a number would wander on other clips of the same kind. They say nothing of
other people: clips of one actor resemble each other, so with few actors the truth is wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from emolib.errors import ConfigError

LEVEL = 0.95
N_DRAWS = 2000
N_BLOCKS = 10
Z = 1.96  # standard errors to either side of a 95 % interval


@dataclass(frozen=True)
class Interval:
    """A number, its 95 % interval, and how many clips it comes from."""

    mean: float
    low: float
    high: float
    n: int

    def as_dict(self) -> dict:
        """Plain JSON values."""
        return asdict(self)


def mean_interval(values, *, weights=None, seed: int = 0, n_draws: int = N_DRAWS) -> Interval:
    """Mean over clips with a bootstrap interval (clips drawn with replacement, percentiles).

    Args:
        values: (N,) float, one a clip.
        weights: (N,) ≥ 0; then `sum(values) / sum(weights)`: a share of events, where `values` are
            those that went well and `weights` all of them.

    Raises:
        ConfigError: no clip, or no event at all.
    """
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    if not len(values) or weights.shape != values.shape or not weights.sum() > 0:
        raise ConfigError(f"{len(values)} values to average", expected="at least one clip or event")
    if not len(values) > 1:
        mean = float(values.sum() / weights.sum())
        return Interval(mean, mean, mean, 1)
    draws = np.random.default_rng(seed).integers(0, len(values), (n_draws, len(values)))
    totals = weights[draws].sum(axis=1)
    means = values[draws].sum(axis=1)[totals > 0] / totals[totals > 0]
    edge = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(means, [edge, 100 - edge])
    return Interval(float(values.sum() / weights.sum()), float(low), float(high), len(values))


def jackknife_interval(
    statistic: Callable[[np.ndarray], float], n: int, *, seed: int = 0, n_blocks: int = N_BLOCKS
) -> Interval:
    """A statistic of all clips, with the standard error of leaving out a tenth at a time.

    For statistics that repeated clips would distort: a Fréchet distance of clips drawn with
    replacement is too large.

    Args:
        statistic: (k,) indices of clips → a number.
        n: how many clips there are; with fewer than three the interval is the number itself.
    """
    whole = float(statistic(np.arange(n)))
    n_blocks = min(n_blocks, n)
    if n_blocks < 3:
        return Interval(whole, whole, whole, n)
    blocks = np.array_split(np.random.default_rng(seed).permutation(n), n_blocks)
    left = [float(statistic(np.setdiff1d(np.arange(n), block))) for block in blocks]
    error = np.sqrt((n_blocks - 1) * np.var(left))
    return Interval(whole, whole - Z * error, whole + Z * error, n)
