"""Figures of training (notebook 06): schedules, and what runs gained over their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.clips import SERIES, series
from emolib.figures.style import INK, QUIET

Curve = tuple[Sequence[float], Sequence[float]]  # x, y
CHANCE = float(np.log(2))


def schedules(
    sync_losses: Mapping[str, Curve], alphas: Mapping[str, Curve], below: float
) -> Figure:
    """Validation sync losses above, and the sync weight that rules make of them below.

    Args:
        sync_losses: validation loss over steps, by its name.
        alphas: α over steps, by the rule.
        below: the threshold, drawn beside chance.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 3.8), sharex=True)
    for (name, (steps, values)), colour in zip(sync_losses.items(), SERIES, strict=False):
        top.plot(steps, values, color=colour, label=name)
    for level, text in ((below, f"threshold {below:g}"), (CHANCE, "chance 0.693")):
        top.axhline(level, color=QUIET, linestyle="--", linewidth=1)
        side = "bottom" if level == max(below, CHANCE) else "top"
        top.text(0, level, f" {text}", fontsize=8, color=QUIET, va=side)
    top.set(ylabel="validation sync loss")
    top.legend(fontsize=8)
    for (name, (steps, values)), colour in zip(alphas.items(), SERIES[1:], strict=False):
        bottom.plot(steps, values, color=colour, label=name, drawstyle="steps-post")
    bottom.set(xlabel="step", ylabel="α")
    bottom.legend(fontsize=8)
    return fig


def named_curves(
    curves: Mapping[str, Curve],
    x_label: str,
    y_label: str,
    floor: float | None = None,
) -> Figure:
    """Curves of several runs, each named at its end.

    Args:
        curves: x and y by name; an empty one is left out.
        floor: a dashed line: what copying the reference costs.
    """
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    ends = []
    for name, (x, y) in curves.items():
        if not len(x):
            continue
        (line,) = ax.plot(x, y, ".-" if len(x) < 12 else "-")
        ends.append((float(x[-1]), float(y[-1]), name, line.get_color()))
    if floor is not None:
        ax.axhline(floor, color=QUIET, linestyle="--", linewidth=1)
        across = ax.get_yaxis_transform()
        style = {"color": QUIET, "fontsize": 8, "ha": "center", "va": "top"}
        ax.text(0.5, floor, "copying the reference", transform=across, **style)
    low, high = ax.get_ylim()
    for (x, _, name, colour), place in zip(
        ends, _apart([y for _, y, *_ in ends], low, high), strict=True
    ):
        ax.text(x, place, f" {name}", color=colour, fontsize=8, va="center")
    ax.set(xlabel=x_label, ylabel=y_label)
    if ends:
        ax.set_xlim(right=1.3 * max(x for x, *_ in ends))
    return fig


def _apart(places: Sequence[float], low: float, high: float, share: float = 0.075) -> list[float]:
    """Heights for labels that would lie on each other, moved upwards until they do not."""
    moved, gap, last = list(places), share * (high - low), -np.inf
    for index in np.argsort(places):
        moved[index] = last = max(places[index], last + gap)
    return moved


def drift(
    calls: Sequence[int], answers: Mapping[str, Sequence[float]], border: float, y_label: str
) -> Figure:
    """What a judge says of the same pairs while it is asked again and again.

    Args:
        calls: how often it was asked before.
        answers: mean answer by what the pairs are.
        border: its line between yes and no.
    """
    asked = "training steps in which it was asked"
    fig = series(answers, x=calls, x_label=asked, y_label=y_label, dots=True)
    ax = fig.axes[0]
    ax.axhline(border, color=INK, linestyle="--", linewidth=1)
    ax.text(calls[-1], border, "border ", ha="right", va="bottom", fontsize=8)
    return fig
