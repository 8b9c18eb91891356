"""Figure 8: one actor's clips as points, by what several networks see in them."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.embeddings import space_panels
from emolib.figures.paper.entry import PaperFigure, Stored


def draw(result: Stored) -> Figure:
    numbers = result.numbers
    drawn = {space: result.arrays[f"tsne_{space}"] for space in numbers["spaces"]}
    labels = {"emotion": numbers["emotion"]}
    return space_panels(drawn, labels, numbers["separation"], levels=numbers["level"])


def told(result: Stored) -> str:
    numbers = result.numbers
    return (
        f"All {len(numbers['clip'])} clips of one actor whom no network has seen, averaged over"
        f" frames; t-SNE, perplexity {numbers['perplexity']:g}, seed {numbers['seed']}. Small dots:"
        " weak emotion, large: strong. Numbers are measured in the full dimension; distances"
        " between groups in the drawing mean nothing."
    )


FIGURE = PaperFigure(
    number=8,
    name="embeddings",
    shows=told,
    needs=("embeddings_actor.json",),
    made_by="make results",
    draw=draw,
)
