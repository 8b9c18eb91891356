"""Controls for notebooks: thin layers over pure functions that work without them.

Every control here calls a function that takes plain values and returns a matplotlib `Figure`, so
that it can be tested over its whole range and the notebook still shows something where widgets
do not run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as ipw
import numpy as np
import traitlets
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.studio.films import text_on


def explore(draw: Callable[..., Figure], **controls: ipw.Widget) -> ipw.VBox:
    """Controls above a figure that is redrawn whenever one of them moves.

    Args:
        draw: called with the controls' values by name; returns a `Figure`.
        controls: ipywidgets by argument name of `draw`.
    """
    output = ipw.Output()

    def redraw(_change=None) -> None:
        with output:
            output.clear_output(wait=True)
            fig = draw(**{name: control.value for name, control in controls.items()})
            display(fig)
            plt.close(fig)

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    return ipw.VBox([ipw.HBox(list(controls.values())), output])


def slider(text: str, low: float, high: float, value: float, step: float = 1) -> ipw.Widget:
    """An integer or float slider that reports when it is let go."""
    kind = ipw.IntSlider if all(isinstance(v, int) for v in (low, high, value, step)) else None
    return (kind or ipw.FloatSlider)(
        value=value,
        min=low,
        max=high,
        step=step,
        description=text,
        continuous_update=False,
        style={"description_width": "initial"},
    )


def full() -> ipw.Layout:
    """As wide as there is room. A new one each time: widgets share a layout they share."""
    return ipw.Layout(width="100%")


class EmotionButtons(ipw.Box):
    """Six buttons in the emotions' own colours; `value` is the chosen code."""

    value = traitlets.Enum(EMOTIONS, "NEU")

    def __init__(self, value: str = "NEU"):
        self._buttons = {
            code: ipw.Button(description=NAMES[code], layout=ipw.Layout(width="7.6em"))
            for code in EMOTIONS
        }
        for code, button in self._buttons.items():
            button.on_click(lambda _button, code=code: self.set_trait("value", code))
        layout = ipw.Layout(flex_flow="row wrap")
        super().__init__(list(self._buttons.values()), value=value, layout=layout)
        self.add_class("emolib-emotions")
        self._paint()
        self.observe(self._paint, names="value")

    def _paint(self, _change=None) -> None:
        for code, button in self._buttons.items():
            chosen = code == self.value
            button.style.button_color = COLOURS[code] if chosen else None
            button.style.text_color = text_on(COLOURS[code]) if chosen else COLOURS[code]
            button.style.font_weight = "bold"
            button.tooltip = f"{NAMES[code]}{' (chosen)' if chosen else ''}"


emotion_buttons = EmotionButtons  # its name in notebooks


def line(text: str, tone: str = "plain") -> str:
    """One line of text, safely; the tone (plain, good, bad, busy) is its colour in `studio.css`."""
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
