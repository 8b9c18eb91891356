"""The look shared by every figure: size, fonts, one colour per emotion, honest captions."""

from __future__ import annotations

import io
from textwrap import wrap

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

SCREEN_DPI = 90
PRINT_DPI = 150
LETTERS_PER_INCH = 16.5  # of a caption
PALETTE = 200  # colours of a drawing: a third of the bytes, no visible loss
INK = "#222222"
QUIET = "#8A8A8A"
ACCENT = "#0072B2"

_RC = {
    "figure.dpi": SCREEN_DPI,
    "savefig.dpi": SCREEN_DPI,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Make matplotlib draw everything after this in the project's style."""
    mpl.rcParams.update(_RC)


def caption(fig: Figure, text: str, *, corpus: str, profile: str) -> Figure:
    """Write below a figure what it shows and which data and profile it came from.

    Returns:
        the same figure, so that calls chain.
    """
    text = f"{text}  [corpus: {corpus}, profile: {profile}]"
    per_line = max(40, int(fig.get_figwidth() * LETTERS_PER_INCH))
    wrapped = "\n".join(wrap(text, per_line))
    fig.supxlabel(wrapped, fontsize=8, color=QUIET, x=0.01, ha="left", multialignment="left")
    return fig


def small_png(fig: Figure, **given) -> bytes:
    """A figure as a PNG of few colours; `given` goes to `Figure.savefig`."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", **given)
    picture = Image.open(buffer).convert("RGB")
    few = picture.quantize(PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()
