"""Figure 10: networks on a painting, every fifth frame."""

from __future__ import annotations

from emolib.figures.paper.entry import PaperFigure
from emolib.figures.paper.talking import draw_rows

FIGURE = PaperFigure(
    number=10,
    name="painting",
    shows="A painting (a stylised synthetic render), every fifth frame.",
    needs=("fig10_painting.json",),
    made_by="make results",
    draw=draw_rows,
)
