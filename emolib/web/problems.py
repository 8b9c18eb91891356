"""One shape for whatever goes wrong: a code for programs, a sentence and a fix for people.

Messages never name a file of the server or of the visitor.
"""

from __future__ import annotations

from pydantic import BaseModel

from emolib.base import errors


class Problem(BaseModel):
    """What is wrong, and what the visitor can do."""

    code: str
    message: str
    fix: str | None = None


class ProblemView(BaseModel):
    """The body of every answer that is not a success."""

    error: Problem


_IN_JOBS = (  # first match wins: class, code, fix
    (
        errors.SmallFaceError,
        "small_face",
        "use a picture or video in which the face is larger",
    ),
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


def job_problem(error: Exception) -> Problem:
    """What a visitor is told of an error inside a job, without paths."""
    for kind, code, fix in _IN_JOBS:
        if isinstance(error, kind):
            place = f" ({error.where})" if error.where else ""
            expected = f"; expected {error.expected}" if error.expected else ""
            return Problem(code=code, message=f"{error.problem}{place}{expected}", fix=fix)
    return Problem(
        code="internal",
        message="something went wrong while making the film",
        fix="try again; the server's log has the details",
    )
