"""Figures of metrics and their traps (notebook 08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.sheets import side_by_side
from emolib.figures.style import ACCENT, INK, QUIET

COLOURS = {"truth": INK, "generated": ACCENT, "source": "#D55E00"}


def scored_pictures(
    pictures: Mapping[str, np.ndarray], scores: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Pictures in a row with their scores below.

    Args:
        pictures: name → (S, S, 3) uint8.
        scores: name → metric → value.
    """
    fig = side_by_side(pictures)
    for ax, name in zip(fig.axes, pictures, strict=True):
        text = "\n".join(f"{key} {value:.3g}" for key, value in scores[name].items())
        ax.set_xlabel(text, fontsize=8, color=INK)
    return fig


def by_sample_size(
    sizes: Sequence[int], curves: Mapping[str, np.ndarray], x_label: str, y_label: str
) -> Figure:
    """Distances over the number of samples; each curve (len(sizes), draws), mean and spread."""
    fig, ax = plt.subplots(figsize=(5.4, 2.5))
    for name, values in curves.items():
        mean, spread = np.mean(values, axis=1), np.std(values, axis=1)
        (line,) = ax.plot(sizes, mean, ".-", label=name)
        ax.fill_between(
            sizes, mean - spread, mean + spread, color=line.get_color(), alpha=0.2, lw=0
        )
    ax.set(xlabel=x_label, ylabel=y_label, xscale="log", ylim=(0, None))
    ax.set_xticks(sizes, [str(n) for n in sizes])
    ax.minorticks_off()
    ax.legend(fontsize=8)
    return fig


def lse_curves(curves: Mapping[str, np.ndarray], offsets: np.ndarray) -> Figure:
    """Mean distance over the offset between sound and picture, its minimum marked.

    Args:
        curves: name → (31,).
        offsets: (31,) frames.
    """
    fig, ax = plt.subplots(figsize=(5.4, 2.5))
    for name, curve in curves.items():
        (line,) = ax.plot(offsets, curve, label=name, color=COLOURS.get(name))
        best = int(np.argmin(curve))
        ax.plot(offsets[best], curve[best], "o", color=line.get_color())
    ax.axvline(0, color=QUIET, lw=1, ls=":")
    ax.set(xlabel="sound earlier than picture by [frames of 40 ms]", ylabel="mean distance")
    ax.legend(fontsize=8)
    return fig


def courses(lines: Mapping[str, np.ndarray], marked: np.ndarray, y_label: str) -> Figure:
    """Something over the frames of a clip, several readings of it, with frames marked in grey.

    Args:
        lines: name → (T,).
        marked: (T,) bool.
    """
    fig, ax = plt.subplots(figsize=(6.6, 2.2))
    T = len(marked)
    for t in np.flatnonzero(marked):
        ax.axvspan(t - 0.5, t + 0.5, color=QUIET, alpha=0.25, lw=0)
    for name, values in lines.items():
        ax.plot(values, label=name, color=COLOURS.get(name))
    ax.set(xlabel="frame", ylabel=y_label, xlim=(0, T - 1))
    ax.legend(fontsize=8, ncols=len(lines), loc="lower right", bbox_to_anchor=(1, 1))
    return fig


def map_of_ways(points: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """Where generated clips lie between their source (0) and the truth (1).

    Args:
        points: name → (progress along the way, distance left over) a clip.
    """
    fig, ax = plt.subplots(figsize=(4.6, 2.9))
    bow = np.linspace(0, 1, 50)
    ax.plot(bow, 1 - bow, color=QUIET, lw=1, ls=":")
    ax.text(0.52, 0.5, "straight way", fontsize=8, color=QUIET)
    for name, pairs in points.items():
        ax.plot(*zip(*pairs, strict=True), "o", ms=4, label=name, color=COLOURS.get(name))
    ax.plot(0, 1, "s", color=COLOURS["source"], label="source")
    ax.plot(1, 0, "s", color=INK, label="truth")
    ax.set(xlabel="progress", ylabel="distance left", xlim=(-0.1, 1.1), ylim=(-0.05, None))
    ax.legend(fontsize=8)
    return fig
