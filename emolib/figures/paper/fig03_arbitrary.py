"""Figure 3: networks on an arbitrary face, every fifth frame."""

from __future__ import annotations

from emolib.figures.paper.entry import PaperFigure
from emolib.figures.paper.talking import draw_rows

FIGURE = PaperFigure(
    number=3,
    name="arbitrary",
    shows="An arbitrary face (synthetic, another room and camera), every fifth frame.",
    needs=("fig03_arbitrary.json",),
    made_by="make results",
    draw=draw_rows,
)
