"""The application: routes, page, guard, and one shape for every error."""

from __future__ import annotations

import html
import logging
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from emolib import __version__
from emolib.base.errors import StudyError
from emolib.web.guard import HEADERS, Guard
from emolib.web.house import House, lock_state
from emolib.web.refusal import Refusal
from emolib.web.routes import api, give_cookie
from emolib.web.settings import ServeSettings

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
mimetypes.add_type("text/javascript", ".js")  # some computers say otherwise, browsers then refuse
CODES = {400: "invalid", 404: "not_found", 405: "method_not_allowed"}
FRESH = {"Cache-Control": "no-cache"}


class PageFiles(StaticFiles):
    """The page's files: a browser asks each time whether they have changed."""

    def file_response(self, *args, **kwargs) -> Response:
        """A file of the page."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(FRESH)
        return response


def make_app(
    settings: ServeSettings | None = None,
    make_house: Callable[[ServeSettings], House] = House,
) -> FastAPI:
    """The web interface as an ASGI application; its parts live while its lifespan does.

    Args:
        settings: how it runs.
        make_house: builds the parts when the server starts.
    """
    settings = settings or ServeSettings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with lock_state(settings):
            app.state.house = make_house(settings)
            async with app.state.house.open():
                yield

    app = FastAPI(
        title="emolib",
        version=__version__,
        summary="Talking faces with emotion: a face, a voice, one of six emotions.",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
    )
    app.include_router(api)
    app.mount("/static", PageFiles(directory=STATIC, check_dir=False))
    app.add_middleware(Guard, settings=settings)
    _add_pages(app)
    _add_errors(app)
    return app


def _add_pages(app: FastAPI) -> None:
    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request, token: str | None = None) -> Response:
        if token is not None:
            response = RedirectResponse("/", 303)
            give_cookie(response, request.app.state.house, token)
            return response
        return FileResponse(STATIC / "index.html", headers=FRESH)

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))


def docs_page(document: dict) -> str:
    """The OpenAPI document as a plain page that loads nothing."""
    rows = [
        f"<tr><td>{method.upper()}<td><code>{html.escape(path)}</code>"
        f"<td>{html.escape(what.get('description', ''))}"
        for path, methods in document["paths"].items()
        for method, what in methods.items()
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>emolib API</title>'
        '<link rel="stylesheet" href="/static/style.css">'
        '<main><h1>emolib API</h1><p>All details: <a href="/api/openapi.json">openapi.json</a>'
        f"<table><tr><th>method<th>path<th>what it does{''.join(rows)}</table></main>"
    )


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return error.response

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        code = CODES.get(error.status_code, "error")
        return Refusal(
            error.status_code, code, str(error.detail).lower(), headers=error.headers
        ).response

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return Refusal(422, "invalid", f"{place}: {first['msg']}".lstrip(": ")).response

    @app.exception_handler(StudyError)
    async def no_answer(request: Request, error: StudyError) -> Response:
        code = "consent_needed" if error.where == "consent" else "invalid"
        fix = f"expected {error.expected}" if error.expected else None
        return Refusal(422, code, error.problem, fix).response

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        message = "something went wrong on the server"
        return Refusal(500, "internal", message, "try again", HEADERS).response
