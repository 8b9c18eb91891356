"""The checks of notebook 11: right answers pass, each usual mistake gets its hint."""

import json

import numpy as np
from scipy import stats

from emolib.notebook.checks import nb11


def events_of(text):
    found = []
    for block in text.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")]
        data = "".join(value for name, value in lines if name == "data")
        if data:
            found.append((dict(lines)["event"], json.loads(data)))
    return found


def test_events():
    assert nb11.check_events(events_of)
    assert nb11.check_events(...).state == "not attempted"
    assert "two lines" in nb11.check_events(lambda text: events_of(text)[:1]).message
    more = lambda text: [("retry", {}), *events_of(text)]  # noqa: E731
    assert "no events" in nb11.check_events(more).message
    swapped = lambda text: [("x", data) for _, data in events_of(text)]  # noqa: E731
    assert "event 1" in nb11.check_events(swapped).message


def t_interval(scores, quantile=None, ddof=1, clip=True):
    n = len(scores)
    quantile = quantile or stats.t.ppf(0.975, n - 1)
    half = quantile * np.std(scores, ddof=ddof) / np.sqrt(n)
    edges = np.array([np.mean(scores) - half, np.mean(scores) + half])
    return tuple(edges.clip(0, 5) if clip else edges)


def test_rating_interval():
    assert nb11.check_rating_interval(t_interval)
    normal = nb11.check_rating_interval(lambda scores: t_interval(scores, 1.96))
    assert "1.96" in normal.message
    loose = nb11.check_rating_interval(lambda scores: t_interval(scores, clip=False))
    assert "leaves the scale" in loose.message


def test_people_needed():
    def needed(sd, half):
        n = 2
        while stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n) > half:
            n += 1
        return n

    assert nb11.check_people_needed(needed)
    normal = lambda sd, half: int(np.ceil((1.96 * sd / half) ** 2))  # noqa: E731
    assert "normal" in nb11.check_people_needed(normal).message
    assert "enough" in nb11.check_people_needed(lambda sd, half: 500).message
