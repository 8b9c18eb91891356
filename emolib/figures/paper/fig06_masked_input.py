"""Figure 6: what is hidden of the target frames."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from emolib.figures.clips import masked_input_figure
from emolib.figures.paper.entry import PaperFigure, Stored


def draw(windows: Stored) -> Figure:
    reference = windows.arrays["reference"]  # (T, 3, S, S)
    pairs = {m: np.concatenate([windows.arrays[m], reference], axis=1) for m in ("half", "full")}
    return masked_input_figure({mask: faces / 255 for mask, faces in pairs.items()})


FIGURE = PaperFigure(
    number=6,
    name="masked_input",
    shows="What is hidden of the target: half (Wav2Lip), all (paper).",
    needs=("windows.json",),
    made_by="make results",
    draw=draw,
)
