"""The paper's figures, each in a module of its own, each drawn from stored results.

How to add Figure NN: write `figNN_name.py` here with

    def draw(result: Stored) -> Figure:        # one argument for each name in `needs`
        return some_figure(result.numbers["…"], result.arrays["…"])

    FIGURE = PaperFigure(
        number=NN,
        name="name",                           # -> figures/figNN_name.{png,pdf,json}
        shows="what the reader sees",          # the caption; or a function of the results
        needs=("figNN_name.json",),            # files in data/results, all needed
        made_by="make results",
        draw=draw,
    )

and delete NN from `registry.NOT_DRAWN`, if it stands there. Nothing else: modules are found by
their names. A drawing of more than a few lines, or one that a notebook shows too, belongs into
`emolib.figures`; what makes the result is a study (`workflow/studies`). Corpus, profile
and the results' names are added to the caption here.
"""

from emolib.figures.paper.entry import PaperFigure, Stored
from emolib.figures.paper.registry import FIGURES, NOT_DRAWN, draw_figure, make_figure, why_waiting

__all__ = [
    "FIGURES",
    "NOT_DRAWN",
    "PaperFigure",
    "Stored",
    "draw_figure",
    "make_figure",
    "why_waiting",
]
