"""Figure 11: networks on a test subject, every fifth frame."""

from __future__ import annotations

from emolib.figures.paper.entry import PaperFigure
from emolib.figures.paper.talking import draw_rows

FIGURE = PaperFigure(
    number=11,
    name="test_subject",
    shows="A test subject (synthetic) with its true answer, every fifth frame.",
    needs=("fig11_test_subject.json",),
    made_by="make results",
    draw=draw_rows,
)
