"""Figures of clips as points (notebook 09): the paper's Figure 8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.figures.style import INK, QUIET

SPACES = {
    "discriminator": "emotion discriminator",
    "classifier": "independent classifier",
    "expression": "expression net\n(real faces)",
    "pixels": "pixels (12×12 mean)",
}
KINDS = ("emotion", "actor", "sentence")  # of labels
LEVEL_SIZES = {"LO": 12, "MD": 26, "HI": 46}  # weak, medium, strong; others in between


def scatter(
    ax: Axes,
    points: np.ndarray,
    labels: Sequence[str],
    *,
    levels: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """Points (N, 2) coloured by label: emotions in their colours, others in a palette.

    Args:
        levels: of each clip; weak emotions get small dots.
    """
    sizes = np.array([LEVEL_SIZES.get(level, 26) for level in levels or [""] * len(points)])
    kinds = [code for code in EMOTIONS if code in set(labels)] or sorted(set(labels))
    labels = np.asarray(labels)
    for index, kind in enumerate(kinds):
        here = labels == kind
        colour = COLOURS.get(kind) or plt.get_cmap("tab10")(index % 10)
        ax.scatter(
            *points[here].T,
            s=sizes[here],
            color=colour,
            edgecolor="white",
            linewidth=0.4,
            label=NAMES.get(kind, kind),
        )
    ax.set(xticks=[], yticks=[])
    ax.set_box_aspect(1)
    ax.spines[:].set(visible=True, color=QUIET, linewidth=0.6)
    if title:
        ax.set_title(title, fontsize=9)


def told(score: Mapping[str, float]) -> str:
    """Silhouette and purity in one line."""
    return (
        f"silhouette {score['silhouette']:.2f}\n"
        f"purity {score['purity']:.0%} (chance {score['purity_by_chance']:.0%})"
    )


def space_panels(
    drawn: Mapping[str, np.ndarray],
    labels: Mapping[str, Sequence[str]],
    scores: Mapping[str, Mapping[str, Mapping[str, float]]],
    *,
    levels: Sequence[str] | None = None,
    panel_inches: float = 2.3,
) -> Figure:
    """A column a space, a row a kind of label, each with its two numbers below.

    Args:
        drawn: space → (N, 2).
        labels: what → (N,) labels, such as "emotion" and "actor".
        scores: space → what → silhouette, purity, purity_by_chance.
    """
    n_rows, n_columns = len(labels), len(drawn)
    size = (panel_inches * n_columns + 1.0, (panel_inches + 0.65) * n_rows + 0.6)
    fig, axes = plt.subplots(n_rows, n_columns, figsize=size, squeeze=False)
    for row, (what, given) in zip(axes, labels.items(), strict=True):
        for ax, (space, points) in zip(row, drawn.items(), strict=True):
            title = SPACES.get(space, space) if ax in axes[0] else None
            scatter(ax, points, given, levels=levels, title=title)
            ax.set_xlabel(told(scores[space][what]), fontsize=8, color=INK)
        row[0].set_ylabel(f"coloured by {what}", fontsize=9)
        _legend(row[-1])
    return fig


def one_panel(
    points: np.ndarray, labels: Sequence[str], title: str, *, levels: Sequence[str] | None = None
) -> Figure:
    """One drawing with its legend."""
    return many_panels({title: points}, labels, levels=levels, inches=3.1)


def score_bars(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Figure:
    """Each space's purity by emotion, actor, sentence: grouped bars, chance as ticks."""
    whats = [what for what in KINDS if all(what in score for score in scores.values())]
    fig, ax = plt.subplots(figsize=(6.4, 2.5))
    width = 0.8 / len(whats)
    for index, what in enumerate(whats):
        places = np.arange(len(scores)) + (index - (len(whats) - 1) / 2) * width
        values = [score[what]["purity"] for score in scores.values()]
        colour = ("#D55E00", "#0072B2", "#999999")[index % 3]
        drawn = ax.bar(places, values, width * 0.92, color=colour, label=what)
        ax.bar_label(drawn, fmt="{:.2f}", padding=2, fontsize=7)
        chances = [score[what]["purity_by_chance"] for score in scores.values()]
        ax.hlines(chances, places - width / 2, places + width / 2, color=INK, lw=1)
    names = [SPACES.get(space, space) for space in scores]
    ax.set_xticks(np.arange(len(scores)), names, fontsize=8)
    ax.set_ylabel("purity")
    ax.legend(fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return fig


def many_panels(
    drawings: Mapping[str, np.ndarray],
    labels: Sequence[str],
    *,
    levels: Sequence[str] | None = None,
    inches: float = 2.0,
) -> Figure:
    """Several drawings of the same clips side by side, one legend."""
    size = (inches * len(drawings) + 1.0, inches + 0.3)
    fig, axes = plt.subplots(1, len(drawings), figsize=size, squeeze=False)
    for ax, (title, points) in zip(axes[0], drawings.items(), strict=True):
        scatter(ax, points, labels, levels=levels, title=title)
    _legend(axes[0][-1])
    return fig


def _legend(ax: Axes) -> None:
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), handletextpad=0.2)
