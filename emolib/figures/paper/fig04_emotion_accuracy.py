"""Figure 4: how often each emotion is recognised, by judges of different independence."""

from __future__ import annotations

from matplotlib.figure import Figure

from emolib.figures.paper.entry import PaperFigure, Stored
from emolib.figures.scores import emotion_accuracy

SHOWN = {"PL + DA": "PLDA", "IMPROVED": "IMPROVED"}


def draw(plda: Stored, improved: Stored) -> Figure:
    stored = zip(SHOWN, (plda, improved), strict=True)
    return emotion_accuracy({name: {"numbers": one.numbers} for name, one in stored})


def told(plda: Stored, improved: Stored) -> str:
    numbers = improved.numbers
    return (
        f"Accuracy by emotion on {numbers['n_clips']} clips of {numbers['n_actors']} people; bars:"
        " generated, lines: 95 % over people. The paper judges PL + DA by a classifier of its"
        " discriminator's own design; here two judges had no part in training."
    )


FIGURE = PaperFigure(
    number=4,
    name="emotion_accuracy",
    shows=told,
    needs=("ablation_plda.json", "ablation_improved.json"),
    made_by="make results",
    draw=draw,
)
