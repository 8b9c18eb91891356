"""Figures of scores, differences, points and curves show the numbers that they are given."""

import numpy as np
import pytest

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.figures import ablation, embeddings, metrics, scores, sync
from emolib.figures.looking import heat_sheet, known_and_new
from emolib.figures.objective import loss_curves, loss_shares
from emolib.figures.training import _apart, drift, named_curves, schedules

GREY = np.full((8, 8, 3), 9, np.uint8)


def evaluation(right):
    """Two actors, every emotion once each; `right` emotions are recognised."""
    emotion = [code for code in EMOTIONS for _ in range(2)]
    named = [code if code in right else "NEU" for code in emotion]
    share = {code: float(code in right) for code in EMOTIONS}
    judged = {row: {"judge": {"per_emotion": share}} for row in ("generated", "truth", "copy")}
    clips = {"emotion": emotion, "actor": ["1", "2"] * 6, "named": {"generated": {"judge": named}}}
    return {"numbers": {"emotions": judged, "clips": clips}}


def test_a_bar_an_emotion_in_its_place_for_every_method_and_judge(texts):
    fig = scores.emotion_accuracy({"A": evaluation(EMOTIONS[:2]), "B": evaluation(EMOTIONS)})
    upper, lower = fig.axes
    assert [bar.get_height() for bar in upper.patches[:6]] == [100, 100, 0, 0, 100, 0]
    assert [bar.get_height() for bar in lower.patches[:6]] == [100] * 6
    assert "judge: judge" in texts(upper)
    assert lower.get_ylabel().startswith("B")


def test_confusions_are_shares_of_the_row(texts):
    counts = np.diag([2, 2, 2, 2, 2, 0])
    counts[0, 5] = 2
    fig = scores.confusions({"judge": counts})
    shown = fig.axes[0].images[0].get_array()
    assert shown[0].tolist() == [50, 0, 0, 0, 0, 50]
    assert shown[5].tolist() == [0] * 6  # no clip of it: nothing shown, nothing divided by zero
    assert "judge: 83%" in texts(fig)


def test_metrics_of_a_clip():
    offsets = 15 - np.arange(31)
    fig = metrics.lse_curves({"late": np.abs(offsets - 4.0)}, offsets)
    assert fig.axes[0].lines[1].get_xdata()[0] == 4
    fig = metrics.courses({"truth": np.arange(9)}, np.arange(9) == 4, "gap")
    assert len(fig.axes[0].patches) == 1
    fig = metrics.by_sample_size([10, 20], {"a": np.ones((2, 3))}, "n", "d")
    assert fig.axes[0].lines[0].get_ydata().tolist() == [1, 1]
    fig = metrics.scored_pictures({"a": GREY, "b": GREY}, {k: {"PSNR": 3.14159} for k in "ab"})
    assert fig.axes[1].get_xlabel() == "PSNR 3.14"
    fig = metrics.map_of_ways({"generated": [(0.5, 0.6)]})
    assert fig.axes[0].lines[1].get_xydata().tolist() == [[0.5, 0.6]]


def test_the_grid_shows_every_face_where_it_belongs(texts):
    rows = {n: np.zeros((2, 6, 8, 8, 3), np.uint8) for n in ("source", "truth", "PLDA")}
    rows["PLDA"][1, 3] = 255  # happiness of the second person
    fig, gap = ablation.emotion_grid(rows), ablation.GAP_PX
    sheet = fig.axes[0].images[0].get_array()
    assert sheet.shape == (24, 2 * 48 + gap, 3)
    left = 48 + gap + 24
    assert (sheet[16:, left : left + 8] == 255).all()
    assert (sheet[:, 48 : 48 + gap] == 255).all()
    assert (sheet == 255).sum() == 3 * (64 + 24 * gap)
    assert "PL + DA" in texts(fig)
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()].count("happiness") == 2


def test_gaps_have_the_colour_of_their_verdict_and_may_lack_an_interval(texts):
    gap = {"mean": 1.0, "low": 0.5, "high": 1.5, "verdict": "better"}
    alone = {"mean": -1.0, "low": None, "high": None, "verdict": "cannot tell"}
    rows = [{"step": "A → B", "gaps": {"x": gap, "y": alone}}]
    fig = ablation.forest(rows, {"x": "X ↑", "y": "Y"}, chance={"x": 2.0, "y": None})
    bands = [[patch.get_bbox().intervalx.tolist() for patch in ax.patches] for ax in fig.axes]
    assert bands == [[[-2.0, 2.0]], []]
    colours = [[line.get_color() for line in ax.lines[1:]] for ax in fig.axes]
    assert colours == [[ablation.BETTER] * 2, [ablation.UNCLEAR]]
    assert "A → B" in texts(fig)


def test_bars_and_maps_are_labelled(texts):
    assert "0.25" in texts(ablation.bars({"SEQ": 0.25}, "share", mark=("truth", 1.0)))
    fig = ablation.maps({"PLDA": np.eye(8, dtype=np.float16), "truth": np.eye(8)})
    assert [ax.get_title(loc="center") for ax in fig.axes] == ["PL + DA", "truth"]


def test_more_people_narrow_the_histogram(texts):
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(10), 6)
    gaps = 0.2 + rng.normal(0, 0.3, 10)[people]

    def width(n):
        fig = ablation.gap_histogram(gaps, people, n, "gain")
        low, high = " ".join(texts(fig)).split("[")[1].split("]")[0].split(", ")
        return float(high) - float(low)

    assert width(1) > width(4) > width(20) > 0


def test_points_carry_their_colours_levels_and_numbers(texts):
    rng = np.random.default_rng(0)
    labels = list(EMOTIONS) * 4
    drawn = {s: rng.standard_normal((24, 2)) for s in ("pixels", "expression")}
    score = {"silhouette": 0.12, "purity": 0.5, "purity_by_chance": 0.16}
    scores = {s: {"emotion": score, "actor": score} for s in drawn}
    given = {"emotion": labels, "actor": ["9001", "9002"] * 12}
    fig = embeddings.space_panels(drawn, given, scores, levels=["LO", "HI"] * 12)
    assert len(fig.axes) == 4
    assert any("purity 50% (chance 16%)" in text for text in texts(fig))
    assert {NAMES[c] for c in EMOTIONS} <= set(texts(fig))
    sizes = {float(s) for c in fig.axes[0].collections for s in c.get_sizes()}
    assert sizes == {12.0, 46.0}
    assert len(embeddings.score_bars(scores).axes[0].patches) == 4
    assert len(embeddings.many_panels(drawn, labels).axes) == 2
    assert "one" in texts(embeddings.one_panel(drawn["pixels"], labels, "one"))


def test_the_peak_is_marked_where_the_mean_is_highest():
    offsets = list(range(-4, 5))
    mean = [-abs(d - 2) for d in offsets]
    ax = sync.offset_curves(offsets, mean, [np.array(mean) - 1], border=-2.5).axes[0]
    assert [text.get_text().strip() for text in ax.texts] == ["+2"]
    assert mean in [list(line.get_ydata()) for line in ax.lines]
    assert [line.get_ydata()[0] for line in ax.lines if list(line.get_xdata()) == [2]] == [0]


def test_yes_is_right_at_zero_and_wrong_elsewhere():
    ax = sync.right_by_offset([-3, 0, 3], {"windows": [0.25, 0.75, 0.0]}).axes[0]
    points = {x: y for line in ax.lines[:4] for x, y in zip(*line.get_data(), strict=True)}
    assert points == {-3: 0.75, 0: 0.75, 3: 1.0}


def test_cosines_mouths_and_sounds():
    image = sync.cosine_table(np.array([[0.5, -1.0], [0.0, 0.2]])).axes[0].images[0]
    assert image.get_clim() == (-1.0, 1.0)  # zero in the middle of its colours
    frames = np.zeros((5, 3, 96, 96), np.float32)
    frames[:, 0, 48:] = 1
    mels = {name: np.full((80, 16), value) for name, value in (("A", -4), ("B", 0), ("C", 4))}
    axes = sync.which_sound(frames, mels).axes
    assert len(axes) == 8
    assert (axes[0].images[0].get_array()[..., 0] == 1).all()  # the lower half alone
    assert [ax.get_title() for ax in axes[5:]] == ["A", "B", "C"]
    ax = sync.loss_curve({"a": np.array([0.8, 0.5])}, np.array([0, 100])).axes[0]
    assert list(ax.lines[0].get_xdata()) == [0, 100]
    assert ax.lines[1].get_ydata()[0] == pytest.approx(0.6931, abs=1e-4)


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
    assert not named_curves({}, "step", "gain").axes[0].lines
    assert _apart([1.0, 1.0, 5.0], 0, 10, share=0.1) == [1.0, 2.0, 5.0]
    fig = loss_curves({"a": [1.0, 0.5], "b": [1.0, 0.2]}, "L1", floor=0.3)
    assert len(fig.axes[0].lines) == 3


def test_terms_are_stacked_and_a_judge_drifts(texts):
    parts = {"copy": {"l1": 0.1, "sync": 1.0, "perceptual": 2.0, "emotion": 3.0}}
    weights = {"l1": 0.5, "sync": 0.1, "perceptual": 0.01, "emotion": 0.001}
    assert "0.173" in texts(loss_shares(parts, weights, "eq. 5"))
    answers = {"true": [0.6, 0.5, 0.4], "wrong": [0.1, 0.2, 0.3]}
    ax = drift([0, 5, 10], answers, 0.3, "cosine").axes[0]
    assert [line.get_label() for line in ax.lines[:2]] == ["true", "wrong"]
    assert ax.lines[2].get_ydata()[0] == 0.3


def test_a_column_for_each_face_with_its_heat_below():
    faces = [np.random.default_rng(i).random((96, 96, 3)) for i in range(3)]
    heats = [np.eye(7), -np.eye(7), np.ones((96, 96))]
    fig = heat_sheet(faces, heats, ["a", "b", "c"], colours=[*COLOURS.values()])
    assert len(fig.axes) == 6
    left, _, right = (ax.images[1] for ax in fig.axes[3:])
    assert left.get_extent() == [6, 90, 90, 6]  # squares of 24 px: centres from 12 to 84, ± 6
    assert right.get_extent() == [0, 96, 96, 0]
    assert fig.axes[4].images[1].get_array().max() == 0  # what speaks against stays grey


def test_intervals_are_drawn_where_there_are_any():
    point = {"mean": 0.5, "low": 0.4, "high": 0.6}
    alone = {"mean": 0.3, "low": None, "high": None}
    fig = known_and_new({"24": {"known": point, "new": point}, "6": {"known": point, "new": alone}})
    (ax,) = fig.axes
    assert [text.get_text() for text in ax.get_xticklabels()] == ["6 people", "24 people"]
    assert sum(list(line.get_ydata()) == [40.0, 60.0] for line in ax.lines) == 3
