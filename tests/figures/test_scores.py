"""Figure 4 and the figures of notebook 08 show what they are given."""

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.figures import metrics, scores


def title_of(ax):
    return ax.get_title(loc="left") or ax.get_title()


def evaluation(right):
    """Two actors, every emotion once each; `right` emotions are recognised."""
    emotion = [code for code in EMOTIONS for _ in range(2)]
    named = [code if code in right else "NEU" for code in emotion]
    share = {code: float(code in right) for code in EMOTIONS}
    judged = {
        row: {"judge": {"per_emotion": share, "confusion": np.eye(6).tolist()}}
        for row in ("generated", "truth", "copy")
    }
    clips = {"emotion": emotion, "actor": ["1", "2"] * 6, "named": {"generated": {"judge": named}}}
    return {"numbers": {"emotions": judged, "clips": clips}}


def test_a_bar_an_emotion_in_its_place_for_every_method_and_judge():
    fig = scores.emotion_accuracy({"A": evaluation(EMOTIONS[:2]), "B": evaluation(EMOTIONS)})
    upper, lower = fig.axes
    assert [bar.get_height() for bar in upper.patches] == [100, 100, 0, 0, 100, 0]
    assert [bar.get_height() for bar in lower.patches] == [100] * 6
    assert title_of(upper) == "judge: judge"
    assert lower.get_ylabel().startswith("B")


def test_confusions_are_shares_of_the_row():
    counts = np.diag([2, 2, 2, 2, 2, 0])
    counts[0, 5] = 2
    fig = scores.confusions({"judge": counts})
    shown = fig.axes[0].images[0].get_array()
    assert shown[0].tolist() == [50, 0, 0, 0, 0, 50]
    assert shown[5].tolist() == [0] * 6  # no clip of it: nothing shown, nothing divided by zero
    assert title_of(fig.axes[0]) == "judge: 83%"


def test_curves_and_courses():
    offsets = 15 - np.arange(31)
    curve = np.abs(offsets - 4.0)
    fig = metrics.lse_curves({"late": curve}, offsets)
    assert fig.axes[0].lines[1].get_xdata()[0] == 4
    marked = np.arange(9) == 4
    fig = metrics.courses({"truth": np.arange(9)}, marked, "gap")
    assert len(fig.axes[0].patches) == 1
    fig = metrics.by_sample_size([10, 20], {"a": np.ones((2, 3))}, "n", "d")
    assert fig.axes[0].lines[0].get_ydata().tolist() == [1, 1]


def test_pictures_with_scores():
    grey = np.full((8, 8, 3), 9, np.uint8)
    fig = metrics.scored_pictures({"a": grey, "b": grey}, {k: {"PSNR": 3.14159} for k in "ab"})
    assert fig.axes[1].get_xlabel() == "PSNR 3.14"
    fig = metrics.map_of_ways({"generated": [(0.5, 0.6)]})
    assert fig.axes[0].lines[1].get_xydata().tolist() == [[0.5, 0.6]]
