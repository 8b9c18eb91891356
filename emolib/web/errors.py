"""One shape for every answer that is no success: `{"error": {"code", "message", "fix"}}`."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from emolib.studio.engine import RETRY_AFTER_S
from emolib.studio.problems import Problem, StudioError

log = logging.getLogger(__name__)

STATUS = {  # of codes; all others are 422
    "not_found": 404,
    **dict.fromkeys(("not_ready", "already_answered"), 409),
    **dict.fromkeys(("queue_full", "disk_full", "stopping", "study_full"), 503),
    "unauthorized": 401,
    "forbidden": 403,
    "too_slow": 408,
    "too_large": 413,
    "unsupported_media": 415,
}
HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    408: {"Connection": "close"},
    413: {"Connection": "close"},
    503: {"Retry-After": str(RETRY_AFTER_S)},
}
PLAIN = {400: "invalid", 404: "not_found", 405: "method_not_allowed"}  # Starlette's own


class ProblemView(BaseModel):
    """The body of every answer that is not a success."""

    error: Problem


def answer(code: str, message: str, fix: str | None = None, status: int | None = None):
    """A refusal as a response."""
    status = status or STATUS.get(code, 422)
    view = ProblemView(error=Problem(code, message, fix))
    return JSONResponse(view.model_dump(), status, HEADERS.get(status))


def add_error_handlers(app: FastAPI, headers: dict[str, str]) -> None:
    """Whatever is raised below a route becomes an answer; `headers` those of a failure of ours."""

    @app.exception_handler(StudioError)
    async def refused(request: Request, error: StudioError) -> Response:
        return answer(error.code, error.problem, error.fix)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        return answer(PLAIN.get(status, "error"), str(error.detail).lower(), status=status)

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        message = first["msg"].removeprefix("Value error, ")
        return answer("invalid", f"{place}: {message}".lstrip(": "))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        failed = answer("internal", "something went wrong on the server", "try again", 500)
        failed.headers.update(headers)
        return failed
