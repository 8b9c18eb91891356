"""The drawing follows the network: other wiring, other picture."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from emolib.figures.anatomy import block_costs, cost_bars, reach_figure
from emolib.figures.architecture import architecture_figure, side_by_side, trace_generator, wiring
from emolib.figures.objective import loss_curves, loss_shares
from emolib.models.generator import Generator, GeneratorConfig

TINY = {"width": 1 / 8}
IMPROVED = {**TINY, "head": "composite", "multi_scale_emotion": True}


@pytest.mark.parametrize(
    ("config", "joins", "n_film"),
    [
        (GeneratorConfig(**TINY), "bottleneck", 0),
        (GeneratorConfig(emotion="END", **TINY), "output", 0),
        (GeneratorConfig(emotion=None, **TINY), None, 0),
        (GeneratorConfig(multi_scale_emotion=True, head="composite", **TINY), "bottleneck", 5),
    ],
)
def test_where_the_emotion_joins_is_read_from_shapes(config, joins, n_film):
    wires = wiring(trace_generator(Generator(config)))
    assert (wires.joins, wires.n_film) == (joins, n_film)
    assert wires.face[0][1:] == wires.decoder[-1][1:] == (96, 96)
    assert wires.face[-1][1:] == wires.decoder[0][1:] == (1, 1)
    assert wires.output == (3, 96, 96)


def test_figure_one_has_a_box_for_every_block():
    grey = np.full((96, 96, 3), 0.5)
    pictures = {"masked": grey, "reference": grey, "output": grey, "mel": np.zeros((80, 16))}
    fig = architecture_figure(Generator(GeneratorConfig(**TINY)), pictures, "Figure 1")
    boxes = [p for p in fig.axes[0].patches if isinstance(p, Rectangle)]
    assert len(boxes) == 7 + 5 + 2 + 7 + 1  # face, audio sizes, emotion in and out, decoder, output
    assert len(fig.axes[0].child_axes) == 4
    assert fig.axes[0].get_title(loc="left") == "Figure 1" or fig.axes[0].get_title() == "Figure 1"


def test_side_by_side_names_each_with_its_size():
    nets = {name: Generator(GeneratorConfig(emotion=name, **TINY)) for name in ("END", "SEQ")}
    fig = side_by_side(nets)
    titles = [ax.get_title() + ax.get_title(loc="left") for ax in fig.axes]
    assert [title.split(":")[0] for title in titles] == ["END", "SEQ"]
    assert "580,891" in titles[1]


def test_cost_bars_show_shares():
    fig = cost_bars({"face encoder": (1_000_000, 3_000_000), "decoder": (3_000_000, 1_000_000)})
    texts = [text.get_text().strip() for ax in fig.axes for text in ax.texts]
    assert texts == ["1.0 (25%)", "3.0 (75%)", "3.0 (75%)", "1.0 (25%)"]


def test_loss_figures():
    parts = {"copy": {"l1": 0.1, "sync": 1.0, "perceptual": 2.0, "emotion": 3.0}}
    weights = {"l1": 0.5, "sync": 0.1, "perceptual": 0.01, "emotion": 0.001}
    fig = loss_shares(parts, weights, "eq. 5")
    assert fig.axes[0].texts[0].get_text().strip() == "0.173"
    curves = loss_curves({"a": [1.0, 0.5], "b": [1.0, 0.2]}, "L1", floor=0.3)
    assert len(curves.axes[0].lines) == 3


@pytest.mark.parametrize("config", [GeneratorConfig(**TINY), GeneratorConfig(**IMPROVED)])
def test_block_costs_leave_nothing_out(config):
    net = Generator(config)
    rows = trace_generator(net)
    costs = block_costs(rows)
    assert sum(n for n, _ in costs.values()) == sum(p.numel() for p in net.parameters())
    assert sum(macs for _, macs in costs.values()) == rows[-1].macs
    halved = block_costs(rows, n_frames=2)["decoder 6"]
    assert halved[1] == costs["decoder 6"][1] // 2


def test_reach_figures_count_pixels():
    moved = torch.zeros(96, 96)
    moved[3, 4:9] = 1e-9
    fig = reach_figure({"END": moved, "SEQ": moved + 1})
    titles = [ax.get_title() + ax.get_title(loc="left") for ax in fig.axes]
    assert titles == ["END: 5 pixels", "SEQ: 9216 pixels"]
