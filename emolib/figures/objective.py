"""Figures of the objective (notebook 05): how much each term of eq. 5 weighs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.training import named_curves

TERMS = {
    "l1": ("L1", "#6E6E6E"),
    "sync": ("sync", "#009E73"),
    "perceptual": ("perceptual", "#0072B2"),
    "emotion": ("emotion", "#D55E00"),
}


def loss_shares(
    parts: Mapping[str, Mapping[str, float]], weights: Mapping[str, float], title: str | None = None
) -> Figure:
    """Weighted terms of the objective, stacked, one bar a candidate.

    Args:
        parts: by candidate, the unweighted value of "l1", "sync", "perceptual", "emotion".
        weights: their weights in eq. 5.
    """
    fig, ax = plt.subplots(figsize=(7, 0.42 * len(parts) + 0.9))
    names, left = list(parts), np.zeros(len(parts))
    for term, (label, colour) in TERMS.items():
        values = np.array([parts[name][term] * weights[term] for name in names])
        label = f"{weights[term]:.3g} · {label}"
        drawn = ax.barh(names, values, left=left, color=colour, label=label)
        left += values
    ax.bar_label(drawn, [f" {total:.3f}" for total in left], fontsize=8)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel("contribution to L_gen (eq. 5)")
    fig.legend(fontsize=8, ncols=4, loc="outside lower center")
    if title:
        ax.set_title(title)
    return fig


def loss_curves(
    curves: Mapping[str, list[float]], y_label: str, floor: float | None = None
) -> Figure:
    """Training curves on a log scale, named at their ends; `floor` is what copying costs."""
    steps = {name: (range(len(values)), values) for name, values in curves.items()}
    fig = named_curves(steps, "step", y_label, floor)
    fig.axes[0].set_yscale("log")
    return fig
