"""What Figures 3, 10 and 11 share: stored rows of frames, drawn."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.paper.entry import Stored
from emolib.figures.subjects import talking_rows
from emolib.media.image import load_strip


def draw_rows(result: Stored) -> Figure:
    """The strip beside a result of `workflow/studies/talking.py`, with its rows named."""
    numbers = result.numbers
    n_frames = len(numbers["rows"]) * numbers["columns"]
    frames = load_strip(result.path.with_suffix(".webp"), n_frames, numbers["cell_px"])
    return talking_rows(numbers["rows"], frames, numbers["every"])
