"""What an ingredient buys: signs, verdicts and sentences follow the numbers."""

import numpy as np
import pytest
from small_world import a_result

from emolib.base.emotions import EMOTIONS
from emolib.evaluation import ingredients
from emolib.evaluation.ingredients import against_paper, gaps_of, sentences, steps, verdict
from emolib.evaluation.intervals import Interval


def evaluation(recipe, *, accuracy=0.5, lse_d=8.0, flicker=1.0, seed=0, n_actors=8):
    """Six clips each of some people who differ."""
    rng = np.random.default_rng(1)  # people and clips are the same for all methods
    actors = np.repeat([str(9001 + k) for k in range(n_actors)], 6)
    level = rng.normal(0, 1, n_actors).repeat(6)
    own = np.random.default_rng(seed)
    emotion = list(EMOTIONS) * n_actors
    right = np.zeros(len(actors), bool)
    right[: round(accuracy * len(actors))] = True
    right = own.permutation(right)
    wrong = [EMOTIONS[(EMOTIONS.index(e) + 1) % 6] for e in emotion]
    named = np.where(right, emotion, wrong).tolist()
    columns = {
        "lse_d_expert": lse_d + level + own.normal(0, 0.05, len(actors)),
        "flicker": flicker + own.normal(0, 0.02, len(actors)),
    }
    row = {"low": 0.0, "high": 1.0, "n": len(actors)}
    means = {name: row | {"mean": float(v.mean())} for name, v in columns.items()}
    columns = {name: values.tolist() for name, values in columns.items()}
    rows = {"generated": means, "truth": means, "copy": {}}
    return a_result(recipe, actors, columns, {"classifier": named}, emotion, rows=rows)


@pytest.fixture
def results():
    return {
        "END": evaluation("END", accuracy=0.2, lse_d=8.0, seed=1),
        "SEQ": evaluation("SEQ", accuracy=0.9, lse_d=8.4, seed=2),
        "PLDA": evaluation("PLDA", accuracy=0.9, lse_d=8.4, seed=3),
    }


def test_gaps_are_seen_through_people_who_differ_more(results):
    better = {"lse_d_expert": -1, "emoacc/classifier": 1, "psnr_db": 1}
    gaps = gaps_of(results["SEQ"], results["END"], better)
    assert set(gaps) == {"lse_d_expert", "emoacc/classifier"}  # PSNR was not measured
    gap = gaps["lse_d_expert"]
    assert gap["mean"] == pytest.approx(0.4, abs=0.05)
    assert 0 < gap["low"] < 0.4 < gap["high"]  # people alone vary by ± 1
    assert gap["verdict"] == "worse"  # a distance: less is better
    assert gaps["emoacc/classifier"]["verdict"] == "better"
    same = gaps_of(results["PLDA"], results["SEQ"], better)
    assert same["lse_d_expert"]["verdict"] == "cannot tell"


@pytest.mark.parametrize(
    ("low", "high", "good", "said"),
    [
        (1, 2, 1, "better"),
        (1, 2, -1, "worse"),
        (-2, -1, -1, "better"),
        (-1, 1, 1, "cannot tell"),
        (1, 2, 0, "higher"),
        (-2, -1, 0, "lower"),
        (-1, 1, 0, "cannot tell"),
    ],
)
def test_a_verdict_needs_an_interval_without_zero(low, high, good, said):
    assert verdict(Interval(0.5, low, high, 9), good) == said
    assert verdict(Interval(0.5, None, None, 9), good) == "cannot tell"


def test_only_steps_with_both_ends_are_compared(results):
    rows = steps(results)
    assert [row["step"] for row in rows] == ["END → SEQ", "SEQ → PLDA"]
    assert steps({"PRE": results["END"]}) == []


def test_the_papers_directions_are_repeated_opposed_or_left_open(results):
    held = {(c["step"], c["metric"]): c["held"] for c in against_paper(steps(results))}
    assert held["END → SEQ", "emoacc/classifier"] == "repeated"  # the paper: 21 % to 72 %
    assert held["END → SEQ", "lse_d_expert"] == "opposite"  # the paper: SEQ is nearer
    assert held["SEQ → PLDA", "lse_d_expert"] == "undecided"
    assert not any(metric == "flicker" for _, metric in held)  # the paper has no number


def test_sentences_follow_the_numbers(results):
    rows = steps(results)
    told = sentences(rows, against_paper(rows))
    assert len(told) == len(rows) + 1
    assert "better in EmoAcc (classifier)" in told[0]
    assert "worse in LSE-D (expert)" in told[0]
    assert "1 are repeated here, 1 come out the other way" in told[-1]
    swapped = {"END": results["SEQ"], "SEQ": results["END"]}
    assert "worse in EmoAcc (classifier)" in sentences(steps(swapped), [])[0]


def test_the_table_names_truth_and_source_once(results):
    table = ingredients.table(results)
    assert list(table.index) == ["END", "SEQ", "PLDA", "truth", "source given back"]
    assert table.loc["END", "steps"] == "9,000"
    assert "[0.00, 1.00]" in table.loc["SEQ", "flicker (1 = truth) ·"]
