"""The generator drawn by code from the real modules (notebook 05): the paper's Figure 1.

Boxes, labels and arrows come from `models.cost.trace`, that is from watching the network run. Where
two streams join is read from the channel counts, so END and SEQ draw themselves differently.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from emolib.figures.style import INK, QUIET
from emolib.models.cost import ModuleCost, trace
from emolib.models.generator import Generator

COLOURS = {
    "face encoder": "#0072B2",
    "audio encoder": "#009E73",
    "emotion encoder": "#D55E00",
    "decoder": "#7B5EA7",
    "output": "#6E6E6E",
}
LANE_Y = {"face": 0.0, "audio": -3.7, "emotion": -5.75}
BOTTLENECK_X, STEP = 8.0, 1.15


@dataclass(frozen=True)
class Wiring:
    """A generator's blocks in order, as (channels, height, width), and where the emotion joins."""

    face: list[tuple[int, ...]]
    audio: list[tuple[int, ...]]
    emotion: tuple[int, ...] | None  # what the emotion encoder gives
    decoder: list[tuple[int, ...]]
    joins: str | None  # "bottleneck" (SEQ), "output" (END) or None
    n_film: int  # decoder scales that the emotion also steers
    output: tuple[int, ...]


def trace_generator(net: Generator) -> list[ModuleCost]:
    """What every module of `net` does for one frame (see `models.cost.trace`)."""
    weight = net.output.last.weight
    inputs = [torch.zeros(1, 1, *shape).to(weight) for shape in ((1, 80, 16), (6, 96, 96))]
    if net.config.emotion:
        inputs.append(torch.zeros(1, 6).to(weight))
    return trace(net, *inputs)


def wiring(rows: Sequence[ModuleCost]) -> Wiring:
    """How the blocks connect, from shapes alone."""
    by_name = {row.name: row for row in rows}
    face = _shapes(rows, "face_encoder")
    decoder = [row for row in rows if is_block(row.name, "decoder")]
    audio = list(dict.fromkeys(_shapes(rows, "audio_encoder")))  # one box per size
    emotion = by_name["emotion_encoder"].output_shape[1:] if "emotion_encoder" in by_name else None
    joins = None
    if decoder[0].input_shape[1] > by_name["audio_encoder"].output_shape[1]:
        joins = "bottleneck"
    elif by_name["output"].input_shape[1] > decoder[-1].output_shape[1] + face[0][0]:
        joins = "output"
    return Wiring(
        face=face,
        audio=audio,
        emotion=emotion,
        decoder=[row.output_shape[1:] for row in decoder],
        joins=joins,
        n_film=sum(is_block(row.name, "film") for row in rows),
        output=by_name["output"].output_shape[1:],
    )


def is_block(name: str, parent: str) -> bool:
    return name.startswith(f"{parent}.") and name.count(".") == 1


def _shapes(rows: Sequence[ModuleCost], parent: str) -> list[tuple[int, ...]]:
    return [row.output_shape[1:] for row in rows if is_block(row.name, parent)]


def _box(ax: Axes, x: float, y: float, shape: tuple[int, ...], colour: str) -> tuple[float, float]:
    """A box as high as the picture is (log scale), labelled; returns its bottom and top."""
    pixels = math.sqrt(shape[1] * shape[2]) if len(shape) > 1 else 1
    half = 0.22 + 0.16 * math.log2(pixels)
    width = 0.16 + 0.045 * math.log2(shape[0])
    ax.add_patch(
        Rectangle((x - width / 2, y - half), width, 2 * half, facecolor=colour, alpha=0.85, lw=0)
    )
    label = f"{shape[0]}\n{shape[1]}×{shape[2]}" if len(shape) > 1 else f"{shape[0]}"
    ax.text(x, y - half - 0.1, label, ha="center", va="top", fontsize=6.5, color=INK)
    return y - half, y + half


def _arrow(ax: Axes, start, end, colour: str = QUIET, curve: float = 0.0) -> None:
    style = f"arc3,rad={curve}"
    ax.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=8, lw=1.1, color=colour,
            connectionstyle=style, shrinkA=2, shrinkB=2,
        )
    )  # fmt: skip


def draw_generator(ax: Axes, rows: Sequence[ModuleCost]) -> Wiring:
    """Draw encoders, decoder, skips and where the emotion enters; returns what was drawn."""
    wires = wiring(rows)
    n = len(wires.face)
    face_x = [BOTTLENECK_X - 1.0 - STEP * (n - 1 - i) for i in range(n)]
    decoder_x = [BOTTLENECK_X + 1.3 + STEP * i for i in range(len(wires.decoder))]
    y = LANE_Y["face"]
    tops = []
    for x, shape in zip(face_x, wires.face, strict=True):
        tops.append(_box(ax, x, y, shape, COLOURS["face encoder"])[1])
    for x, shape in zip(decoder_x, wires.decoder, strict=True):
        _box(ax, x, y, shape, COLOURS["decoder"])
    for level in range(n):  # skip: face block i is appended after decoder block n - 1 - i
        x0, x1, height = face_x[level], decoder_x[n - 1 - level], 2.05 + 0.2 * (n - level)
        line = [(x0, tops[level]), (x0, height), (x1 + 0.28, height), (x1 + 0.28, 0.12)]
        ax.plot(*zip(*line, strict=True), color=COLOURS["face encoder"], lw=0.8, alpha=0.75)
        ax.plot(x1 + 0.28, 0.0, "o", ms=4, mfc="white", mec=COLOURS["face encoder"], mew=1)

    join = (BOTTLENECK_X + 0.45, LANE_Y["audio"] + 1.4)
    audio_x = [face_x[-1] - STEP * (len(wires.audio) - 1 - i) for i in range(len(wires.audio))]
    for x, shape in zip(audio_x, wires.audio, strict=True):
        _box(ax, x, LANE_Y["audio"], shape, COLOURS["audio encoder"])
    _arrow(ax, (audio_x[-1] + 0.3, LANE_Y["audio"]), join, COLOURS["audio encoder"], 0.2)
    _arrow(ax, join, (decoder_x[0] - 0.25, 0), INK, 0.2)
    x_out = decoder_x[-1] + STEP + 0.1
    _box(ax, x_out, y, wires.output, COLOURS["output"])
    _arrow(ax, (decoder_x[-1] + 0.36, 0), (x_out - 0.15, 0))
    if wires.emotion:
        _draw_emotion(ax, wires, face_x, decoder_x, join, x_out)
    _arrow(ax, (face_x[0] - 0.85, y), (face_x[0] - 0.15, y))
    _arrow(ax, (audio_x[0] - 0.85, LANE_Y["audio"]), (audio_x[0] - 0.15, LANE_Y["audio"]))
    ax.text(face_x[0] - 0.3, -2.55, "face encoder", color=COLOURS["face encoder"])
    ax.text(decoder_x[3], -2.85, "decoder", color=COLOURS["decoder"])
    ax.text(
        audio_x[0] - 0.35, LANE_Y["audio"] - 1.2, "audio encoder", ha="right",
        color=COLOURS["audio encoder"],
    )  # fmt: skip
    ax.set(xlim=(face_x[0] - 2.2, x_out + 1.6), ylim=(LANE_Y["emotion"] - 0.9, 4.0))
    ax.axis("off")
    return wires


def _draw_emotion(ax: Axes, wires: Wiring, face_x, decoder_x, join, x_out) -> None:
    colour, y = COLOURS["emotion encoder"], LANE_Y["emotion"]
    x0, x1 = face_x[-1] - STEP, face_x[-1]
    _box(ax, x0, y, (6,), colour)
    _box(ax, x1, y, wires.emotion, colour)
    _arrow(ax, (x0 + 0.2, y), (x1 - 0.3, y), colour)
    ax.text(x0 - 0.35, y, "emotion encoder", ha="right", va="center", color=colour)
    if wires.joins == "bottleneck":
        _arrow(ax, (x1 + 0.35, y), join, colour, 0.25)
        ax.text(join[0] + 0.3, join[1] - 0.6, "SEQ: joins the sound", fontsize=8, color=colour)
    else:
        _arrow(ax, (x1 + 0.35, y), (decoder_x[-1] + 0.3, -0.15), colour, 0.25)
        ax.text(x_out + 0.3, -3.2, "END: one map more\nfor the output block", fontsize=8,
                color=colour, ha="right")  # fmt: skip
    if wires.n_film:
        steered = decoder_x[-wires.n_film :]
        ax.plot(steered, [-2.2] * wires.n_film, "^", ms=5, color=colour)
        text = f"▲ the emotion also steers {wires.n_film} scales"
        ax.text(x_out + 0.3, -3.3, text, fontsize=8, color=colour, ha="right")


def architecture_figure(
    net: Generator, pictures: Mapping[str, np.ndarray] | None = None, title: str | None = None
) -> Figure:
    """Figure 1 of the paper for any generator of ours.

    Args:
        net: its modules are watched for one frame.
        pictures: thumbnails, any of "masked", "reference", "output" (H, W, 3) and "mel" (80, 16).
    """
    fig, ax = plt.subplots(figsize=(10, 4.6))
    draw_generator(ax, trace_generator(net))
    x0, x1 = ax.get_xlim()
    places = {
        "masked": (x0 - 0.3, 0.35, 1.5),
        "reference": (x0 - 0.3, -1.85, 1.5),
        "mel": (x0 + 2.05, -4.4, 1.3),
        "output": (x1 - 0.9, -0.8, 1.6),
    }
    for name, picture in (pictures or {}).items():
        left, bottom, size = places[name]
        inset = ax.inset_axes((left, bottom, size, size), transform=ax.transData)
        inset.imshow(picture, aspect="auto", origin="lower" if name == "mel" else "upper")
        inset.set(xticks=[], yticks=[])
        inset.set_title(name, fontsize=7, pad=2, loc="center")
    ax.set_xlim(x0 - 0.4, x1 + 0.8)
    if title:
        ax.set_title(title)
    return fig
