"""Figures of training: every curve is drawn and named, labels do not lie on each other."""

import pytest

from emolib.figures.training import _apart, drift, named_curves, schedules


def test_schedules_above_and_below():
    losses = {"falls": ([0, 100], [1.2, 0.7])}
    alphas = {"threshold": ([0, 100], [0, 0.03]), "ramp": ([0, 100], [0, 0.02])}
    top, bottom = schedules(losses, alphas, below=0.75).axes
    assert list(top.lines[0].get_ydata()) == [1.2, 0.7]
    levels = [line.get_ydata()[0] for line in top.lines[1:]]
    assert levels == [0.75, pytest.approx(0.6931, abs=1e-4)]
    assert [line.get_label() for line in bottom.lines] == ["threshold", "ramp"]


def test_curves_are_named_at_their_ends_and_empty_ones_left_out():
    curves = {"a": ([0, 10], [1.0, 2.0]), "b": ([0, 20], [0.0, 2.01]), "c": ([], [])}
    ax = named_curves(curves, "step", "gain", floor=0.0).axes[0]
    names = {text.get_text().strip(): text.get_position()[1] for text in ax.texts}
    assert set(names) == {"a", "b", "copying the reference"}
    assert names["a"] == 2.0 and names["b"] > 2.1  # moved off the other label
    assert ax.get_xlim()[1] == pytest.approx(26)


def test_no_run_at_all_is_an_empty_figure():
    assert not named_curves({}, "step", "gain").axes[0].lines


def test_labels_are_moved_apart_in_order():
    assert _apart([1.0, 1.0, 5.0], 0, 10, share=0.1) == [1.0, 2.0, 5.0]


def test_drift_draws_both_answers_and_the_border():
    ax = drift([0, 5, 10], {"true": [0.6, 0.5, 0.4], "wrong": [0.1, 0.2, 0.3]}, 0.3, "cosine").axes[
        0
    ]
    assert [line.get_label() for line in ax.lines[:2]] == ["true", "wrong"]
    assert ax.lines[2].get_ydata()[0] == 0.3
