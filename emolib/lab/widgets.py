"""Controls for notebooks: thin layers over pure functions that work without them.

Every control here calls a function that takes plain values and returns a matplotlib `Figure`, so
that it can be tested over its whole range and the notebook still shows something where widgets
do not run.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as ipw
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.emotions import COLOURS, EMOTIONS, NAMES


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


def emotion_buttons(value: str = "NEU") -> ipw.ToggleButtons:
    """Six buttons, one per emotion, in the project's order."""
    return ipw.ToggleButtons(
        options=[(NAMES[code], code) for code in EMOTIONS],
        value=value,
        tooltips=[f"{NAMES[code]} ({COLOURS[code]})" for code in EMOTIONS],
        style={"button_width": "6.2em"},
    )
