"""Small pieces of HTML for widgets, as plain strings."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.studio.films import text_on

TONES = ("plain", "good", "bad", "busy")


def line(text: str, tone: str = "plain") -> str:
    """One line of text, safely; the tone chooses its colour (`studio.css`)."""
    if tone not in TONES:
        raise ValueError(f"unknown tone {tone!r}")
    return f'<div class="emolib-line emolib-{tone}">{escape(text)}</div>' if text else ""


def shares_bar(weights: np.ndarray) -> str:
    """Weights (6,) as one bar of coloured pieces, names in those with room."""
    pieces = []
    for code, share in zip(EMOTIONS, weights, strict=True):
        if share > 0:
            name = f"{NAMES[code]} {share:.0%}"
            style = f"width:{100 * share:.2f}%;background:{COLOURS[code]}"
            style += f";color:{text_on(COLOURS[code])}"
            shown = name if share > 0.3 else ""
            pieces.append(f'<span style="{style}" title="{name}">{shown}</span>')
    return f'<div class="emolib-bar">{"".join(pieces)}</div>'


def walk_bar(stations: Sequence[str]) -> str:
    """Emotion codes in order as one band that fades from colour to colour, from start to end."""
    colours = [COLOURS[code] for code in stations]
    colours = colours * 2 if len(colours) == 1 else colours
    style = f"background:linear-gradient(to right,{','.join(colours)})"
    return f'<div class="emolib-bar" style="{style}"></div>' if stations else ""
