"""Figures of what is inside a generator (notebook 05): costs, feature maps, reach of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.figures.architecture import COLOURS, is_block
from emolib.figures.sheets import side_by_side
from emolib.figures.style import INK
from emolib.models.cost import ModuleCost


def block_costs(rows: Sequence[ModuleCost], n_frames: int = 1) -> dict[str, tuple[int, int]]:
    """(parameters, multiply-adds a frame) of a generator's blocks; together all of it.

    Args:
        n_frames: how many frames the traced forward pass made.
    """
    by_name = {row.name: row for row in rows}
    blocks = {"face encoder": [r for r in rows if is_block(r.name, "face_encoder")]}
    for name in ("audio_encoder", "emotion_encoder", "noise_encoder"):
        if name in by_name:
            blocks[name.replace("_", " ")] = [by_name[name]]
    for row in rows:
        if is_block(row.name, "decoder"):
            blocks[row.name.replace(".", " ")] = [row]
    if any(is_block(row.name, "film") for row in rows):
        blocks["emotion scales"] = [r for r in rows if is_block(r.name, "film")]
    blocks["output"] = [by_name["output"]]
    return {
        label: (sum(r.n_parameters for r in part), sum(r.macs for r in part) // n_frames)
        for label, part in blocks.items()
    }


def reach_figure(panels: Mapping[str, torch.Tensor]) -> Figure:
    """Which pixels moved at all: one black-and-light panel (H, W) a name, with their number."""
    moved = {name: (panel > 0).numpy() for name, panel in panels.items()}
    told = {f"{name}: {int(where.sum())} pixels": where for name, where in moved.items()}
    return side_by_side(told, inches=2.6, cmap="magma", vmin=0, vmax=1)


def cost_bars(costs: Mapping[str, tuple[int, int]]) -> Figure:
    """Where parameters and multiplications are.

    Args:
        costs: (parameters, multiply-adds a frame) by block name, in order.
    """
    names = list(costs)
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 0.26 * len(names) + 0.9), sharey=True)
    colours = [next((c for k, c in COLOURS.items() if n.startswith(k)), INK) for n in names]
    titles = ("million parameters", "million multiply-adds a frame")
    for ax, index, title in zip(axes, (0, 1), titles, strict=True):
        values = [costs[name][index] / 1e6 for name in names]
        labels = [f" {value:,.1f} ({value / (sum(values) or 1):.0%})" for value in values]
        ax.bar_label(ax.barh(names, values, color=colours), labels, fontsize=7)
        ax.set_xlabel(title)
        ax.margins(x=0.22)
    axes[0].invert_yaxis()
    axes[0].tick_params(axis="y", labelsize=8)
    return fig
