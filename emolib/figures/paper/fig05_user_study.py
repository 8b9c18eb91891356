"""Figure 5: the user study, drawn from whatever people have answered on the page."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.paper.entry import PaperFigure, Stored
from emolib.figures.study import ratings_figure


def draw(result: Stored) -> Figure:
    return ratings_figure(result.numbers)


def told(result: Stored) -> str:
    n, days = result.numbers["n_answers"], (result.numbers["first"], result.numbers["last"])
    return (
        f"Answers of {n} people to the page's questions, {' to '.join(dict.fromkeys(days))}:"
        f" every answer (blue) and the mean (black). Interval: {result.numbers['interval']}."
    )


FIGURE = PaperFigure(
    number=5,
    name="user_study",
    shows=told,
    needs=("study_summary.json",),
    made_by="emolib study (once people have answered on the page of emolib serve)",
    draw=draw,
)
