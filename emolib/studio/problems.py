"""Whatever goes wrong in the studio: a code for programs, a sentence and a fix for people.

Messages never name a file of this computer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from emolib.base import errors
from emolib.base.errors import EmolibError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what can be done."""

    code: str
    message: str
    fix: str | None = None


class StudioError(EmolibError):
    """Something that the studio refuses, or cannot do; `problem_of` gives it as a `Problem`."""

    def __init__(self, code: str, message: str, fix: str | None = None, **more):
        super().__init__(message, fix=fix, **more)
        self.code = code


_CODES = (  # first match wins: class, code, fix
    (errors.SmallFaceError, "small_face", "use a picture or video in which the face is larger"),
    (
        errors.FaceError,
        "no_face",
        "use a picture or video in which one face is seen from the front, in good light",
    ),
    (errors.AudioError, "sound", "use another recording, or record it again"),
    (errors.MediaError, "media", "export the file as MP4, JPEG or PNG and try again"),
    (errors.ResourceError, "no_memory", "try a shorter or smaller file"),
    (errors.ConfigError, "invalid", None),
)


def problem_of(error: Exception) -> Problem:
    """What people are told of an error, without paths; an error of ours is logged."""
    if isinstance(error, StudioError):
        return Problem(error.code, error.problem, error.fix)
    for kind, code, fix in _CODES:
        if isinstance(error, kind):
            place = f" ({error.where})" if error.where else ""
            expected = f"; expected {error.expected}" if error.expected else ""
            return Problem(code, f"{error.problem}{place}{expected}", fix)
    log.error("a job failed", exc_info=error)
    message = "something went wrong while making the film"
    return Problem("internal", message, "try again; the log has the details")


INTERRUPTED = Problem("interrupted", "the server was stopped while this was made", "start it again")
ABANDONED = Problem("abandoned", "nobody was watching any more", "keep the page open, or keep=true")
OVERDUE = Problem("too_long_running", "this took too long and was stopped", "use a shorter sound")
CRASHED = Problem(
    "crashed",
    "the film could not be made: the file broke the decoder, or memory ran out",
    "try a shorter or smaller file, or export it again",
)
