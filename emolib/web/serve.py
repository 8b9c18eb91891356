"""The application (routes, page, middleware), and a server for it: one socket, a clean end."""

from __future__ import annotations

import logging
import mimetypes
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from emolib import __version__
from emolib.base.errors import ConfigError, EmolibError
from emolib.base.files import PACKAGE
from emolib.studio.catalogue import sample_catalogue
from emolib.studio.engine import JobEngine
from emolib.studio.store import lock_state, read_answers
from emolib.studio.workers import ProcessWorker, Worker
from emolib.web.errors import add_error_handlers
from emolib.web.middleware import HEADERS, AccessMiddleware
from emolib.web.routes import give_cookie, routes_of
from emolib.web.settings import ServeSettings, is_address

LAST_CALL_S = 5  # for answers under way when the server is asked to stop
MAX_CONNECTIONS = 500
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


class _Server(uvicorn.Server):
    """A server that says when it is there, and tells those who watch before it leaves."""

    engine: JobEngine
    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: event streams end by themselves, then everything else."""
        self.engine.stop_taking()
        await super().shutdown(sockets)


def serve(
    settings: ServeSettings,
    *,
    workers: Sequence[Worker] | None = None,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl+C or SIGTERM.

    Args:
        workers: who makes films, instead of a process for each device.
        ready: told the address once it takes connections.

    Raises:
        ConfigError: the port is taken, or the certificate does not fit.
        ResourceError: the state folder cannot be used.
        EmolibError: no worker can work (no checkpoint, no such device).
    """
    why: list[str] = []

    def give_up(reason: str) -> None:
        why.append(reason)
        server.should_exit = True

    workers = workers or [
        ProcessWorker(settings.checkpoint, device, settings.limits) for device in settings.devices
    ]
    with lock_state(settings.state), listening_socket(settings) as listener:
        read_answers(settings.state)  # what is wrong with them is better said at once
        engine = JobEngine(workers, settings.state, settings.limits, give_up)
        server = _Server(_config(make_app(settings, engine), settings))
        server.engine = engine
        server.ready = lambda: ready(address_of(listener, settings))
        before = signal.signal(signal.SIGTERM, lambda *_: None)  # the server sees it first
        try:
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listener])
        finally:
            signal.signal(signal.SIGTERM, before)
    if why:
        raise EmolibError(why[0])


def _config(app: FastAPI, settings: ServeSettings) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        log_level=logging.WARNING,
        access_log=False,  # who asked for what is nobody's business
        lifespan="on",
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=LAST_CALL_S,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(
            f"the certificate and key cannot be used ({error})",
            file=settings.certificate,
            expected="two PEM files that belong together",
        ) from error
    return config


def listening_socket(settings: ServeSettings) -> socket.socket:
    """A socket bound to the wanted address.

    Raises:
        ConfigError: it is taken, or is not this computer's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror})",
            fix="choose another port, such as --port 0 for a free one",
        ) from error


def address_of(listener: socket.socket, settings: ServeSettings) -> str:
    """What to type into a browser, with the token if there is one."""
    host, port = listener.getsockname()[:2]
    if is_address(host) and host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    query = f"?token={settings.token}" if settings.token else ""
    return f"{'https' if settings.tls else 'http'}://{host}:{port}/{query}"
