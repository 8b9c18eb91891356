"""Who may come in, how much they may bring, and what every answer tells the browser.

- Host: an address, a name of this computer, or one that was allowed. A foreign name means that
  somebody's DNS points a stranger's page at us.
- Origin: only our own page may change anything, whatever page the visitor has open elsewhere.
- Token: where one is set, as `Authorization: Bearer …` or as the cookie that `/api/session` gives.
- Body: counted as it arrives, whatever its header says, and not waited for longer than need be.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emolib.studio.problems import StudioError
from emolib.web.errors import answer
from emolib.web.settings import ServeSettings, is_address, is_loopback

COOKIE = "emolib_session"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
OPEN_PATHS = ("/api/options", "/api/health", "/api/session")  # and whatever is not below /api
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class AccessMiddleware:
    """Around the whole application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings):
        self.app, self.settings = app, settings
        names = ["localhost", settings.host, *settings.allow_hosts]
        if not is_loopback(settings.host):
            names.append(socket.gethostname())
        self.names = {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            body = self._body(scope, receive)
        except StudioError as error:
            await answer(error.code, error.problem, error.fix)(scope, receive, sealed)
        else:
            await self.app(scope, body, sealed)

    def _body(self, scope: Scope, receive: Receive) -> Receive:
        """`receive`, counted and timed, once the request's head is found in order."""
        headers, limits = Headers(scope=scope), self.settings.limits
        self._check_head(scope, headers)
        most = limits.max_json_bytes
        if scope["path"] == "/api/jobs" and scope["method"] == "POST":
            most = limits.max_upload_bytes
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > most:
            raise _too_large(most)
        return _counted(receive, most, limits.read_timeout_s, limits.upload_timeout_s)

    def _check_head(self, scope: Scope, headers: Headers) -> None:
        path, safe, token = scope["path"], scope["method"] in SAFE_METHODS, self.settings.token
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        name = host_name(host)
        if name not in self.names and not is_address(name):
            fix = "use --allow-host to allow a name"
            raise StudioError("forbidden", "this server is not called that", fix)
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        foreign = foreign and not (safe and not path.startswith("/api/"))  # a link to our page
        if foreign or (not safe and origin and urlsplit(origin).netloc.lower() != host):
            raise StudioError("forbidden", "another page may not use this server")
        if token and path.startswith("/api/") and path not in OPEN_PATHS:
            kind, _, given = headers.get("authorization", "").partition(" ")
            cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
            shown = kind.lower() == "bearer" and same(given.strip(), token)
            if not shown and not same(cookie, session_of(token)):
                fix = "it was printed when the server started"
                raise StudioError("unauthorized", "this server wants its token", fix)


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port and brackets."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def same(given: str, right: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), right.encode())


def session_of(token: str) -> str:
    """What the cookie holds: made from the token, but not the token."""
    return hmac.new(token.encode(), b"emolib session", hashlib.sha256).hexdigest()


def _counted(receive: Receive, most: int, read_timeout_s: float, total_s: float) -> Receive:
    count, done = 0, False
    loop = asyncio.get_running_loop()
    end = loop.time() + total_s

    async def counted() -> Message:
        nonlocal count, done
        if done:
            return await receive()
        try:
            async with asyncio.timeout_at(min(end, loop.time() + read_timeout_s)):
                message = await receive()
        except TimeoutError:
            raise StudioError("too_slow", "the upload came to a halt", "try again") from None
        count += len(message.get("body", b""))
        done = not message.get("more_body", False)
        if count > most:
            raise _too_large(most)
        return message

    return counted


def _too_large(most: int) -> StudioError:
    size = f"{most / 2**20:.0f} MB" if most >= 2**20 else f"{most / 2**10:.0f} kB"
    return StudioError("too_large", f"more than {size}", "send a smaller file")
