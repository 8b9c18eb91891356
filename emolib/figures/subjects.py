"""Talking faces in rows, as the paper shows them: source on top, a network a row (notebook 10)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, NAMES
from emolib.figures.sheets import contact_sheet
from emolib.figures.style import INK

CELL_INCHES = 0.6


def talking_rows(rows: Sequence[dict], frames: np.ndarray, every: int) -> Figure:
    """Every n-th frame of a source and of what networks made of it.

    Args:
        rows: one dict a row: `label`, and `emotion` (a code, or None for a row without).
        frames: (R · C, S, S, 3) uint8 RGB, row by row.
        every: frames from one column to the next, for the column titles.
    """
    cells = frames.reshape(len(rows), -1, *frames.shape[1:])  # (R, C, S, S, 3)
    labels = [_label(row) for row in rows]
    colours = [COLOURS[row["emotion"]] if row["emotion"] else INK for row in rows]
    columns = [f"frame {every * k}" if k == 0 else f"{every * k}" for k in range(cells.shape[1])]
    return contact_sheet(cells, labels, columns, cell_inches=CELL_INCHES, label_colours=colours)


def _label(row: dict) -> str:
    return f"{row['label']}\n{NAMES[row['emotion']]}" if row["emotion"] else row["label"]
