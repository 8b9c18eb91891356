"""Runs the server: one socket, one event loop, a clean end."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from emolib.base.errors import ConfigError, EmolibError
from emolib.studio.engine import JobEngine
from emolib.studio.store import lock_state, read_answers
from emolib.studio.workers import ProcessWorker, Worker
from emolib.web.app import make_app
from emolib.web.settings import ServeSettings, is_address

LAST_CALL_S = 5  # for answers under way when the server is asked to stop
MAX_CONNECTIONS = 500


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
