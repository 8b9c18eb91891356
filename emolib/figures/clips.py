"""Figures of clips, faces and splits (notebook 01): paper's Figures 6 and 7 among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from emolib.figures.sheets import contact_sheet
from emolib.figures.style import ACCENT, INK, QUIET
from emolib.media.compose import CropTransform

WARM = "#D55E00"
GAIN = 6  # how much differences are amplified
SERIES = (INK, WARM, ACCENT, "#009E73", "#7B5EA7")


def face_overlay(
    frame: np.ndarray,
    transforms: Mapping[str, CropTransform],
    landmarks: np.ndarray | None = None,
) -> Figure:
    """A frame with crops drawn as outlines, and landmarks as dots.

    Args:
        frame: (H, W, 3) uint8 RGB.
        transforms: crop by label.
        landmarks: (L, 2 or 3) pixels.
    """
    height, width = frame.shape[:2]
    fig, ax = plt.subplots(figsize=(3.6, 3.6 * height / width))
    ax.imshow(frame, extent=(0, width, height, 0))
    if landmarks is not None:
        ax.plot(landmarks[:, 0], landmarks[:, 1], ".", color="white", markersize=1.2)
    for (label, transform), colour in zip(transforms.items(), SERIES[1:], strict=False):
        outline = Polygon(transform.corners, fill=False, edgecolor=colour, linewidth=1.8)
        ax.add_patch(outline)
        outline.set_label(label)
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    if transforms:
        ax.legend(loc="upper right", fontsize=8, labelcolor="white")
    return fig


def series(
    values: Mapping[str, np.ndarray],
    *,
    x: Sequence[float] | None = None,
    x_label: str = "frame",
    y_label: str = "",
    title: str | None = None,
    truth: str | None = None,
    dots: bool = False,
) -> Figure:
    """Several time series in one plot.

    Args:
        values: (N,) by name; NaN leaves a gap.
        x: (N,) positions; default 0, 1, 2, …
        truth: name of the line to draw as a broad grey band under the others.
        dots: mark each value.
    """
    fig, ax = plt.subplots(figsize=(6.2, 2.5))
    colours = iter(SERIES[1:])
    for name, line in values.items():
        places = np.arange(len(line)) if x is None else x
        if name == truth:
            ax.plot(places, line, color=QUIET, alpha=0.4, linewidth=7, label=name)
        else:
            ax.plot(places, line, ".-" if dots else "-", color=next(colours), label=name)
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.legend(fontsize=8)
    if title:
        ax.set_title(title)
    return fig


def share_bars(
    shares: Mapping[str, Mapping[str, float]], *, title: str, chance: float | None = None
) -> Figure:
    """Grouped bars of shares between 0 and 1, each with its number.

    Args:
        shares: group → {bar: share}.
        chance: a dashed line, where guessing would be.
    """
    groups, bars = list(shares), list(next(iter(shares.values())))
    fig, ax = plt.subplots(figsize=(6.2, 2.5))
    width = 0.8 / len(groups)
    for index, (group, colour) in enumerate(zip(groups, (WARM, ACCENT, QUIET), strict=False)):
        places = np.arange(len(bars)) + (index - (len(groups) - 1) / 2) * width
        heights = [shares[group][bar] for bar in bars]
        drawn = ax.bar(places, heights, width * 0.92, color=colour, label=group)
        ax.bar_label(drawn, fmt="{:.0%}", padding=2, fontsize=8, color=INK)
    if chance is not None:
        ax.axhline(chance, color=QUIET, linestyle="--", linewidth=1)
        ax.text(len(bars) - 0.5, chance, " chance", va="center", fontsize=8, color=QUIET)
    ax.set(ylim=(0, 1.3), yticks=[0, 0.5, 1], yticklabels=["0", "50 %", "100 %"])
    ax.set_xticks(np.arange(len(bars)), bars)
    ax.set_title(title)
    ax.legend(fontsize=8, loc="upper right", ncols=len(groups))
    return fig


def difference(frame: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """How far two frames (H, W, 3) uint8 differ, made visible: (H, W, 3) uint8, black for equal."""
    away = np.abs(frame.astype(np.float32) - changed).mean(axis=-1)
    return np.repeat(np.clip(GAIN * away, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def masked_input_figure(windows: Mapping[str, np.ndarray]) -> Figure:
    """The paper's Figure 6: reference frames above, masked target frames below.

    Args:
        windows: (6, S, S) float in [0, 1] for each of five frames, by mask name: (T, 6, S, S).
    """
    first = next(iter(windows.values()))
    rows = [_pictures(first[:, 3:])] + [_pictures(faces[:, :3]) for faces in windows.values()]
    labels = ["reference", *(f"{mask} mask" for mask in windows)]
    columns = [f"t = {t}" for t in range(len(first))]
    return contact_sheet(rows, labels, columns, cell_inches=1.15)


def augmented_figure(windows: Sequence[Mapping[str, np.ndarray]], t: int = 2) -> Figure:
    """The paper's Figure 7: reference, masked input and ground truth, a row for each draw.

    Args:
        windows: generator windows, each with faces (T, 6, S, S) and target_frames (T, 3, S, S).
        t: which of the five frames.
    """
    columns = ["reference", "masked", "ground truth"]
    rows = [
        _pictures([w["faces"][t][3:], w["faces"][t][:3], w["target_frames"][t]]) for w in windows
    ]
    labels = [f"draw {index + 1}" for index in range(len(rows))]
    return contact_sheet(rows, labels, columns, cell_inches=1.15)


def pasted_figure(frame: np.ndarray, pasted: Mapping[str, np.ndarray]) -> Figure:
    """Pasted frames above, and below them how they differ from the frame.

    Args:
        frame: (H, W, 3) uint8; pasted: the same, by title.
    """
    below = [difference(frame, picture) for picture in pasted.values()]
    labels = ["pasted", f"difference ×{GAIN}"]
    return contact_sheet([list(pasted.values()), below], labels, list(pasted), cell_inches=1.9)


def _pictures(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """(N, 3, S, S) float in [0, 1] → N pictures (S, S, 3)."""
    return [np.clip(np.asarray(frame).transpose(1, 2, 0), 0, 1) for frame in frames]
