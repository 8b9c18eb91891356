"""Where a judge looks, drawn over the face it looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.style import INK


def heat_sheet(
    faces: Sequence[np.ndarray],
    heats: Sequence[np.ndarray],
    labels: Sequence[str],
    *,
    colours: Sequence[str] | None = None,
    side: int = 24,
    cell_inches: float = 1.15,
) -> Figure:
    """Faces above, the same faces in grey with what counts in colour below.

    Args:
        faces: each (H, W, 3) in [0, 1].
        heats: each (n, n): places of a square of `side` pixels, evenly over the face; or (H, W).
            Negative values are left grey; each face has its own scale.
    """
    n = len(faces)
    fig, axes = plt.subplots(2, n, figsize=(cell_inches * n, 2 * cell_inches + 0.3), squeeze=False)
    for i, (face, heat) in enumerate(zip(faces, heats, strict=True)):
        H, W = face.shape[:2]
        top, bottom = axes[0][i], axes[1][i]
        top.imshow(face)
        top.set_title(labels[i], fontsize=9, loc="center", color=colours[i] if colours else INK)
        bottom.imshow(face.mean(-1), cmap="gray", vmin=0, vmax=1.2)
        edge = 0 if heat.shape == (H, W) else side / 2 - (H - side) / (len(heat) - 1) / 2
        strength = np.clip(heat, 0, None) / max(float(heat.max()), 1e-6)
        bottom.imshow(
            strength,
            cmap="inferno",
            alpha=0.75 * np.sqrt(strength),
            extent=(edge, W - edge, H - edge, edge),
            interpolation="nearest" if heat.shape == (H, W) else "bilinear",
            vmin=0,
            vmax=1,
        )
        bottom.set(xlim=(0, W), ylim=(H, 0))
        for ax in (top, bottom):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
    return fig


def known_and_new(people: dict[str, dict[str, dict]], chance: float = 1 / 6) -> Figure:
    """Accuracy over how many people were learned from: on those people, and on others.

    Args:
        people: number → "known" and "new" → interval as plain values (`Interval.as_dict`).
    """
    people = {name: people[name] for name in sorted(people, key=int)}
    fig, ax = plt.subplots(figsize=(5.6, 2.7))
    x = np.arange(len(people))
    styles = (("known", "#D55E00", -0.06, "other takes of people it knows"),)
    styles += (("new", "#0072B2", 0.06, "people it has never seen"),)
    for name, colour, shift, label in styles:
        rows = [row[name] for row in people.values()]
        mean = np.array([100 * row["mean"] for row in rows])
        ax.plot(x + shift, mean, "o-", color=colour, label=label)
        for i, row in enumerate(rows):
            if row["low"] is not None:
                ax.plot([i + shift] * 2, [100 * row["low"], 100 * row["high"]], color=colour, lw=1)
    ax.axhline(100 * chance, color="#8A8A8A", lw=1, ls=":")
    ax.text(-0.25, 100 * chance + 2, "chance", fontsize=8, color="#8A8A8A")
    ax.set_xticks(x, [f"{name} people" for name in people])
    ax.set(ylabel="accuracy %", ylim=(0, 102), xlim=(-0.3, len(x) - 0.7))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.18), fontsize=8)
    return fig
