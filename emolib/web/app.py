"""The application: engine, routes, page, middleware."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from emolib import __version__
from emolib.base.files import PACKAGE
from emolib.studio.catalogue import sample_catalogue
from emolib.studio.engine import JobEngine
from emolib.web.errors import add_error_handlers
from emolib.web.middleware import HEADERS, AccessMiddleware
from emolib.web.routes import api, give_cookie
from emolib.web.settings import ServeSettings

STATIC = Path(__file__).parent / "static"
RECORDER = PACKAGE / "studio" / "static"  # shared with the notebook
mimetypes.add_type("text/javascript", ".js")  # some computers say otherwise, browsers then refuse
FRESH = {"Cache-Control": "no-cache"}


class PageFiles(StaticFiles):
    """The page's files: a browser asks each time whether they have changed."""

    def file_response(self, *args, **kwargs) -> Response:
        """A file of the page."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(FRESH)
        return response


def make_app(settings: ServeSettings, engine: JobEngine) -> FastAPI:
    """The web interface as an ASGI application; the engine works while its lifespan does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine.start()
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(engine.close)

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
    app.state.settings, app.state.engine = settings, engine
    app.state.catalogue = sample_catalogue()
    app.include_router(api)
    app.mount("/static/studio", PageFiles(directory=RECORDER))
    app.mount("/static", PageFiles(directory=STATIC))
    app.add_middleware(AccessMiddleware, settings=settings)
    add_error_handlers(app, HEADERS)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request, token: str | None = None) -> Response:
        if token is not None:
            response = RedirectResponse("/", 303)
            give_cookie(response, settings, token)
            return response
        return FileResponse(STATIC / "index.html", headers=FRESH)

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))

    return app


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
