"""Figures of notebooks 07 and 09: what is asked for is drawn, with its numbers."""

import matplotlib
import numpy as np

from emolib.base.emotions import EMOTIONS, NAMES
from emolib.figures import ablation, embeddings


def texts(fig):
    return " ".join(t.get_text() for t in fig.findobj(matplotlib.text.Text))


def test_the_grid_shows_every_face_where_it_belongs():
    rows = {n: np.zeros((2, 6, 8, 8, 3), np.uint8) for n in ("source", "truth", "PLDA")}
    rows["PLDA"][1, 3] = 255  # happiness of the second person
    fig = ablation.emotion_grid(rows)
    sheet = fig.axes[0].images[0].get_array()
    assert sheet.shape == (24, 2 * 48 + ablation.GAP_PX, 3)
    left = 48 + ablation.GAP_PX + 24
    assert (sheet[16:, left : left + 8] == 255).all()
    assert (sheet[:, 48 : 48 + ablation.GAP_PX] == 255).all()
    assert (sheet == 255).sum() == 3 * (64 + 24 * ablation.GAP_PX)
    assert "PL + DA" in texts(fig)
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()].count("happiness") == 2


def test_gaps_have_the_colour_of_their_verdict_and_may_lack_an_interval():
    gap = {"mean": 1.0, "low": 0.5, "high": 1.5, "verdict": "better"}
    alone = {"mean": -1.0, "low": None, "high": None, "verdict": "cannot tell"}
    fig = ablation.forest(
        [{"step": "A → B", "gaps": {"x": gap, "y": alone}}], {"x": "X ↑", "y": "Y"}
    )
    colours = [[line.get_color() for line in ax.lines[1:]] for ax in fig.axes]
    assert colours == [[ablation.BETTER] * 2, [ablation.UNCLEAR]]
    assert "A → B" in texts(fig)


def test_bars_and_maps_are_labelled():
    assert "0.25" in texts(ablation.bars({"SEQ": 0.25}, "share", mark=("truth", 1.0)))
    fig = ablation.maps({"PLDA": np.eye(8, dtype=np.float16), "truth": np.eye(8)})
    assert [ax.get_title(loc="center") for ax in fig.axes] == ["PL + DA", "truth"]


def test_more_people_narrow_the_histogram():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(10), 6)
    gaps = 0.2 + rng.normal(0, 0.3, 10)[people]

    def width(n):
        fig = ablation.gap_histogram(gaps, people, n, "gain")
        low, high = texts(fig).split("[")[1].split("]")[0].split(", ")
        return float(high) - float(low)

    assert width(1) > width(4) > width(20) > 0


def test_points_carry_their_colours_levels_and_numbers():
    rng = np.random.default_rng(0)
    labels = list(EMOTIONS) * 4
    drawn = {s: rng.standard_normal((24, 2)) for s in ("pixels", "expression")}
    score = {"silhouette": 0.12, "purity": 0.5, "purity_by_chance": 0.16}
    scores = {s: {"emotion": score, "actor": score} for s in drawn}
    given = {"emotion": labels, "actor": ["9001", "9002"] * 12}
    fig = embeddings.space_panels(drawn, given, scores, levels=["LO", "HI"] * 12)
    assert len(fig.axes) == 4
    assert "purity 50% (chance 16%)" in texts(fig)
    assert {NAMES[c] for c in EMOTIONS} <= {t.get_text() for t in fig.findobj(matplotlib.text.Text)}
    sizes = {float(s) for c in fig.axes[0].collections for s in c.get_sizes()}
    assert sizes == {12.0, 46.0}
    fig = embeddings.score_bars(scores)
    assert len(fig.axes[0].patches) == 4
    assert len(embeddings.many_panels(drawn, labels).axes) == 2
    assert "one" in texts(embeddings.one_panel(drawn["pixels"], labels, "one"))
