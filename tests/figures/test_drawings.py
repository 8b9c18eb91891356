"""Figures show the numbers that they are given."""

import numpy as np
import pytest
import torch

from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.figures import (
    ablation,
    clips,
    embeddings,
    feelings,
    metrics,
    scores,
    sheets,
    sound,
    style,
    sync,
)
from emolib.figures.anatomy import cost_bars, reach_figure
from emolib.figures.looking import heat_sheet, known_and_new
from emolib.figures.objective import loss_curves, loss_shares
from emolib.figures.training import drift, named_curves, schedules

rng = np.random.default_rng(0)
GREY = np.full((20, 20, 3), 90, np.uint8)
FACES, MEL = rng.uniform(0, 1, (5, 6, 96, 96)), rng.uniform(-4, 4, (80, 200))
WINDOW = {"faces": FACES, "target_frames": FACES[:, 3:]}
MOVED = torch.zeros(96, 96)
MOVED[3, 4:9] = 1e-9
COUNTS = np.diag([2, 2, 2, 2, 2, 0])
COUNTS[0, 5] = 2
SCORE = {"silhouette": 0.12, "purity": 0.5, "purity_by_chance": 0.16}
SCORES = {space: {"emotion": SCORE, "actor": SCORE} for space in ("pixels", "expression")}
DRAWN = {space: rng.standard_normal((24, 2)) for space in SCORES}
LABELS = {"emotion": [*EMOTIONS] * 4, "actor": ["9001", "9002"] * 12}
PARTS = {"copy": {"l1": 0.1, "sync": 1.0, "perceptual": 2.0, "emotion": 3.0}}
WEIGHTS = {"l1": 0.5, "sync": 0.1, "perceptual": 0.01, "emotion": 0.001}
WALK = np.linspace(np.eye(6)[4], np.eye(6)[3], 25)
POINT, ALONE = {"mean": 0.5, "low": 0.4, "high": 0.6}, {"mean": 0.3, "low": None, "high": None}
CURVE = {"falls": ([0, 100], [1.2, 0.7])}
OFFSETS = list(range(-4, 5))


@pytest.mark.parametrize(
    ("draw", "given", "n_axes", "says"),
    [
        (clips.masked_input_figure, [{"half": FACES, "full": FACES}], 15, "half mask"),
        (clips.augmented_figure, [[WINDOW, WINDOW]], 6, "draw 2"),
        (clips.pasted_figure, [GREY, {"hard": GREY, "soft": GREY}], 4, "difference ×6"),
        (clips.series, [{"a": MEL[0], "b": MEL[1]}], 1, "b"),
        (clips.share_bars, [{"x": {"p": 0.5, "q": 1.0}}], 1, "50%"),
        (sound.stages, [{"a": MEL, "b": MEL}], 4, "b"),  # each with its colour bar
        (sound.sync_pair, [FACES[:, :3], MEL[:, :16], "in sync"], 6, "in sync"),
        (sound.mel_with_windows, [MEL, 20, {"centred": 57}], 1, "centred"),
        (sound.frame_and_window, [GREY, MEL, 20, {"centred": 57}], 2, "frame 20"),
        (sound.waveform, [MEL[0], ["k"], np.array([[0.01, 0.03]])], 1, "k"),
        (metrics.by_sample_size, [[10, 20], {"a": np.ones((2, 3))}, "n", "d"], 1, "20"),
        (metrics.courses, [{"truth": np.arange(9)}, np.arange(9) == 4, "gap"], 1, "gap"),
        (metrics.scored_pictures, [{"a": GREY}, {"a": {"PSNR": 3.14159}}], 1, "PSNR 3.14"),
        (metrics.map_of_ways, [{"generated": [(0.5, 0.6)]}], 1, "generated"),
        (ablation.bars, [{"SEQ": 0.25}, "share"], 1, "0.25"),
        (ablation.maps, [{"PLDA": np.eye(8), "truth": np.eye(8)}], 2, "PL + DA"),
        (scores.confusions, [{"judge": COUNTS}], 1, "judge: 83%"),
        (embeddings.space_panels, [DRAWN, LABELS, SCORES], 4, "happiness"),
        (embeddings.score_bars, [SCORES], 1, "0.50"),
        (embeddings.many_panels, [DRAWN, LABELS["emotion"]], 2, "sadness"),
        (embeddings.one_panel, [DRAWN["pixels"], LABELS["actor"], "one"], 1, "9002"),
        (reach_figure, [{"END": MOVED, "SEQ": MOVED + 1}], 2, "END: 5 pixels"),
        (cost_bars, [{"face encoder": (1e6, 3e6), "decoder": (3e6, 1e6)}], 2, "1.0 (25%)"),
        (loss_shares, [PARTS, WEIGHTS, "eq. 5"], 1, "0.173"),
        (loss_curves, [{"a": [1.0, 0.5]}, "L1", 0.3], 1, "copying the reference"),
        (drift, [[0, 5], {"true": [0.6, 0.5]}, 0.3, "cosine"], 1, "border"),
        (schedules, [CURVE, {"ramp": ([0, 100], [0, 0.02])}, 0.75], 2, "threshold 0.75"),
        (known_and_new, [{"24": {"known": POINT, "new": ALONE}}], 1, "24 people"),
        (sync.cosine_table, [np.eye(2)], 2, "cosine"),
        (sync.loss_curve, [{"a": np.array([0.8, 0.5])}], 1, "log 2"),
        (sync.offset_curves, [OFFSETS, [-abs(d - 2) for d in OFFSETS]], 1, "+2"),
        (sync.which_sound, [FACES[:, :3], {"A": MEL[:, :16], "B": MEL[:, :16]}], 7, "B"),
        (feelings.by_strength, [[0, 1], {"change": {"FEA": [0, 1]}}], 1, "fear"),
        (feelings.walk, [WALK, [GREY] * 3, [0, 12, 24]], 2, "happiness"),
        (feelings.cross_fade, [{"a": GREY, "b": GREY}, GREY[..., 0]], 4, "grey levels"),
        (feelings.plans, [{"steady": np.arange(6), "jumps": np.arange(6) % 3}], 2, "jumps"),
        (feelings.gap, [np.ones(20), [(3, 9), (12, 20)]], 1, "no face"),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_a_figure_says_what_it_is_given(draw, given, n_axes, says, texts):
    fig = draw(*given, **({"title": "t"} if draw is clips.share_bars else {}))
    assert len(fig.axes) == n_axes
    assert says in texts(fig)
    fig.canvas.draw()


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


def test_confusions_are_shares_of_the_row():
    shown = scores.confusions({"judge": COUNTS}).axes[0].images[0].get_array()
    assert shown[0].tolist() == [50, 0, 0, 0, 0, 50]
    assert shown[5].tolist() == [0] * 6  # no clip of it: nothing shown, nothing divided by zero


def test_the_grid_shows_every_face_where_it_belongs():
    rows = {n: np.zeros((2, 6, 8, 8, 3), np.uint8) for n in ("source", "truth", "PLDA")}
    rows["PLDA"][1, 3] = 255  # happiness of the second person
    fig, gap = ablation.emotion_grid(rows), ablation.GAP_PX
    sheet = fig.axes[0].images[0].get_array()
    assert sheet.shape == (24, 2 * 48 + gap, 3)
    left = 48 + gap + 24
    assert (sheet[16:, left : left + 8] == 255).all()
    assert (sheet[:, 48 : 48 + gap] == 255).all()
    assert (sheet == 255).sum() == 3 * (64 + 24 * gap)


def test_gaps_have_the_colour_of_their_verdict_and_may_lack_an_interval():
    gaps = {"x": POINT | {"verdict": "better"}, "y": ALONE | {"verdict": "cannot tell"}}
    fig = ablation.forest([{"step": "A → B", "gaps": gaps}], {"x": "X ↑", "y": "Y"})
    colours = [[line.get_color() for line in ax.lines[1:]] for ax in fig.axes]
    assert colours == [[ablation.BETTER] * 2, [ablation.UNCLEAR]]


def test_more_people_narrow_the_histogram(texts):
    people = np.repeat(np.arange(10), 6)
    gaps = 0.2 + np.random.default_rng(0).normal(0, 0.3, 10)[people]

    def width(n):
        fig = ablation.gap_histogram(gaps, people, n, "gain")
        low, high = " ".join(texts(fig)).split("[")[1].split("]")[0].split(", ")
        return float(high) - float(low)

    assert width(1) > width(4) > width(20) > 0


def test_points_carry_their_colours_levels_and_numbers(texts):
    fig = embeddings.space_panels(DRAWN, LABELS, SCORES, levels=["LO", "HI"] * 12)
    assert any("purity 50% (chance 16%)" in text for text in texts(fig))
    sizes = {float(s) for c in fig.axes[0].collections for s in c.get_sizes()}
    assert sizes == {12.0, 46.0}


def test_yes_is_right_at_zero_and_wrong_elsewhere():
    ax = sync.right_by_offset([-3, 0, 3], {"windows": [0.25, 0.75, 0.0]}).axes[0]
    points = {x: y for line in ax.lines[:4] for x, y in zip(*line.get_data(), strict=True)}
    assert points == {-3: 0.75, 0: 0.75, 3: 1.0}


def test_the_least_distance_and_the_lower_half_are_shown():
    offsets = 15 - np.arange(31)
    fig = metrics.lse_curves({"late": np.abs(offsets - 4.0)}, offsets)
    assert fig.axes[0].lines[1].get_xdata()[0] == 4
    frames = np.zeros((5, 3, 96, 96), np.float32)
    frames[:, 0, 48:] = 1
    lips = sync.which_sound(frames, {"A": MEL[:, :16]}).axes[0].images[0].get_array()
    assert (lips[..., 0] == 1).all()
    assert not clips.difference(GREY, GREY).any()


def test_curves_are_named_at_their_ends_and_empty_ones_left_out():
    curves = {"a": ([0, 10], [1.0, 2.0]), "b": ([0, 20], [0.0, 2.01]), "c": ([], [])}
    ax = named_curves(curves, "step", "gain", floor=0.0).axes[0]
    names = {text.get_text().strip(): text.get_position()[1] for text in ax.texts}
    assert set(names) == {"a", "b", "copying the reference"}
    assert names["a"] == 2.0 and names["b"] > 2.1  # moved off the other label
    assert ax.get_xlim()[1] == pytest.approx(26)
    assert not named_curves({}, "step", "gain").axes[0].lines


def test_a_column_for_each_face_with_its_heat_below():
    heats = [np.eye(7), -np.eye(7), np.ones((96, 96))]
    fig = heat_sheet(FACES[:3, :3].transpose(0, 2, 3, 1), heats, ["a", "b", "c"])
    left, _, right = (ax.images[1] for ax in fig.axes[3:])
    assert left.get_extent() == [6, 90, 90, 6]  # squares of 24 px: centres from 12 to 84, ± 6
    assert right.get_extent() == [0, 96, 96, 0]
    assert fig.axes[4].images[1].get_array().max() == 0  # what speaks against stays grey


@pytest.mark.parametrize("n", [1, 3])
def test_a_triangle_has_a_picture_for_every_mixture(n):
    parts = [(a, b, n - a - b) for a in range(n + 1) for b in range(n + 1 - a)]
    (ax,) = feelings.triangle(("ANG", "SAD", "HAP"), dict.fromkeys(parts, GREY)).axes
    centres = {tuple(np.round(np.reshape(i.get_extent(), (2, 2)).mean(1), 6)) for i in ax.images}
    assert len(centres) == len(parts) == (n + 1) * (n + 2) // 2
    assert [text.get_text() for text in ax.texts] == [NAMES[c] for c in ("ANG", "SAD", "HAP")]


def test_jumps_and_ends_are_drawn():
    values = {"FEA": np.array([0.0, 1.0, 4.0])}
    line, straight = feelings.by_strength([0, 0.5, 1], {"change": values}).axes[0].get_lines()
    assert line.get_color() == COLOURS["FEA"] and straight.get_ydata().tolist() == [0.0, 4.0]
    fig = feelings.plans({"steady": np.arange(6), "jumps": np.arange(6) % 3, "one": np.zeros(1)})
    assert [len(ax.get_lines()) for ax in fig.axes] == [1, 2, 1]


def test_a_sheet_has_a_cell_for_each_picture():
    frames = [np.full((9, 12, 3), i, np.uint8) for i in range(11)]
    rows = [sheets.every_nth(frames), sheets.every_nth(frames, most=2)]
    fig = sheets.contact_sheet(rows, ["a", "b"], ["0", "5", "10"])
    assert [len(ax.images) for ax in fig.axes] == [1, 1, 1, 1, 1, 0]
    style.caption(fig, "frames", corpus="made here", profile="tiny")
    assert "corpus: made here" in fig._supxlabel.get_text()
