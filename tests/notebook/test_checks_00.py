"""Checks of notebook 00: solutions pass, typical mistakes get a useful word."""

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.notebook.checks.nb00 import check_back_and_forth, check_softened, check_untouched


def test_softened():
    def solution(code, strength):
        weights = strength * np.eye(6)[EMOTIONS.index(code)]
        weights[EMOTIONS.index("NEU")] += 1 - strength
        return weights

    def overwrites(code, strength):
        weights = strength * np.eye(6)[EMOTIONS.index(code)]
        weights[EMOTIONS.index("NEU")] = 1 - strength
        return weights

    assert check_softened(solution)
    assert "sum to" in check_softened(lambda c, s: s * np.eye(6)[EMOTIONS.index(c)]).message
    assert not check_softened(overwrites)
    assert "six" in check_softened(lambda c, s: np.zeros(5)).message
    assert check_softened(...).state == "not attempted"


def test_back_and_forth():
    def solution(n_source, n_out):
        there_and_back = [*range(n_source), *range(n_source - 2, 0, -1)]
        return [there_and_back[k % len(there_and_back)] for k in range(n_out)]

    assert check_back_and_forth(solution)
    assert "jumps" in check_back_and_forth(lambda n, m: [k % n for k in range(m)]).message
    assert "do not exist" in check_back_and_forth(lambda n, m: list(range(m))).message
    assert "wanted" in check_back_and_forth(lambda n, m: [0]).message
    backwards = check_back_and_forth(lambda n, m: [n - 1 - k for k in solution(n, m)])
    assert "begin at 0" in backwards.message


def test_untouched():
    assert check_untouched(lambda f, s: float((f == s).all(axis=(0, 3)).mean()))
    mean = check_untouched(lambda f, s: float((f == s).all(axis=3).mean()))
    assert "mean over frames" in mean.message
    assert "1.0" in check_untouched(lambda f, s: 0.3).message
    assert "quarter" in check_untouched(lambda f, s: float((f == s).mean())).message
