"""The drawing follows the network: other wiring, other picture."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from emolib.figures.anatomy import block_costs, cost_bars, reach_figure
from emolib.figures.architecture import architecture_figure, trace_generator, wiring
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


def test_figure_one_has_a_box_for_every_block(texts):
    grey = np.full((96, 96, 3), 0.5)
    pictures = {"masked": grey, "reference": grey, "output": grey, "mel": np.zeros((80, 16))}
    fig = architecture_figure(Generator(GeneratorConfig(**TINY)), pictures, "Figure 1")
    boxes = [p for p in fig.axes[0].patches if isinstance(p, Rectangle)]
    assert len(boxes) == 7 + 5 + 2 + 7 + 1  # face, audio sizes, emotion in and out, decoder, output
    assert len(fig.axes[0].child_axes) == 4
    assert "Figure 1" in texts(fig)


@pytest.mark.parametrize("config", [GeneratorConfig(**TINY), GeneratorConfig(**IMPROVED)])
def test_block_costs_leave_nothing_out(config):
    net = Generator(config)
    rows = trace_generator(net)
    costs = block_costs(rows)
    assert sum(n for n, _ in costs.values()) == sum(p.numel() for p in net.parameters())
    assert sum(macs for _, macs in costs.values()) == rows[-1].macs
    halved = block_costs(rows, n_frames=2)["decoder 6"]
    assert halved[1] == costs["decoder 6"][1] // 2


def test_reach_and_costs_are_counted(texts):
    moved = torch.zeros(96, 96)
    moved[3, 4:9] = 1e-9
    assert texts(reach_figure({"END": moved, "SEQ": moved + 1})) == [
        "END: 5 pixels",
        "SEQ: 9216 pixels",
    ]
    fig = cost_bars({"face encoder": (1_000_000, 3_000_000), "decoder": (3_000_000, 1_000_000)})
    shown = [text for text in texts(fig) if "%" in text]
    assert shown == ["1.0 (25%)", "3.0 (75%)", "3.0 (75%)", "1.0 (25%)"]
