"""Figure 9: how the web page works, as a screenshot."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.page import page_figure
from emolib.figures.paper.entry import PaperFigure, Stored


def draw(result: Stored) -> Figure:
    return page_figure(result.picture, result.numbers["panels"])


FIGURE = PaperFigure(
    number=9,
    name="web_page",
    shows=lambda result: f"The page of emolib serve in {result.numbers['browser']}.",
    needs=("web_page.json",),
    made_by="python benchmarks/browser_web.py --figure",
    draw=draw,
)
