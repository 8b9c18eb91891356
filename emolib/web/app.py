"""The application: engine, routes, page, middleware."""

from __future__ import annotations

import html
import mimetypes
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from filelock import FileLock, Timeout

from emolib import __version__
from emolib.base.errors import ResourceError
from emolib.base.files import PACKAGE
from emolib.studio.catalogue import sample_catalogue
from emolib.studio.engine import JobEngine
from emolib.studio.store import PRIVATE, JobStore
from emolib.studio.workers import ProcessWorker, Worker, worker_command
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


def make_app(
    settings: ServeSettings | None = None,
    workers: Sequence[Worker] | None = None,
    started: Callable[[JobEngine], None] = lambda engine: None,
    give_up: Callable[[str], None] = lambda why: None,
) -> FastAPI:
    """The web interface as an ASGI application; its engine lives while its lifespan does.

    Args:
        settings: how it runs.
        workers: who makes films; default: a process for each device.
        started: told the engine when the server starts.
        give_up: called with a sentence when no work is possible.
    """
    settings = settings or ServeSettings()
    if workers is None:
        workers = [
            ProcessWorker(worker_command(settings.checkpoint, device), device, settings.limits)
            for device in settings.devices
        ]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with lock_state(settings):
            engine = JobEngine(workers, JobStore(settings.state), settings.limits, give_up)
            app.state.engine = engine
            started(engine)
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
    app.state.settings, app.state.catalogue = settings, sample_catalogue()
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


@contextmanager
def lock_state(settings: ServeSettings) -> Iterator[None]:
    """Holds the state folder: one server at a time.

    Raises:
        ResourceError: another server has it, or the folder cannot be written.
    """
    lock = FileLock(settings.state / "server.lock")
    try:
        settings.state.mkdir(PRIVATE, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ResourceError(
            "another server uses this state", file=settings.state, fix="stop it, or pass --state"
        ) from error
    except OSError as error:
        raise ResourceError(
            f"the state cannot be kept ({error.strerror})",
            file=settings.state,
            fix="choose a writable folder with --state",
        ) from error
    try:
        yield
    finally:
        lock.release()
