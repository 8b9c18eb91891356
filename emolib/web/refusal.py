"""An answer other than success, raised wherever it is found out."""

from __future__ import annotations

from fastapi import HTTPException
from fastapi.responses import JSONResponse

from emolib.web.problems import Problem


class Refusal(HTTPException):
    """An answer other than success, raised anywhere below a route.

    Args:
        status: HTTP status.
        code: a word for programs.
        message, fix: plain sentences.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fix: str | None = None,
        headers: dict[str, str] | None = None,
    ):
        super().__init__(status, message, headers)
        self.problem = Problem(code=code, message=message, fix=fix)

    @property
    def response(self) -> JSONResponse:
        """As an answer."""
        return JSONResponse({"error": self.problem.model_dump()}, self.status_code, self.headers)


def invalid(message: str, fix: str | None = None, code: str = "invalid") -> Refusal:
    """422: the request is understood, but what it asks for cannot be."""
    return Refusal(422, code, message, fix)


def not_found(what: str = "job") -> Refusal:
    """404, the same whether it never existed or is gone."""
    return Refusal(404, "not_found", f"there is no such {what}", "it may have expired: start again")
