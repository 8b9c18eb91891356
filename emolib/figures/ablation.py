"""Figures of the ablation (notebook 07): the grid of faces, and what each ingredient buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.figures.sheets import side_by_side
from emolib.figures.style import INK, QUIET

GAP_PX = 10  # between people
BAND = "#EDEDED"
BETTER, WORSE, UNCLEAR = "#009E73", "#D55E00", "#B0B0B0"
COLOURS_OF = {"better": BETTER, "worse": WORSE, "higher": INK, "lower": INK}
SHOWN = {  # how rows are called in pictures
    "source": "source",
    "truth": "truth",
    "WAV2LIP": "Wav2Lip",
    "MAGNUSSON": "Magnusson",
    "END": "END",
    "SEQ": "SEQ",
    "PLDA": "PL + DA",
    "PRE": "PRE",
    "IMPROVED": "IMPROVED",
}


def emotion_grid(rows: Mapping[str, np.ndarray], *, cell_inches: float = 0.72) -> Figure:
    """The paper's Figure 2: a row a method, a column an emotion, people side by side.

    Args:
        rows: name → (people, 6, S, S, 3) uint8 RGB, `EMOTIONS` order.
    """
    people, n, side = next(iter(rows.values())).shape[:3]
    cells = np.stack(list(rows.values())).transpose(0, 3, 1, 2, 4, 5)  # (R, S, people, 6, S, 3)
    sheet = cells.reshape(len(rows) * side, people, n * side, 3)
    sheet = np.pad(sheet, ((0, 0), (0, 0), (0, GAP_PX), (0, 0)), constant_values=255)
    sheet = sheet.reshape(len(sheet), -1, 3)[:, :-GAP_PX]
    inches = cell_inches / side
    size = (sheet.shape[1] * inches + 0.85, sheet.shape[0] * inches + 0.35)
    fig, ax = plt.subplots(figsize=size)
    ax.imshow(sheet, interpolation="antialiased")
    ax.spines[:].set_visible(False)
    names = [SHOWN.get(name, name) for name in rows]
    ax.set_yticks((np.arange(len(rows)) + 0.5) * side, names, fontsize=9)
    lefts = [
        p * (len(EMOTIONS) * side + GAP_PX) + e * side for p in range(people) for e in range(6)
    ]
    ax.xaxis.tick_top()
    ax.set_xticks(np.array(lefts) + side / 2, [NAMES[code] for code in EMOTIONS] * people)
    for label, code in zip(ax.get_xticklabels(), EMOTIONS * people, strict=True):
        label.set(color=COLOURS[code], fontsize=8)
    ax.tick_params(length=0)
    return fig


def forest(
    rows: Sequence[Mapping],
    metrics: Mapping[str, str],
    *,
    chance: Mapping[str, float | None] | None = None,
    width_inches: float = 9.0,
) -> Figure:
    """Differences with their intervals: a row a step, a panel a metric.

    Args:
        rows: each with "step" and "gaps": metric → {mean, low, high, verdict}; verdicts are
            "better", "worse", "higher", "lower" and "cannot tell".
        metrics: key → heading.
        chance: metric → how far another seed moves a gap: a grey band around zero.
    """
    height = 0.34 * len(rows) + 1.0
    fig, axes = plt.subplots(
        1, len(metrics), figsize=(width_inches, height), sharey=True, squeeze=False
    )
    places = np.arange(len(rows))[::-1]
    for ax, (metric, heading) in zip(axes[0], metrics.items(), strict=True):
        ax.axvline(0, color=QUIET, linewidth=1)
        if reach := (chance or {}).get(metric):
            ax.axvspan(-reach, reach, color=BAND, linewidth=0, zorder=0)
        for place, row in zip(places, rows, strict=True):
            _gap(ax, place, row["gaps"].get(metric))
        ax.set_title(heading, fontsize=9)
        ax.tick_params(axis="x", labelsize=8)
        ax.locator_params(axis="x", nbins=4)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    axes[0][0].set_yticks(places, [row["step"] for row in rows], fontsize=9)
    axes[0][0].set_ylim(-0.6, len(rows) - 0.4)
    return fig


def _gap(ax: Axes, place: float, gap: Mapping | None) -> None:
    if gap is None:
        return
    colour = COLOURS_OF.get(gap["verdict"], UNCLEAR)
    if gap["low"] is not None:  # with one actor there is no interval
        ax.plot([gap["low"], gap["high"]], [place, place], color=colour, linewidth=2.2)
    ax.plot(gap["mean"], place, "o", color=colour, markersize=5)


def bars(
    values: Mapping[str, float], x_label: str, *, mark: tuple[str, float] | None = None
) -> Figure:
    """Horizontal bars with their numbers, first on top; `mark` is a dashed line with its name."""
    names = [SHOWN.get(name, name) for name in values]
    fig, ax = plt.subplots(figsize=(6.2, 0.3 * len(values) + 0.9))
    places = np.arange(len(values))[::-1]
    drawn = ax.barh(places, list(values.values()), 0.7, color="#0072B2")
    ax.bar_label(drawn, fmt=" {:.2f}", fontsize=8)
    if mark:
        ax.axvline(mark[1], color=QUIET, linestyle="--", linewidth=1)
        ax.text(mark[1], len(values) - 0.5, f" {mark[0]}", fontsize=8, color=INK, va="bottom")
    ax.set_yticks(places, names)
    ax.set_xlabel(x_label)
    ax.margins(x=0.12)
    return fig


def maps(pictures: Mapping[str, np.ndarray], *, inches: float = 1.45) -> Figure:
    """Maps (H, W) side by side, black for zero, each up to its own largest value."""
    shown = {SHOWN.get(name, name): one.astype(np.float32) for name, one in pictures.items()}
    return side_by_side(shown, inches=inches, cmap="magma", vmin=0)


def gap_histogram(
    gaps: np.ndarray, people: np.ndarray, n_people: int, x_label: str, *, n_draws: int = 2000
) -> Figure:
    """What mean gap one would have found with other people: drawn anew from those at hand.

    Args:
        gaps: (N,) one a clip.
        people: (N,) whose clip it is; people are drawn whole, with replacement.
    """
    names, rng = np.unique(people), np.random.default_rng(0)
    sums = np.array([gaps[people == name].sum() for name in names])
    counts = np.array([(people == name).sum() for name in names])
    draws = rng.integers(0, len(names), (n_draws, n_people))
    means = sums[draws].sum(1) / counts[draws].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    fig, ax = plt.subplots(figsize=(6.2, 2.2))
    ax.hist(
        means, np.linspace(min(means.min(), -0.05), max(means.max(), 0.05), 41), color="#0072B2"
    )
    ax.axvline(0, color=QUIET, linewidth=1)
    ax.set(xlabel=x_label, yticks=[])
    ax.spines["left"].set_visible(False)
    wrong = (np.sign(means) != np.sign(gaps.mean())).mean()
    found = f"95 % of draws in [{low:+.2f}, {high:+.2f}], other sign or none: {wrong:.0%}"
    ax.set_title(f"{n_people} people: {found}")
    return fig
