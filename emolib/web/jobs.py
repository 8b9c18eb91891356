"""What a job is, and what the outside sees of it."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from emolib.base.emotions import NAMES
from emolib.web.problems import Problem

State = Literal["queued", "running", "done", "failed", "cancelled"]
Stage = Literal["queued", "preview", "faces", "frames", "finishing", "finished"]
FINAL = ("done", "failed", "cancelled")
SHARES = {  # of a job's time: where each stage begins and ends
    "preview": (0.0, 0.05),
    "faces": (0.05, 0.3),
    "frames": (0.3, 0.97),
    "finishing": (0.97, 0.99),
}


class Report(BaseModel):
    """What was made, and how."""

    seconds: float
    frames: int
    width: int
    height: int
    model: str
    device: str
    signed: bool
    signature_note: str
    notes: list[str]
    total_s: float


class JobView(BaseModel):
    """A job as the outside sees it."""

    id: str
    state: State
    stage: Stage
    position: int | None
    wait_s: float | None
    progress: float
    emotion: str
    strength: float
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    preview_url: str | None
    result_url: str | None
    error: Problem | None
    report: Report | None


@dataclass
class Order:
    """What somebody asked for: plain values that go to the worker and into the database.

    `face` and `voice` are files: of the catalogue, or (`own_…`) of the job's own folder. `voice` is
    None when `text` is to be spoken or when the face video's own sound is to be used.
    """

    face: str
    voice: str | None
    emotion: str  # code
    strength: float = 1.0
    text: str | None = None
    text_language: str = "en"
    text_voice: str = "female"
    uploaded: bool = False  # something in it is a visitor's file
    keep: bool = False


@dataclass(eq=False)
class Job:
    """A job in memory. Times are seconds since 1970, `seen_at` is the monotonic clock."""

    order: Order
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: State = "queued"
    stage: Stage = "queued"
    progress: float = 0.0
    created_at: float = field(default_factory=time.time)
    started_at: float | None = None
    finished_at: float | None = None
    has_preview: bool = False
    error: Problem | None = None
    report: Report | None = None
    answered: bool = False  # the study's questions, about this job
    held: bool = False  # a worker has its files open
    deleted: bool = False  # by its owner
    watchers: int = 0
    seen_at: float = field(default_factory=time.monotonic)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in FINAL

    def touch(self) -> None:
        """Somebody asked about it."""
        self.seen_at = time.monotonic()

    def poke(self) -> None:
        """Wake everybody who watches; they see the newest state, however slow they are."""
        self.changed.set()
        self.changed = asyncio.Event()

    def advance(self, stage: Stage, done: int, total: int) -> None:
        """Move on within the work; progress never goes back."""
        low, high = SHARES[stage]
        reached = low + (high - low) * min(done / max(total, 1), 1.0)
        self.stage, self.progress = stage, max(self.progress, round(reached, 3))

    def view(self, position: int | None, wait_s: float | None, retention_s: float) -> JobView:
        """As the outside sees it; `position` counts from 1 among those who wait."""
        expires = None if self.finished_at is None else self.finished_at + retention_s
        return JobView(
            id=self.id,
            state=self.state,
            stage=self.stage,
            position=position,
            wait_s=wait_s,
            progress=self.progress,
            emotion=NAMES[self.order.emotion],
            strength=self.order.strength,
            created_at=_utc(self.created_at),
            started_at=_utc(self.started_at),
            finished_at=_utc(self.finished_at),
            expires_at=_utc(expires),
            preview_url=f"/api/jobs/{self.id}/preview" if self.has_preview else None,
            result_url=f"/api/jobs/{self.id}/result" if self.state == "done" else None,
            error=self.error,
            report=self.report,
        )


def _utc(moment: float | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(round(moment), UTC)
