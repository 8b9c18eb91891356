"""Contact sheets: frames in rows and columns, the way the paper shows its videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.style import INK


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray]],
    row_labels: Sequence[str] | None = None,
    column_labels: Sequence[str] | None = None,
    *,
    cell_inches: float = 1.0,
    label_colours: Sequence[str] | None = None,
) -> Figure:
    """A grid of pictures with labels outside the grid.

    Args:
        rows: R rows of up to C pictures, each (H, W, 3) uint8 or float in [0, 1], RGB. A missing
            picture may be None.
        row_labels, column_labels: text at the left and above.
        cell_inches: width of one cell on paper.
        label_colours: one colour per row label.
    """
    n_rows, n_columns = len(rows), max(len(row) for row in rows)
    first = next(picture for row in rows for picture in row if picture is not None)
    aspect = first.shape[0] / first.shape[1]
    fig, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(cell_inches * n_columns + 0.9, cell_inches * aspect * n_rows + 0.3),
        squeeze=False,
        gridspec_kw={"wspace": 0.02, "hspace": 0.02},
    )
    for row, row_axes in zip(rows, axes, strict=True):
        for column, ax in enumerate(row_axes):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            if column < len(row) and row[column] is not None:
                ax.imshow(row[column], vmin=0, vmax=255 if row[column].dtype == np.uint8 else 1)
    for index, label in enumerate(row_labels or ()):
        colour = label_colours[index] if label_colours else INK
        axes[index][0].set_ylabel(
            label, rotation=0, ha="right", va="center", fontsize=9, color=colour, labelpad=6
        )
    for index, label in enumerate(column_labels or ()):
        axes[0][index].set_title(label, fontsize=9, loc="center")
    return fig


def side_by_side(
    pictures: Mapping[str, np.ndarray],
    *,
    inches: float = 1.3,
    widths: Sequence[float] | None = None,
    **how,
) -> Figure:
    """Pictures in a row, each under its name.

    Args:
        pictures: by name, (H, W) or (H, W, 3).
        inches: width of one; widths: relative ones.
        how: as `Axes.imshow` takes it.
    """
    n = len(pictures)
    size = (inches * n, inches + 0.4)
    fig, axes = plt.subplots(1, n, figsize=size, width_ratios=widths, squeeze=False)
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        ax.imshow(picture, **how)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_title(name, fontsize=9, loc="center")
    return fig


def every_nth(frames: Sequence[np.ndarray], n: int = 5, most: int | None = None) -> list:
    """Every n-th frame from the first, at most `most` of them (the paper shows every fifth)."""
    return list(frames[::n])[:most]
