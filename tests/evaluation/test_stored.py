"""Stored evaluations are found, ordered, and compared clip by clip."""

import json

import numpy as np
import pytest
from scipy import stats
from small_world import a_result

from emolib.base.errors import ConfigError
from emolib.evaluation import stored
from emolib.evaluation.intervals import scale_interval

ACTORS = [str(actor) for actor in (1, 1, 2, 2, 3, 3)]


def evaluation(method, values, named=None, **numbers):
    return a_result(
        method, ACTORS, {"psnr_db": list(values)}, {"judge": named or ["HAP"] * 6}, **numbers
    )


@pytest.fixture
def shelf(tmp_path):
    files = {
        "ablation_improved": evaluation("IMPROVED (weights.sync=0)", [1] * 6),
        "ablation_end": evaluation("END", [1] * 6),
        "ablation_wav2lip": evaluation("WAV2LIP", [1] * 6),
        "mine": evaluation("IMPROVED", [1] * 6),
        "kind": evaluation("END", [1] * 6, sources="same_emotion"),
        "nb05_two_heads": evaluation("A", [1] * 6) | {"numbers": {}},
        "made_from": {"what": "is no result"},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_evaluations_are_found_among_other_files_in_the_papers_order(shelf):
    found = stored.load_evaluations(shelf)
    assert list(found) == ["ablation_wav2lip", "ablation_end", "ablation_improved", "mine"]
    assert list(stored.load_evaluations(shelf, sources="same_emotion")) == ["kind"]
    assert list(stored.ablation(shelf)) == ["WAV2LIP", "END", "IMPROVED"]
    assert stored.recipe_of(found["ablation_improved"]) == "IMPROVED"
    assert stored.load_evaluations(shelf / "nowhere") == {}


def test_a_difference_on_the_same_clips_is_sharper_than_its_sides():
    rng = np.random.default_rng(0)
    base = np.repeat(rng.normal(25, 4, 3), 2)
    ours = evaluation("A", base + 1 + rng.normal(0, 0.1, 6))
    theirs = evaluation("B", base)
    gap = stored.difference(ours, theirs, "psnr_db")
    assert gap.mean == pytest.approx(1, abs=0.15)
    assert 0.7 < gap.low < gap.high < 1.3
    assert (gap.n, gap.actors) == (6, 3)
    named = ["HAP", "SAD"] * 3
    points = stored.difference(evaluation("A", base, named), theirs, "emoacc/judge")
    assert points.mean == -0.5


def test_frechet_distances_are_compared_with_the_same_people_left_out():
    def of(mean, left):
        rows = {"generated": {"frechet": {"mean": mean}}}
        return evaluation("A", [1] * 6, rows=rows, left_out={"frechet": left})

    base = {"1": 9.0, "2": 11.0, "3": 10.0}
    ours = of(8.0, {actor: value - 2 for actor, value in base.items()})
    gap = stored.difference(ours, of(10.0, base), "frechet")
    assert (gap.mean, gap.low, gap.high) == (-2, -2, -2)  # though people differ by more
    wide = stored.difference(of(8.0, {"1": 9.0, "2": 7.0, "3": 8.0}), of(10.0, base), "frechet")
    assert wide.low < -10 and wide.high > 5
    with pytest.raises(ConfigError, match="same clips"):
        stored.difference(ours, evaluation("B", [1] * 6), "frechet")


def test_a_clip_without_the_metric_or_from_another_source_is_not_compared():
    some = evaluation("A", [1, None, 1, 1, 1, 1])
    assert stored.difference(some, evaluation("B", [0] * 6), "psnr_db").n == 5
    with pytest.raises(ConfigError, match="no clip in common"):
        stored.difference(some, some, "lips")
    other = evaluation("B", [0] * 6)
    other["numbers"]["clips"]["source"] = ["another"] * 6
    with pytest.raises(ConfigError, match="other sources"):
        stored.difference(some, other, "psnr_db")


PEOPLE = {  # shares of the answers 0 … 5
    "pleased": (0.01, 0.02, 0.07, 0.2, 0.4, 0.3),
    "mixed": (0.05, 0.1, 0.2, 0.3, 0.25, 0.1),
    "delighted": (0.01, 0.01, 0.02, 0.06, 0.2, 0.7),
    "divided": (0.2, 0.1, 0.05, 0.1, 0.2, 0.35),
}


def coverage(shares, n, **options):
    rng = np.random.default_rng(0)
    truth = np.dot(shares, range(6))
    draws = rng.choice(6, (400, n), p=shares)
    intervals = [scale_interval(answers, **options) for answers in draws]
    return np.mean([interval.low <= truth <= interval.high for interval in intervals])


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("n", [3, 8, 25])
def test_the_truth_lies_inside_about_as_often_as_claimed(name, n):
    assert coverage(PEOPLE[name], n) >= 0.92


def test_without_imaginary_answers_it_is_student_s_t_and_too_sure():
    answers = np.array([1, 3, 2, 4, 3, 2, 2, 3])
    low, high = stats.t.interval(0.95, 7, answers.mean(), stats.sem(answers))
    plain = scale_interval(answers, edge_weight=0)
    assert (plain.low, plain.high) == pytest.approx((low, high))
    assert coverage(PEOPLE["delighted"], 3, edge_weight=0) < 0.8


@pytest.mark.parametrize("n", [2, 3, 10, 200])
@pytest.mark.parametrize("answer", [0, 4, 5])
def test_agreement_is_no_certainty(n, answer):
    told = scale_interval([answer] * n)
    assert 0 <= told.low <= told.mean == answer <= told.high <= 5
    assert told.high - told.low > 2 / (n + 1)


def test_one_answer_could_be_anything():
    told = scale_interval([4])
    assert (told.mean, told.low, told.high, told.n) == (4, 0, 5, 1)


@pytest.mark.parametrize("wrong", [[], [6], [-1, 3], [[1, 2], [3, 4]], [np.nan]])
def test_what_is_no_answer_is_refused(wrong):
    with pytest.raises(ConfigError):
        scale_interval(wrong)
