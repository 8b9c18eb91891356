"""Checks of notebook 10: solutions pass, typical mistakes get a useful word."""

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.notebook.checks import nb10


def ping_pong(k, n_source):
    if n_source == 1:
        return 0
    k %= 2 * (n_source - 1)
    return min(k, 2 * (n_source - 1) - k)


def test_ping_pong():
    assert nb10.check_ping_pong(ping_pong)
    assert "jump" in nb10.check_ping_pong(lambda k, n: k % n).message
    doubled = lambda k, n: min(k % (2 * n), 2 * n - 1 - k % (2 * n))  # noqa: E731
    assert "twice in a row" in nb10.check_ping_pong(doubled).message
    assert "numbered" in nb10.check_ping_pong(lambda k, n: k).message
    alternating = lambda k, n: k % 2  # noqa: E731
    assert "frame 2: 0, expected 2" in nb10.check_ping_pong(alternating).message
    still = lambda k, n: ping_pong(k, n) if n > 1 else 1  # noqa: E731
    assert "picture" in nb10.check_ping_pong(still).message
    assert nb10.check_ping_pong(...).state == "not attempted"


def soften(weights, strength):
    out = strength * weights
    out[EMOTIONS.index("NEU")] += 1 - strength
    return out


def test_soften():
    assert nb10.check_soften(soften)
    assert "rest" in nb10.check_soften(lambda w, s: s * w).message
    assert "six numbers" in nb10.check_soften(lambda w, s: w[:3]).message
    assert "strength 0.0" in nb10.check_soften(lambda w, s: w).message

    def in_place(weights, strength):
        weights *= 0.5
        return weights

    assert "input has changed" in nb10.check_soften(in_place).message


def fade(found, n):
    frames, gone = np.arange(len(found)), np.flatnonzero(~found)
    distance = np.abs(frames[:, None] - gone).min(axis=1)
    return np.clip(distance / (n + 1), 0, 1)


def test_fade():
    assert nb10.check_fade(fade)
    assert "expected fifths" in nb10.check_fade(lambda f, n: f.astype(float)).message
    assert "nothing" in nb10.check_fade(lambda f, n: np.ones(len(f))).message
    at_ends = lambda f, n: fade(f & (np.arange(30) % 29 > 0), n)  # noqa: E731
    assert "own two ends" in nb10.check_fade(at_ends).message
    before = lambda f, n: np.where(np.arange(30) < 14, fade(f, n), f)  # noqa: E731
    assert "reversed" in nb10.check_fade(before).message
