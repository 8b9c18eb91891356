"""What a job is, an order on its way to a film; and the bounds that visitors keep to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from emolib.generate.order import Order
from emolib.studio.problems import Problem

Kind = Literal["film", "six", "preview"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
Stage = Literal["queued", "preview", "faces", "frames", "finishing", "finished"]
FINAL = ("done", "failed", "cancelled")
FACE, VOICE = "face", "voice"  # names of a job's files: never a visitor's
PREVIEW, RESULT = "preview.jpg", "result.mp4"
SHARES = {  # of a job's time: where each stage begins and ends
    "preview": (0.0, 0.05),
    "faces": (0.05, 0.3),
    "frames": (0.3, 0.97),
    "finishing": (0.97, 0.99),
}


def new_id() -> str:
    """A name that cannot be guessed."""
    return secrets.token_urlsafe(16)


@dataclass(eq=False)
class Job:
    """An order and how far it is. Times are seconds since 1970, `seen_at` is the monotonic clock.

    Attributes:
        folder: where its files lie; `out` where its film goes.
        kind: "film" (with a first look on the way), "six" emotions side by side, or "preview".
        keep: go on although nobody asks about it.
        answered: its film has been rated.
        made: the `Preview` of a preview.
        changed: called after every change.
    """

    order: Order
    folder: Path
    kind: Kind = "film"
    out: Path | None = None
    keep: bool = False
    state: State = "queued"
    stage: Stage = "queued"
    progress: float = 0.0
    created_at: float = field(default_factory=time.time)
    started_at: float | None = None
    finished_at: float | None = None
    has_preview: bool = False
    error: Problem | None = None
    report: dict | None = None
    answered: bool = False
    made: object = None
    watchers: int = 0
    seen_at: float = field(default_factory=time.monotonic)
    changed: Callable[[Job], None] = lambda job: None

    @property
    def id(self) -> str:
        """The name that its folder has."""
        return self.folder.name

    @property
    def film(self) -> Path:
        """Where its film goes."""
        return self.out or self.folder / RESULT

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL

    def end(self, state: State, error: Problem | None = None) -> None:
        """Come to an end."""
        self.state, self.stage, self.error, self.finished_at = state, "finished", error, time.time()
        self.has_preview = self.has_preview and state == "done"
        self.progress = 1.0 if state == "done" else self.progress

    def advance(self, stage: Stage, done: int, total: int) -> None:
        """Move on within the work; progress never goes back."""
        if self.final:
            return
        low, high = SHARES[stage]
        reached = low + (high - low) * min(done / max(total, 1), 1.0)
        self.stage, self.progress = stage, max(self.progress, round(reached, 3))
        self.changed(self)

    def previewed(self) -> None:
        """There is a first look."""
        if not self.final:
            self.has_preview = True
            self.changed(self)


@dataclass(frozen=True)
class Limits:
    """The page's bounds; a notebook, which serves one person, sets most of them wider."""

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
