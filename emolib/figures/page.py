"""Figure 9: the web page as it really looks, step by step."""

from __future__ import annotations

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.style import INK

STEPS = {
    "choose": "1  choose a face, a voice and an emotion",
    "wait": "2  wait, with a first look",
    "look": "3  look, download, repeat",
}


def page_figure(picture: np.ndarray, panels: dict[str, list[int]], width_in: float = 9) -> Figure:
    """A screenshot with a line of text above each of its panels.

    Args:
        picture: (H, W, 3) uint8 RGB; the panels of `STEPS`, each with room for a line above it.
        panels: by step left, top, width and height in pixels.
    """
    height, width = picture.shape[:2]
    fig, ax = plt.subplots(figsize=(width_in, width_in * height / width))
    ax.imshow(picture, interpolation="antialiased")
    ax.axis("off")
    for step, (left, top, _, _) in panels.items():
        place = {"xy": (left, top), "xytext": (0, 5), "textcoords": "offset points"}
        ax.annotate(STEPS[step], **place, fontsize=8.5, color=INK, weight="bold", va="bottom")
    return fig
