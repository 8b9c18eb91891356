"""The application: engine, routes, page, middleware."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from emolib import __version__
from emolib.base.files import PACKAGE
from emolib.studio.catalogue import sample_catalogue
from emolib.studio.engine import JobEngine
from emolib.web.errors import add_error_handlers
from emolib.web.middleware import HEADERS, AccessMiddleware
from emolib.web.routes import give_cookie, routes_of
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
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
    )
    app.state.engine = engine
    app.include_router(routes_of(engine, sample_catalogue(), settings))
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

    return app
