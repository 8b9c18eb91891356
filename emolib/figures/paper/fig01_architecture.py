"""Figure 1: the method, drawn by watching the paper's network run on one frame."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.architecture import architecture_figure
from emolib.figures.paper.entry import PaperFigure, Stored
from emolib.models.generator import Generator, GeneratorConfig

MIDDLE = 2  # of the window's five frames


def draw(windows: Stored) -> Figure:
    seen = windows.arrays
    named = {"masked": "full", "reference": "reference"}
    thumbnails = {name: seen[key][MIDDLE].transpose(1, 2, 0) for name, key in named.items()}
    thumbnails["mel"] = seen["mel"]
    return architecture_figure(Generator(GeneratorConfig()), thumbnails, "The generator (SEQ)")


FIGURE = PaperFigure(
    number=1,
    name="architecture",
    shows="What every module of the paper's network reports on one frame.",
    needs=("windows.json",),
    made_by="make results",
    draw=draw,
)
