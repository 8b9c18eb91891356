"""What the API takes and answers, apart from `options`: from this the OpenAPI document is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from emolib import __version__
from emolib.base.emotions import NAMES
from emolib.studio import survey
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Job, Stage, State
from emolib.studio.problems import Problem

Score = Annotated[StrictInt, Field(ge=survey.LOW, le=survey.HIGH)] | None


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
    """A job as the outside sees it; `position` counts from 1 among those who wait."""

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


class WorkerView(BaseModel):
    """One worker."""

    device: str
    state: str


class QueueView(BaseModel):
    """How busy it is."""

    waiting: int
    running: int
    capacity: int


class HealthView(BaseModel):
    """How the server is."""

    status: str
    ready: bool
    workers: list[WorkerView]
    queue: QueueView
    version: str


class AnswerForm(BaseModel):
    """The study's answers: null skips a question; consent is needed."""

    model_config = ConfigDict(extra="forbid")

    usability: Score = None
    design: Score = None
    functionality: Score = None
    overall: Score = None
    consent: Annotated[StrictBool, Field(json_schema_extra={"const": True})]
    job_id: Annotated[str, Field(max_length=64)] | None = None


class Stored(BaseModel):
    """That something was kept."""

    stored: bool


class TokenForm(BaseModel):
    """The server's token."""

    token: Annotated[str, Field(max_length=1000)]


def job_view(job: Job, engine: JobEngine) -> JobView:
    """A job as it is now, with its place in the queue."""
    with engine.lock:  # all of one moment
        position, wait_s = engine.position(job)
        url, finished = f"/api/jobs/{job.id}", job.finished_at
        return JobView(
            id=job.id,
            state=job.state,
            stage=job.stage,
            position=position,
            wait_s=wait_s,
            progress=job.progress,
            emotion=NAMES[job.order.emotion],
            strength=job.order.strength,
            created_at=_utc(job.created_at),
            started_at=_utc(job.started_at),
            finished_at=_utc(finished),
            expires_at=_utc(finished and finished + engine.limits.retention_s),
            preview_url=f"{url}/preview" if job.has_preview else None,
            result_url=f"{url}/result" if job.state == "done" else None,
            error=job.error,
            report=job.report,
        )


def health_view(engine: JobEngine) -> HealthView:
    """Whether the server can work, and how busy it is."""
    queue = {"waiting": len(engine.waiting), "running": engine.n_running}
    return HealthView(
        status="stopping" if engine.closing else "ok" if engine.ready else "starting",
        ready=engine.ready,
        workers=[WorkerView(device=one.device, state=one.state) for one in engine.workers],
        queue=QueueView(**queue, capacity=engine.limits.queue),
        version=__version__,
    )


def _utc(moment: float | None) -> datetime | None:
    return None if moment is None else datetime.fromtimestamp(round(moment), UTC)
