"""Heat over faces and accuracy by number of people."""

import numpy as np
from matplotlib import pyplot as plt

from emolib.figures.looking import heat_sheet, known_and_new


def test_a_column_for_each_face_with_its_heat_below():
    faces = [np.random.default_rng(i).random((96, 96, 3)) for i in range(3)]
    heats = [np.eye(7), -np.eye(7), np.ones((96, 96))]
    fig = heat_sheet(faces, heats, ["a", "b", "c"])
    assert len(fig.axes) == 6
    left, _, right = (ax.images[1] for ax in fig.axes[3:])
    assert left.get_extent() == [6, 90, 90, 6]  # squares of 24 px: centres from 12 to 84, ± 6
    assert right.get_extent() == [0, 96, 96, 0]
    assert fig.axes[4].images[1].get_array().max() == 0  # what speaks against stays grey
    plt.close(fig)


def test_intervals_are_drawn_where_there_are_any():
    point = {"mean": 0.5, "low": 0.4, "high": 0.6}
    alone = {"mean": 0.3, "low": None, "high": None}
    fig = known_and_new({"24": {"known": point, "new": point}, "6": {"known": point, "new": alone}})
    (ax,) = fig.axes
    assert [text.get_text() for text in ax.get_xticklabels()] == ["6 people", "24 people"]
    spans = [line for line in ax.lines if list(line.get_ydata()) == [40.0, 60.0]]
    assert len(spans) == 3
    plt.close(fig)
