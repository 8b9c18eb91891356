"""The user study: the paper's four questions, summed up with honest intervals.

Answers are given freely, after a result, with consent, and say nothing about the person: four
numbers, the day, and what was rated. A question may be skipped. They lie in the page's database
(`store`). No answer is ever invented here: without answers the summary says so.

Paper: §8 (25 users rated usability, design, functionality and overall experience from 0 to 5).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from emolib import __version__
from emolib.base.errors import StudyError
from emolib.base.files import atomic_path
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.evaluation.intervals import METHOD, scale_interval

LOW, HIGH = 0, 5
QUESTIONS = {  # in the order of the paper's Figure 5
    "usability": "How easy was it to use?",
    "design": "How do you like the design?",
    "functionality": "How well did it do what you wanted?",
    "overall": "How was it overall?",
}
CONSENT = "I agree that these ratings are kept, without my name, to improve this page."
WORDING = "1"  # of the questions above: answers to other words are other answers


@dataclass(frozen=True)
class Answer:
    """What one person said: 0 to 5 each, None where skipped."""

    answered_on: str  # YYYY-MM-DD: the day is enough
    wording: str = WORDING
    usability: int | None = None
    design: int | None = None
    functionality: int | None = None
    overall: int | None = None
    emotion: str = ""  # of the clip that was seen, if known
    model: str = ""
    emolib: str = __version__


COLUMNS = tuple(field.name for field in fields(Answer))


def summarise(answers: Sequence[Answer]) -> dict:
    """Counts, mean and 95 % interval of every question, as plain JSON values.

    Returns:
        `n_answers`, `scale`, `interval` (how it is made), `first` and `last` day, and `questions`:
        by name the words, `n`, `counts` of 0 to 5, `mean`, `low`, `high` (None where n is 0).
    """
    days = sorted(answer.answered_on for answer in answers)
    return {
        "n_answers": len(answers),
        "scale": [LOW, HIGH],
        "interval": METHOD,
        "first": days[0] if days else None,
        "last": days[-1] if days else None,
        "questions": {name: _question(name, answers) for name in QUESTIONS},
    }


def _question(name: str, answers: Sequence[Answer]) -> dict:
    scores = [score for answer in answers if (score := getattr(answer, name)) is not None]
    counts = [scores.count(value) for value in range(LOW, HIGH + 1)]
    summary = {"question": QUESTIONS[name], "n": len(scores), "counts": counts}
    if not scores:
        return summary | {"mean": None, "low": None, "high": None}
    interval = scale_interval(scores, LOW, HIGH)
    return summary | {"mean": interval.mean, "low": interval.low, "high": interval.high}


def save_summary(answers: Sequence[Answer], path: str | os.PathLike) -> Path:
    """Write the summary of some answers as a result file, from which Figure 5 is drawn.

    Raises:
        StudyError: there is no answer to sum up.
    """
    if not answers:
        raise StudyError("no answers yet", fix="emolib serve, and ask people who tried the page")
    record = run_record(corpus="answers given on the page", seed=None)
    save_result(path, summarise(answers), record)
    return Path(path)


def summary_lines(answers: Sequence[Answer]) -> list[str]:
    """The summary in lines of text."""
    if not answers:
        return ["no answers yet: nothing to sum up, nothing drawn"]
    summary = summarise(answers)
    lines = [f"{summary['n_answers']} people, {summary['first']} to {summary['last']}"]
    for name, one in summary["questions"].items():
        score = "nobody answered"
        if one["n"]:
            score = f"{one['mean']:.2f}  [{one['low']:.2f}, {one['high']:.2f}]  n = {one['n']}"
        lines.append(f"{name:<14} {score}")
    return [*lines, f"mean from {LOW} to {HIGH}; interval: {METHOD}"]


def write_csv(answers: Sequence[Answer], path: str | os.PathLike) -> Path:
    """All answers as a table, for other programs.

    Raises:
        ResourceError: it cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([COLUMNS, *map(astuple, answers)])
    return Path(path)
