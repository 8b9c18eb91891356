"""What the server allows, and where it keeps things."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from emolib.base.errors import ConfigError
from emolib.base.files import data_dir

MIN_TOKEN = 16


@dataclass(frozen=True)
class Limits:
    """Bounds on what one visitor, and all together, can ask for."""

    max_upload_bytes: int = 64 * 2**20  # one request, counted as it comes in
    max_json_bytes: int = 64 * 2**10
    min_sound_s: float = 0.2  # one mel window
    max_sound_s: float = 60.0
    max_video_s: float = 300.0
    max_video_pixels: int = 1920 * 1200
    max_picture_pixels: int = 50_000_000
    picture_side_px: int = 1280  # larger stills are shrunk before the network sees them
    max_text: int = 300
    queue: int = 32  # jobs that wait or are being uploaded
    keep_jobs: int = 200  # finished jobs kept; the oldest go first
    min_free_bytes: int = 2**30  # disk that always stays free
    retention_s: float = 3600.0
    abandon_s: float = 60.0  # nobody asks about a job for so long: it is cancelled
    read_timeout_s: float = 20.0  # longest silence within an upload
    upload_timeout_s: float = 300.0
    probe_timeout_s: float = 15.0
    job_timeout_s: float = 1800.0
    cancel_grace_s: float = 10.0  # a worker that does not stop within it is ended
    start_timeout_s: float = 300.0  # for a worker to load its network


@dataclass(frozen=True)
class ServeSettings:
    """How a server runs.

    Attributes:
        state: folder of the database, the jobs and the study's answers.
        checkpoint: name in `data/checkpoints`, or a file.
        devices: one worker each.
        host: address to listen on; `port` 0 takes a free one.
        token: secret that API calls must show; "" asks for none.
        allow_hosts: further host names under which the server may be called.
        tls: served over HTTPS.
    """

    state: Path = field(default_factory=lambda: default_state())
    checkpoint: str = "lite"
    devices: tuple[str, ...] = ("auto",)
    host: str = "127.0.0.1"
    port: int = 8000
    token: str = ""
    allow_hosts: tuple[str, ...] = ()
    tls: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self):
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


def default_state() -> Path:
    """`data/web`."""
    return data_dir() / "web"


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
