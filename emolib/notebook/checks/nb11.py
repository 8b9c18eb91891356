"""Checks for notebook 11, the web page and the user study."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from emolib.evaluation.intervals import scale_interval
from emolib.notebook.checks import Verdict, exercise, not_yet, right

STREAM = (
    "retry: 2000\n\n"
    'event: queued\ndata: {"state": "queued", "position": 2}\n\n'
    ": still here\n\n"
    'event: progress\ndata: {"state": "running",\ndata:  "progress": 0.5}\n\n'
    'event: done\ndata: {"state": "done", "progress": 1.0}\n\n'
)
EVENTS = [
    ("queued", {"state": "queued", "position": 2}),
    ("progress", {"state": "running", "progress": 0.5}),
    ("done", {"state": "done", "progress": 1.0}),
]


@exercise
def check_events(events_of: Callable[[str], list[tuple[str, dict]]]) -> Verdict:
    """`events_of(text)`: the (name, data) pairs of a stream of server-sent events."""
    told = [tuple(event) for event in events_of(STREAM)]
    if told == EVENTS:
        return right("comments skipped, lines of data joined")
    if len(told) > len(EVENTS):
        return not_yet(f"{len(told)} events, not 3: blocks without data are no events")
    if len(told) < len(EVENTS):
        return not_yet(f"{len(told)} events, not 3: one has its data on two lines")
    wrong = next(k for k in range(3) if told[k] != EVENTS[k])
    return not_yet(f"event {wrong + 1} is {told[wrong]}, not {EVENTS[wrong]}")


@exercise
def check_rating_interval(interval_of: Callable[[list[int]], tuple[float, float]]) -> Verdict:
    """`interval_of(scores)`: 95 % Student's t interval, clipped to 0 … 5."""
    for scores in ([4, 3, 5, 4, 2, 4, 3], [1, 0, 2], [5, 4, 5, 5]):
        want = scale_interval(scores, edge_weight=0)
        got = tuple(float(edge) for edge in interval_of(scores))
        if np.allclose(got, (want.low, want.high), atol=1e-3):
            continue
        if got[0] < 0 or got[1] > 5:
            return not_yet(f"{scores}: {got[0]:.2f} to {got[1]:.2f} leaves the scale")
        if got[1] - got[0] < 0.98 * (want.high - want.low):
            return not_yet(f"{scores}: too narrow; divide by n - 1, and t is wider than 1.96")
        return not_yet(f"{scores}: {got}, expected {want.low:.2f} to {want.high:.2f}")
    return right("for three fives it still has no width, as section 7 says")


@exercise
def check_people_needed(people_needed: Callable[[float, float], int]) -> Verdict:
    """`people_needed(sd, half_width)`: the fewest people whose t interval is that narrow."""
    for sd, half_width in ((1.0, 0.5), (1.2, 0.25), (0.8, 1.0)):
        want = next(n for n in range(2, 2000) if _half(sd, n) <= half_width)
        got = people_needed(sd, half_width)
        if got == want:
            continue
        if got == want - 1 or abs(got - (1.96 * sd / half_width) ** 2) < 1:
            return not_yet(f"sd {sd}, ± {half_width}: {got} is the normal's answer; t needs more")
        return not_yet(f"sd {sd}, ± {half_width}: {got}, but {want} people are enough and needed")
    return right("half the width costs four times the people")


def _half(sd: float, n: int) -> float:
    return stdtrit(n - 1, 0.975) * sd / np.sqrt(n)
