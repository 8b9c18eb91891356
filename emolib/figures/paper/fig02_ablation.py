"""Figure 2: six emotions, a row a method."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from emolib.base.emotions import EMOTIONS
from emolib.figures.ablation import SHOWN, emotion_grid
from emolib.figures.paper.entry import PaperFigure, Stored


def rows_of(result: Stored) -> dict[str, np.ndarray]:
    """Row → (people, 6, S, S, 3) uint8, the source repeated under each emotion."""
    names, people = result.numbers["rows"], len(result.numbers["people"])
    counts = [people if name == "source" else people * len(EMOTIONS) for name in names]
    parts = np.split(result.frames(sum(counts)), np.cumsum(counts)[:-1])
    rows = {}
    for name, part in zip(names, parts, strict=True):
        part = part.reshape(people, -1, *part.shape[1:])  # (people, 1 or 6, S, S, 3)
        rows[name] = np.repeat(part, len(EMOTIONS) // part.shape[1], axis=1)
    return rows


def draw(result: Stored) -> Figure:
    return emotion_grid(rows_of(result))


def told(result: Stored) -> str:
    numbers = result.numbers
    methods = [(name, numbers["methods"][name]) for name in numbers["rows"][2:]]
    steps = ", ".join(f"{SHOWN[name]} {method['step']:,}" for name, method in methods)
    return (
        f"People that no network has seen say {numbers['said']} in six emotions, made from a calm"
        f" clip of another sentence ({numbers['shown']}); frame {numbers['frame']}. Training steps:"
        f" {steps}."
    )


FIGURE = PaperFigure(
    number=2,
    name="ablation",
    shows=told,
    needs=("ablation_frames.json",),
    made_by="make results",
    draw=draw,
)
