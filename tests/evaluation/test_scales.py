"""Intervals on a bounded scale: on the scale, around the mean, and as sure as they claim to be."""

import numpy as np
import pytest
from scipy import stats

from emolib.base.errors import ConfigError
from emolib.evaluation.intervals import scale_interval

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


def test_the_plain_interval_is_too_sure_where_everybody_is_pleased():
    assert coverage(PEOPLE["delighted"], 3, edge_weight=0) < 0.8


def test_without_imaginary_answers_it_is_student_s_t():
    answers = np.array([1, 3, 2, 4, 3, 2, 2, 3])
    low, high = stats.t.interval(0.95, 7, answers.mean(), stats.sem(answers))
    plain = scale_interval(answers, edge_weight=0)
    assert (plain.low, plain.high) == pytest.approx((low, high))


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
