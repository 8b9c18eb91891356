"""How the server runs, and where it keeps things."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from emolib.base.errors import ConfigError
from emolib.studio.jobs import Limits
from emolib.studio.store import default_state

MIN_TOKEN = 16


@dataclass(frozen=True)
class ServeSettings:
    """How a server runs.

    Attributes:
        state: folder of the database and the jobs.
        checkpoint: name in `data/checkpoints`, or a file.
        devices: one worker each.
        host: address to listen on; `port` 0 takes a free one.
        token: secret that API calls must show; "" asks for none.
        allow_hosts: further host names under which the server may be called.
        certificate, key: PEM files, for HTTPS.
    """

    state: Path = field(default_factory=default_state)
    checkpoint: str = "lite"
    devices: tuple[str, ...] = ("auto",)
    host: str = "127.0.0.1"
    port: int = 8000
    token: str = ""
    allow_hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def tls(self) -> bool:
        """Whether it is served over HTTPS."""
        return self.certificate is not None

    def __post_init__(self):
        if (self.certificate is None) != (self.key is None):
            raise ConfigError("HTTPS needs two files", expected="both --tls-cert and --tls-key")
        if not self.devices:
            raise ConfigError("no device to work on", fix="--device cpu")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port {self.port}", expected="0 to 65535")
        if self.token and len(self.token) < MIN_TOKEN:
            raise ConfigError("the token is short enough to guess", expected=f"{MIN_TOKEN} letters")
        if not is_loopback(self.host) and not self.token:
            raise ConfigError(
                f"{self.host} can be reached by others, so a token is needed",
                fix="pass --token, or set EMOLIB_TOKEN",
            )


def is_loopback(host: str) -> bool:
    """Whether an address is this computer's own."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def is_address(host: str) -> bool:
    """Whether a host is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
