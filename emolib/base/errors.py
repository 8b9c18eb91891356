"""Every error a user can meet, with one shape of message.

A message says what is wrong, in which file, where in it, what was expected, and how to fix it,
on one line, so that the command line can print it as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath


class EmolibError(ValueError):
    """Base of all errors that the package raises on purpose.

    Args:
        problem: what is wrong, in a few plain words.
        file: the file concerned, as the user gave it.
        where: the place inside it (a frame, a second, a line, a key).
        expected: what would have been right.
        fix: what the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | PathLike | None = None,
        where: str | None = None,
        expected: str | None = None,
        fix: str | None = None,
    ):
        self.problem = problem
        self.file = None if file is None else fspath(file)
        self.where, self.expected, self.fix = where, expected, fix
        place = ", ".join(str(part) for part in (self.file, where) if part)
        line = f"{place}: {problem}" if place else problem
        if expected:
            line += f"; expected {expected}"
        if fix:
            line += f"; fix: {fix}"
        super().__init__(" ".join(line.split()))


class ConfigError(EmolibError):
    """A setting is unknown, out of range, or contradicts another."""


class MediaError(EmolibError):
    """A picture or video file cannot be read or written as asked."""


class AudioError(EmolibError):
    """A sound is missing, too short, or holds values that are not sound."""


class FaceError(EmolibError):
    """No usable face where one is needed. `reason` is the word that reports count by."""

    reason = "no_face"


class MultiFaceError(FaceError):
    """Several faces where exactly one is needed."""

    reason = "multi_face"


class SmallFaceError(FaceError):
    """The face covers too few pixels to work with."""

    reason = "small_face"


class DatasetError(EmolibError):
    """A corpus or clip store is incomplete, mislabelled, or of another kind."""


class CheckpointError(EmolibError):
    """A weights file is damaged, of another network, or from another version."""


class StudyError(EmolibError):
    """An answer to the user study is not usable, or its file is no study file."""


class TrainingError(EmolibError):
    """Training cannot go on: it diverged, or its run does not fit what is asked."""


class ResourceError(EmolibError):
    """Too little disk, memory or hardware for what was asked."""


class Cancelled(EmolibError):
    """Long work was stopped because the caller asked for it; nothing was written."""


class MissingExtra(EmolibError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str):
        super().__init__(
            f"the package {package!r} is not installed",
            expected=f"the extra [{extra}]",
            fix=f'pip install "emolib[{extra}]"',
        )


class EmolibWarning(UserWarning):
    """Something is unusual but usable; the message says what was done about it."""


@contextmanager
def warnings_as_notes() -> Iterator[list[str]]:
    """A list that holds, once the block has ended, each `EmolibWarning` of the block once.

    A page or a notebook shows the report, not Python's warnings. Warnings of others pass on.
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", EmolibWarning)
        yield notes
    for one in heard:
        if not issubclass(one.category, EmolibWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        elif str(one.message) not in notes:
            notes.append(str(one.message))
