"""Figure 5: what people said of the page, each answer in sight, with what a mean can tell."""

from __future__ import annotations

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emolib.figures.style import ACCENT, INK, QUIET

NOBODY = "No answers yet: nothing to draw"
BESIDE = 0.24  # the answers stand beside their mean


def ratings_figure(summary: dict) -> Figure:
    """Mean and 95 % interval of each question, beside how often each answer was given.

    Args:
        summary: of `studio.survey.summarise`: scale, and by question n, counts, mean, low, high.
            Without any answer the figure says so and shows nothing else.
    """
    low, high = summary["scale"]
    questions = summary["questions"]
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.set_xlim(-0.6, len(questions) - 0.4)
    ax.set_ylim(low - 0.3, high + 0.3)
    ax.set_yticks(range(low, high + 1))
    ax.set_ylabel("answer")
    if not any(one["n"] for one in questions.values()):
        ax.text(0.5, 0.5, NOBODY, transform=ax.transAxes, ha="center", color=QUIET)
    for x, one in enumerate(questions.values()):
        if one["n"]:
            _column(ax, x, one, low)
    names = [f"{name}\nn = {one['n']}" for name, one in questions.items()]
    ax.set_xticks(range(len(questions)), names)
    ax.tick_params(axis="x", length=0)
    return fig


def _column(ax: Axes, x: int, one: dict, low: int) -> None:
    """One question: circles as large as an answer is frequent; mean and interval beside them."""
    for value, count in enumerate(one["counts"], low):
        if count:
            ax.scatter(x - BESIDE, value, s=420 * count / one["n"], color=ACCENT, alpha=0.3, lw=0)
            ax.text(x - BESIDE, value, count, ha="center", va="center", fontsize=7, color=INK)
    ax.plot([x, x], [one["low"], one["high"]], color=INK, lw=1.6, solid_capstyle="butt")
    ax.plot(x, one["mean"], "o", color=INK, ms=6)
    ax.text(x + 0.09, one["mean"], f"{one['mean']:.1f}", va="center", fontsize=9, color=INK)
