"""Figures of weaker, mixed and walking emotions hold what they are given."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from emolib.base.emotions import COLOURS, NAMES
from emolib.figures import feelings

PICTURE = np.full((20, 20, 3), 90, np.uint8)


def test_lines_have_the_emotions_colours():
    values = {"FEA": np.array([0.0, 1.0, 4.0]), "HAP": np.array([0.0, 0.5, 1.0])}
    fig = feelings.by_strength([0, 0.5, 1], {"change": values, "certainty": values})
    titles = [ax.get_title() or ax.get_title(loc="left") for ax in fig.axes]  # either style
    assert titles == ["change", "certainty"]
    drawn = fig.axes[0].get_lines()
    assert [line.get_color() for line in drawn[::2]] == [COLOURS["FEA"], COLOURS["HAP"]]
    assert drawn[1].get_ydata().tolist() == [0.0, 4.0]


@pytest.mark.parametrize("n", [1, 3])
def test_a_triangle_has_a_picture_for_every_mixture(n):
    parts = [(a, b, n - a - b) for a in range(n + 1) for b in range(n + 1 - a)]
    fig = feelings.triangle(("ANG", "SAD", "HAP"), dict.fromkeys(parts, PICTURE))
    (ax,) = fig.axes
    centres = {tuple(np.round(np.reshape(i.get_extent(), (2, 2)).mean(1), 6)) for i in ax.images}
    assert len(centres) == len(parts) == (n + 1) * (n + 2) // 2
    assert [text.get_text() for text in ax.texts] == [NAMES[c] for c in ("ANG", "SAD", "HAP")]
    assert len(ax.patches) == 3


def test_a_walk_shows_weights_and_pictures():
    weights = np.zeros((25, 6))
    weights[:, 4] = np.linspace(1, 0, 25)
    weights[:, 3] = 1 - weights[:, 4]
    fig = feelings.walk(weights, [PICTURE] * 3, [0, 12, 24])
    assert len([ax for ax in fig.findobj(plt.Axes) if ax.images]) == 3
    words = {text.get_text().strip() for text in fig.axes[1].texts}
    assert words == {"neutral", "happiness"}


def test_fades_jumps_and_gaps():
    fig = feelings.cross_fade({"a": PICTURE, "b": PICTURE}, np.arange(400.0).reshape(20, 20))
    assert fig.axes[2].images[0].get_array().max() == 399
    fig = feelings.plans({"steady": np.arange(6), "jumps": np.arange(6) % 3, "one": np.zeros(1)})
    assert [len(ax.get_lines()) for ax in fig.axes] == [1, 2, 1]
    fig = feelings.gap(np.ones(20), [(3, 9), (12, 20)])
    assert [text.get_text() for text in fig.axes[0].texts] == ["no face"] * 2
    assert not feelings.gap(np.ones(20), []).axes[0].texts
