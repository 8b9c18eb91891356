"""The user study: the paper's four questions, kept as a CSV, summed up with honest intervals.

Answers are given freely, after a result, with consent, and say nothing about the person: four
numbers, the day, and what was rated. A question may be skipped. No answer is ever invented here:
without answers the summary says so.

Paper: §8 (25 users rated usability, design, functionality and overall experience from 0 to 5).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from emolib import __version__
from emolib.base.errors import ResourceError, StudyError
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.evaluation.scales import METHOD, scale_interval

LOW, HIGH = 0, 5
QUESTIONS = {  # in the order of the paper's Figure 5
    "usability": "How easy was it to use?",
    "design": "How do you like the design?",
    "functionality": "How well did it do what you wanted?",
    "overall": "How was it overall?",
}
CONSENT = "I agree that these ratings are kept, without my name, to improve this page."
WORDING = "1"  # of the questions above: answers to other words are other answers
COLUMNS = ("answered_on", "wording", *QUESTIONS, "emotion", "model", "emolib")
MAX_BYTES = 20_000_000  # a study file that anybody can write to has an end
LOCK_WAIT_S = 10.0


@dataclass(frozen=True)
class Answer:
    """What one person said: 0 to 5 each, None where skipped."""

    answered_on: str  # YYYY-MM-DD: the day is enough
    usability: int | None = None
    design: int | None = None
    functionality: int | None = None
    overall: int | None = None
    emotion: str = ""  # of the clip that was seen, if known
    model: str = ""
    wording: str = WORDING
    emolib: str = __version__

    def row(self) -> list[str]:
        """The answer as text, in the order of `COLUMNS`."""
        fields = asdict(self)
        return ["" if fields[name] is None else str(fields[name]) for name in COLUMNS]


@dataclass(frozen=True)
class Answers:
    """A study file as read: its answers, and what could not be read, by line."""

    answers: tuple[Answer, ...]
    skipped: tuple[str, ...] = ()


def answers_path() -> Path:
    """Where answers go unless another file is named: `data/web/study.csv`."""
    return data_dir() / "web" / "study.csv"


def validate(given: Mapping, *, emotion: str = "", model: str = "") -> Answer:
    """An answer from what a page sent: `{"consent": true, "usability": 0…5 or null, …}`.

    Args:
        emotion, model: of the clip that was seen; never from the person's own words.

    Raises:
        StudyError: no consent, an unknown field, a number off the scale, or no question answered.
    """
    if given.get("consent") is not True:
        raise StudyError(
            "answers are kept only with consent", where="consent", expected="true, given freely"
        )
    unknown = sorted(str(name)[:40] for name in set(given) - {"consent", *QUESTIONS})
    if unknown:
        raise StudyError(f"unknown field {unknown[0]!r}", expected=", ".join(QUESTIONS))
    scores = {name: _score(name, given.get(name)) for name in QUESTIONS}
    if all(score is None for score in scores.values()):
        raise StudyError("no question is answered", expected="at least one of the four")
    today = datetime.now(UTC).date().isoformat()
    return Answer(today, **scores, emotion=emotion, model=model)


def append(answer: Answer, path: str | os.PathLike | None = None) -> Path:
    """Add one line to the study file; safe with many writers, on the disk when it returns.

    Raises:
        StudyError: the file is not a study file, or is full.
        ResourceError: it cannot be written.
    """
    path = Path(path or answers_path())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=LOCK_WAIT_S), path.open("a+b") as stream:
            stream.write(_before(stream, path) + _line(answer.row()))
            stream.flush()
            os.fsync(stream.fileno())
    except Timeout as error:
        raise ResourceError(
            "another writer does not let go", file=path, fix="try again in a minute"
        ) from error
    except OSError as error:
        raise ResourceError(
            f"the answer cannot be kept ({error.strerror})", file=path, fix="make it writable"
        ) from error
    return path


def read(path: str | os.PathLike | None = None) -> Answers:
    """All answers of a study file; none if there is no file yet. Damaged lines are named.

    Raises:
        StudyError: the file is not a study file.
    """
    path = Path(path or answers_path())
    if not path.exists():
        return Answers(())
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise StudyError(f"cannot be read ({error.strerror})", file=path) from error
    lines = text.splitlines()
    if lines and tuple(next(csv.reader(lines[:1]))) != COLUMNS:
        raise _not_a_study(path)
    answers, skipped = [], []
    for number, line in enumerate(lines[1:], 2):
        try:
            answers.append(_parse(line))
        except (StudyError, csv.Error) as error:
            skipped.append(f"line {number}: {error}")
    return Answers(tuple(answers), tuple(skipped))


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


def save_summary(found: Answers, path: str | os.PathLike) -> Path:
    """Write the summary of some answers as a result file, from which Figure 5 is drawn.

    Raises:
        StudyError: there is no answer to sum up.
    """
    if not found.answers:
        raise StudyError("no answers yet", fix="emolib serve, and ask people who tried the page")
    numbers = summarise(found.answers) | {"n_skipped_lines": len(found.skipped)}
    save_result(path, numbers, run_record(corpus="answers given on the page", seed=None))
    return Path(path)


def told(found: Answers, path: str | os.PathLike) -> list[str]:
    """The summary in lines of text."""
    notes = [f"skipped {skipped}" for skipped in found.skipped]
    if not found.answers:
        return [*notes, f"no answers yet in {os.fspath(path)}: nothing to sum up, nothing drawn"]
    summary = summarise(found.answers)
    lines = [f"{summary['n_answers']} people, {summary['first']} to {summary['last']}"]
    for name, one in summary["questions"].items():
        score = "nobody answered"
        if one["n"]:
            score = f"{one['mean']:.2f}  [{one['low']:.2f}, {one['high']:.2f}]  n = {one['n']}"
        lines.append(f"{name:<14} {score}")
    return [*lines, f"mean from {LOW} to {HIGH}; interval: {METHOD}", *notes]


def _question(name: str, answers: Sequence[Answer]) -> dict:
    scores = [score for answer in answers if (score := getattr(answer, name)) is not None]
    counts = [scores.count(value) for value in range(LOW, HIGH + 1)]
    told = {"question": QUESTIONS[name], "n": len(scores), "counts": counts}
    if not scores:
        return told | {"mean": None, "low": None, "high": None}
    interval = scale_interval(scores, LOW, HIGH)
    return told | {"mean": interval.mean, "low": interval.low, "high": interval.high}


def _score(name: str, value) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not LOW <= value <= HIGH:  # True is an int, too
        raise StudyError(
            f"{str(value)[:40]!r} is not on the scale",
            where=name,
            expected=f"a whole number from {LOW} to {HIGH}, or null to skip",
        )
    return value


def _line(fields: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue().encode()


def _before(stream, path: Path) -> bytes:
    """What must stand before a new line: the header, or the end of a line cut short."""
    size = stream.seek(0, os.SEEK_END)
    header = _line(COLUMNS)
    if not size:
        return header
    if size > MAX_BYTES:
        raise StudyError(f"{size:,} bytes of answers", file=path, fix="start a new study file")
    stream.seek(0)
    if stream.readline().rstrip(b"\r\n") + b"\n" != header:
        raise _not_a_study(path)
    stream.seek(-1, os.SEEK_END)
    return b"" if stream.read(1) == b"\n" else b"\n"


def _parse(line: str) -> Answer:
    fields = next(csv.reader([line]), [])
    if len(fields) != len(COLUMNS):
        raise StudyError(f"{len(fields)} fields", expected=f"{len(COLUMNS)}")
    told = dict(zip(COLUMNS, fields, strict=True))
    try:
        date.fromisoformat(told["answered_on"])
        scores = {name: int(told[name]) if told[name] else None for name in QUESTIONS}
    except ValueError as error:
        raise StudyError(str(error)) from error
    return Answer(**told | {name: _score(name, value) for name, value in scores.items()})


def _not_a_study(path: Path) -> StudyError:
    return StudyError(
        "not a study file", file=path, where="line 1", expected="the columns " + ",".join(COLUMNS)
    )
