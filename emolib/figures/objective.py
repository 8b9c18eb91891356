"""Figures of the objective (notebook 05): how much each term of eq. 5 weighs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

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
        ax.barh(names, values, left=left, color=colour, label=f"{weights[term]:.3g} · {label}")
        left += values
    for row, total in enumerate(left):
        ax.text(total, row, f" {total:.3f}", va="center", fontsize=8)
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
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    for name, values in curves.items():
        (line,) = ax.plot(values)
        ax.text(
            len(values), values[-1], f" {name}", color=line.get_color(), va="center", fontsize=9
        )
    if floor is not None:
        ax.axhline(floor, color="#8A8A8A", linestyle="--", linewidth=1)
        ax.text(0.5, floor, "copying the reference", color="#8A8A8A", va="bottom", fontsize=8)
    longest = max(len(values) for values in curves.values())
    ax.set(yscale="log", xlabel="step", ylabel=y_label, xlim=(0, 1.25 * longest))
    return fig
