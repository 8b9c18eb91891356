"""Answers to exercises, checked at once and kindly.

Each notebook has a module here (`nb01`, `nb02`, …) whose `check_…` functions return a `Verdict`.
A starter cell that nobody has touched yields "not attempted yet" instead of an error, so that a
notebook runs from top to bottom before the reader has solved anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from html import escape

MARKS = {"right": "✓", "not yet": "✗", "not attempted": "○"}
_TINTS = {"right": "#1B7837", "not yet": "#B35806", "not attempted": "#6E6E6E"}


@dataclass(frozen=True)
class Verdict:
    """What a check says: `state` is "right", "not yet" or "not attempted"."""

    state: str
    message: str

    def __bool__(self) -> bool:
        return self.state == "right"

    def __repr__(self) -> str:
        return f"{MARKS[self.state]} {self.message}"

    def _repr_html_(self) -> str:
        return f'<span style="color:{_TINTS[self.state]}"><b>{escape(repr(self))}</b></span>'


def right(message: str) -> Verdict:
    """The answer is right."""
    return Verdict("right", message)


def not_yet(message: str) -> Verdict:
    """The answer is wrong; the message says what to look at, not the solution."""
    return Verdict("not yet", message)


def exercise(check: Callable[..., Verdict]) -> Callable[..., Verdict]:
    """Wrap a check: an answer of None or `...` is "not attempted", an exception is "not yet"."""

    @wraps(check)
    def checked(*answers, **named) -> Verdict:
        given = [*answers, *named.values()]
        if any(answer is None or answer is Ellipsis for answer in given):
            return Verdict("not attempted", "not attempted yet: replace the dots with your answer")
        try:
            return check(*answers, **named)
        except Exception as error:  # a reader's own code may raise anything
            return not_yet(f"your code raised {type(error).__name__}: {error}")

    return checked
