"""Figure 7: one augmentation draw for reference and target."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.clips import augmented_figure
from emolib.figures.paper.entry import PaperFigure, Stored


def draw(draws: Stored) -> Figure:
    pairs = zip(draws.arrays["faces"], draws.arrays["targets"], strict=True)
    windows = [{"faces": f[None] / 255, "target_frames": t[None] / 255} for f, t in pairs]
    return augmented_figure(windows, t=0)


FIGURE = PaperFigure(
    number=7,
    name="augmentation",
    shows="One draw for reference and target; a row a draw.",
    needs=("draws.json",),
    made_by="make results",
    draw=draw,
)
