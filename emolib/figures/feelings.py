"""Figures of emotions that are weaker, mixed, or on their way (notebook 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.figures.sheets import side_by_side
from emolib.figures.style import INK, QUIET


def by_strength(
    strengths: Sequence[float], panels: Mapping[str, Mapping[str, np.ndarray]]
) -> Figure:
    """One line an emotion over strength, in as many panels as there are quantities; the straight
    line from the first to the last value of each is dotted.

    Args:
        strengths: (S,) in [0, 1].
        panels: quantity → emotion code → (S,) values.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(3.4 * len(panels), 2.5), squeeze=False)
    for ax, (title, lines) in zip(axes[0], panels.items(), strict=True):
        for code, values in lines.items():
            ax.plot(strengths, values, ".-", color=COLOURS[code], label=NAMES[code])
            ends = [values[0], values[-1]]
            ax.plot([strengths[0], strengths[-1]], ends, ":", color=COLOURS[code], linewidth=1)
        ax.set(title=title, xlabel="strength", xticks=list(strengths))
    axes[0][-1].legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return fig


def triangle(corners: Sequence[str], pictures: Mapping[tuple[int, ...], np.ndarray]) -> Figure:
    """Pictures of three-way mixtures at their places in a triangle.

    Args:
        corners: three emotion codes: lower left, lower right, top.
        pictures: (a, b, c) whole parts of each corner, all with the same sum → (S, S, 3) uint8.
    """
    n = sum(next(iter(pictures)))
    places = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]]) * n  # one picture apart
    fig, ax = plt.subplots(figsize=(3.5, 3.3))
    for parts, picture in pictures.items():
        x, y = np.array(parts) @ places / n
        ax.imshow(picture, extent=(x - 0.42, x + 0.42, y - 0.42, y + 0.42), zorder=2)
    for code, (x, y) in zip(corners, places, strict=True):
        outline = plt.Rectangle(
            (x - 0.42, y - 0.42), 0.84, 0.84, fill=False, color=COLOURS[code], linewidth=3, zorder=3
        )
        ax.add_patch(outline)
        side = 1 if y else -1
        ax.text(*(x, y + 0.56 * side, NAMES[code]), ha="center", va="center", color=COLOURS[code])
    ax.set(xlim=(-0.6, n + 0.6), ylim=(-0.8, places[2, 1] + 0.8), aspect="equal")
    ax.axis("off")
    return fig


def walk(
    weights: np.ndarray, pictures: Sequence[np.ndarray], frames: Sequence[int], fps: int = 25
) -> Figure:
    """A walk through emotions: the weights over time as areas, and what they look like above.

    Args:
        weights: (T, 6), rows that sum to 1.
        pictures: P pictures (S, S, 3), shown in order above.
        frames: (P,) the frame each is from.
    """
    fig, (top, ax) = plt.subplots(2, 1, figsize=(6.0, 2.5), height_ratios=(1, 1.7))
    seconds = np.arange(len(weights)) / fps
    ax.stackplot(seconds, weights.T, colors=[COLOURS[code] for code in EMOTIONS], alpha=0.85)
    for n, (share, code) in enumerate(zip(weights.T, EMOTIONS, strict=True)):
        if share.max() > 0.5:
            k = int(share.argmax())
            low = weights[k, :n].sum()
            ha = "left" if k == 0 else "right" if k == len(weights) - 1 else "center"
            where = seconds[k], low + share[k] / 2
            ax.text(*where, f" {NAMES[code]} ", ha=ha, va="center", color="white")
    ax.set(xlabel="seconds", ylabel="weight", xlim=(0, seconds[-1]), ylim=(0, 1))
    top.axis("off")
    width = 0.96 / len(pictures)
    for n, (picture, k) in enumerate(zip(pictures, frames, strict=True)):
        cell = top.inset_axes((n / len(pictures), 0, width, 1))
        cell.imshow(picture)
        cell.axis("off")
        cell.set_title(f"{k / fps:.1f} s", fontsize=8, loc="center")
    return fig


def cross_fade(pictures: Mapping[str, np.ndarray], difference: np.ndarray) -> Figure:
    """Pictures beside each other, and last the difference of two of them in grey levels.

    Args:
        pictures: (S, S, 3) uint8 by title.
        difference: (S, S) grey levels.
    """
    fig = side_by_side(dict(pictures) | {"difference": difference}, cmap="magma", vmin=0)
    fig.colorbar(fig.axes[-1].images[0], ax=fig.axes[-1], shrink=0.8, label="grey levels")
    return fig


def plans(shown: Mapping[str, np.ndarray]) -> Figure:
    """Which source frame is on screen when, for several ways to fill the time.

    Args:
        shown: (T,) source frames by name; shorter ones end early.
    """
    fig, axes = plt.subplots(1, len(shown), figsize=(1.75 * len(shown), 1.9), sharey=True)
    for ax, (name, frames) in zip(axes, shown.items(), strict=True):
        ax.plot(frames, color=INK)
        jumps = np.flatnonzero(np.abs(np.diff(frames)) > 1)
        for k in jumps:
            ax.plot([k, k + 1], frames[k : k + 2], color="#D55E00", linewidth=2.4)
        ax.set(title=name, xlabel="frame", xlim=(0, max(map(len, shown.values()))))
    axes[0].set_ylabel("source frame")
    return fig


def gap(change: np.ndarray, missing: Sequence[Sequence[int]], fps: int = 25) -> Figure:
    """How much each frame was changed, with the stretches that have no face.

    Args:
        change: (T,) mean change in grey levels.
        missing: (first, one past last) pairs of frames.
    """
    fig, ax = plt.subplots(figsize=(6.2, 1.9))
    ax.fill_between(np.arange(len(change)) / fps, change, color="#0072B2", alpha=0.7)
    for first, end in missing:
        ax.axvspan(first / fps, end / fps, color=QUIET, alpha=0.25)
        ax.text((first + end) / 2 / fps, change.max() / 2, "no face", ha="center", color=INK)
    last_s = (len(change) - 1) / fps
    ax.set(xlabel="seconds", ylabel="change [grey levels]", xlim=(0, last_s), ylim=(0, None))
    return fig
