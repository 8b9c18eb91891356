"""Answers on a bounded scale (0 to 5): a mean whose interval can be believed with few people.

The two usual intervals fail just where surveys live, at few answers near the top of the scale: when
three people all say 5, bootstrap and Student's t both claim to know the mean exactly. Here half an
imaginary answer, a quarter at each end of the scale, joins in, for the interval only. That is the
idea of "add two successes and two failures" for shares, on a scale (Agresti and Coull 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # Student's t, inverted; scipy.stats takes half a second to load

from emolib.base.errors import ConfigError

LEVEL = 0.95
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
