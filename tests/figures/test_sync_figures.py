"""Figures of the sync expert draw the numbers that they are given."""

import numpy as np
import pytest

from emolib.figures.sync import (
    cosine_table,
    loss_curve,
    offset_curves,
    right_by_offset,
    which_sound,
)


def test_the_peak_is_marked_where_the_mean_is_highest():
    offsets = list(range(-4, 5))
    mean = [-abs(d - 2) for d in offsets]
    ax = offset_curves(offsets, mean, [np.array(mean) - 1], border=-2.5).axes[0]
    assert [text.get_text().strip() for text in ax.texts] == ["+2"]
    lines = [list(line.get_ydata()) for line in ax.lines]
    assert mean in lines
    assert [line.get_ydata()[0] for line in ax.lines if list(line.get_xdata()) == [2]] == [0]


def test_yes_is_right_at_zero_and_wrong_elsewhere():
    ax = right_by_offset([-3, 0, 3], {"windows": [0.25, 0.75, 0.0]}).axes[0]
    points = {x: y for line in ax.lines[:4] for x, y in zip(*line.get_data(), strict=True)}
    assert points == {-3: 0.75, 0: 0.75, 3: 1.0}


def test_a_table_of_cosines_has_zero_in_the_middle_of_its_colours():
    image = cosine_table(np.array([[0.5, -1.0], [0.0, 0.2]])).axes[0].images[0]
    assert image.get_clim() == (-1.0, 1.0)


def test_five_mouths_and_three_sounds():
    frames = np.zeros((5, 3, 96, 96), np.float32)
    frames[:, 0, 48:] = 1
    mels = {name: np.full((80, 16), value) for name, value in (("A", -4), ("B", 0), ("C", 4))}
    axes = which_sound(frames, mels).axes
    assert len(axes) == 8
    assert (axes[0].images[0].get_array()[..., 0] == 1).all()  # the lower half alone
    assert [ax.get_title() for ax in axes[5:]] == ["A", "B", "C"]


def test_the_plateau_is_drawn_beside_the_curve():
    ax = loss_curve({"a": np.array([0.8, 0.5])}, np.array([0, 100])).axes[0]
    assert list(ax.lines[0].get_xdata()) == [0, 100]
    assert ax.lines[1].get_ydata()[0] == pytest.approx(0.6931, abs=1e-4)
