"""Figures of a lip-sync expert (notebook 03): what it says when picture and sound are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.data.windows import MIN_NEGATIVE_FRAMES
from emolib.figures.clips import WARM, series
from emolib.figures.sheets import side_by_side
from emolib.figures.style import ACCENT, INK, QUIET

OFFSET_LABEL = "picture later than sound, frames (40 ms)"


def which_sound(frames: np.ndarray, mels: Mapping[str, np.ndarray]) -> Figure:
    """The lower halves of five frames, and windows of sound of which one is theirs.

    Args:
        frames: (5, 3, S, S) float in [0, 1]; mels: (80, 16) by name.
    """
    half = frames.shape[-2] // 2
    lips = [np.clip(np.asarray(f)[:, half:].transpose(1, 2, 0), 0, 1) for f in frames]
    shown = {" " * k: picture for k, picture in enumerate(lips, 1)} | dict(mels)
    widths = [2.0] * len(lips) + [1.3] * len(mels)
    fig = side_by_side(shown, inches=0.9, widths=widths, cmap="magma", vmin=-4, vmax=4)
    for ax in fig.axes[len(lips) :]:
        ax.set_aspect("auto")
        ax.invert_yaxis()
    return fig


def loss_curve(
    curves: Mapping[str, np.ndarray], steps: np.ndarray | None = None, x_label: str = "step"
) -> Figure:
    """Cross-entropies over steps, beside what saying ½ to everything costs."""
    fig = series(curves, x=steps, x_label=x_label, y_label="cross-entropy")
    ax = fig.axes[0]
    ax.axhline(np.log(2), color=QUIET, linestyle="--", linewidth=1)
    across = ax.get_yaxis_transform()
    ax.text(1, np.log(2), "log 2", color=QUIET, fontsize=8, ha="right", va="top", transform=across)
    return fig


def cosine_table(table: np.ndarray, title: str | None = None) -> Figure:
    """Cosines of every picture (row) with every sound (column) of one clip.

    Args:
        table: (N, N) float.
    """
    fig, ax = plt.subplots(figsize=(3.6, 3.0))
    reach = float(np.abs(table).max())
    image = ax.imshow(table, cmap="RdBu_r", vmin=-reach, vmax=reach)
    ax.set(xlabel="sound from frame", ylabel="picture from frame", title=title or "")
    fig.colorbar(image, ax=ax, fraction=0.05, pad=0.02, label="cosine")
    return fig


def offset_curves(
    offsets: Sequence[int],
    mean: Sequence[float],
    each: Sequence[np.ndarray] = (),
    border: float | None = None,
    title: str | None = None,
) -> Figure:
    """Mean cosine over how much later the picture is than the sound; its peak is the answer.

    Args:
        offsets: (K,) frames.
        mean: (K,) of all clips, drawn thick; each: (K,) of single clips, drawn thin.
        border: cosine above which the expert says "in sync".
    """
    fig, ax = plt.subplots(figsize=(6.2, 2.5))
    for curve in each:
        ax.plot(offsets, curve, color=QUIET, linewidth=0.5, alpha=0.5)
    ax.plot(offsets, mean, ".-", color=ACCENT)
    best = int(np.nanargmax(mean))
    ax.plot(offsets[best], mean[best], "o", color=WARM, markersize=7)
    ax.annotate(
        f"  {offsets[best]:+d}" if offsets[best] else "  0",
        (offsets[best], mean[best]),
        color=WARM,
        va="center",
    )
    if border is not None:
        ax.axhline(border, color=INK, linestyle="--", linewidth=1, label="border")
    ax.set(xlabel=OFFSET_LABEL, ylabel="mean cosine", xticks=list(offsets[::5]))
    if title:
        ax.set_title(title)
    return fig


def right_by_offset(offsets: Sequence[int], said_in_sync: Mapping[str, Sequence[float]]) -> Figure:
    """Share of right answers at each offset: "yes" at 0, "no" elsewhere; too near ones are shaded.

    Args:
        offsets: (K,) frames.
        said_in_sync: (K,) shares of "yes", by what was asked.
    """
    fig, ax = plt.subplots(figsize=(6.2, 2.5))
    ax.axvspan(
        0.5 - MIN_NEGATIVE_FRAMES, MIN_NEGATIVE_FRAMES - 0.5, color=QUIET, alpha=0.15, linewidth=0
    )
    ax.text(0, 0.03, "too near to\nbe called wrong", ha="center", fontsize=7, color=QUIET)
    places = np.asarray(offsets)
    for (name, yes), colour in zip(said_in_sync.items(), (ACCENT, WARM, INK), strict=False):
        right = np.where(places == 0, yes, 1 - np.asarray(yes))
        ax.plot(places[places != 0], right[places != 0], ".", color=colour)
        for side in (places < 0, places > 0):
            ax.plot(places[side], right[side], color=colour, linewidth=1)
        ax.plot(0, right[places == 0], "*", color=colour, markersize=10, label=name)
    ax.axhline(0.5, color=QUIET, linestyle="--", linewidth=1)
    ax.set(xlabel=OFFSET_LABEL, ylabel="right answers", ylim=(0, 1.03), yticks=[0, 0.5, 1])
    ax.set_yticklabels(["0", "50 %", "100 %"])
    ax.legend(fontsize=8, title="★ in sync   · out of sync", title_fontsize=8, loc="lower right")
    return fig
