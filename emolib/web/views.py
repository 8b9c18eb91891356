"""What the API takes and answers; from this the OpenAPI document is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, create_model

from emolib import __version__
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.studio import survey
from emolib.studio.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Job, Stage, State
from emolib.studio.problems import Problem
from emolib.web.settings import ServeSettings

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


ACCEPT = {
    "face": "video/*,image/png,image/jpeg,image/webp,image/bmp",
    "voice": "audio/*,video/*",
}


def _view(title: str, /, **fields: type) -> type[BaseModel]:
    return create_model(title, **{field: (kind, ...) for field, kind in fields.items()})


EmotionView = _view("EmotionView", code=str, name=str, colour=str)
FaceView = _view("FaceView", id=str, label=str, thumbnail=str)
VoiceView = _view("VoiceView", id=str, label=str, speaker=str, seconds=float, audio=str)
Choice = _view("Choice", id=str, label=str)
TextView = _view(
    "TextView", available=bool, max_characters=int, languages=list[Choice], voices=list[str]
)
RangeView = _view("RangeView", min=float, max=float, default=float)
QuestionView = _view("QuestionView", id=str, text=str)
StudyView = _view("StudyView", scale=tuple[int, int], questions=list[QuestionView], consent=str)
ModelView = _view("ModelView", name=str, ready=bool)
BOUNDS = {  # what a visitor must keep to
    **dict.fromkeys(("max_upload_bytes", "max_video_pixels", "max_picture_pixels", "queue"), int),
    **dict.fromkeys(("min_sound_s", "max_sound_s", "max_video_s", "abandon_s"), float),
}
LimitsView = _view("LimitsView", retention_minutes=float, **BOUNDS)


class OptionsView(BaseModel):
    """All that a page needs to offer its choices."""

    emotions: list[EmotionView]
    faces: list[FaceView]
    voices: list[VoiceView]
    text: TextView
    strength: RangeView
    limits: LimitsView
    accept: dict[str, str]
    study: StudyView
    model: ModelView
    version: str
    needs_token: bool


def options_view(catalogue: Catalogue, settings: ServeSettings, engine: JobEngine) -> OptionsView:
    """What can be chosen on this server."""
    limits = settings.limits
    model = next((worker.model for worker in engine.workers if worker.model), "")
    bounds = {name: getattr(limits, name) for name in BOUNDS}
    faces, voices = catalogue.faces.values(), catalogue.voices.values()
    return OptionsView(
        emotions=[EmotionView(code=c, name=NAMES[c], colour=COLOURS[c]) for c in EMOTIONS],
        faces=[
            FaceView(id=face.id, label=face.label, thumbnail=f"/api/faces/{face.id}/thumbnail")
            for face in faces
        ],
        voices=[
            VoiceView(
                id=voice.id,
                label=voice.label,
                speaker=voice.actor,
                seconds=voice.seconds,
                audio=f"/api/voices/{voice.id}/audio",
            )
            for voice in voices
        ],
        text=TextView(
            available=can_speak(),
            max_characters=limits.max_text,
            languages=[Choice(id=code, label=name) for code, name in LANGUAGES.items()],
            voices=list(TEXT_VOICES),
        ),
        strength=RangeView(min=0.0, max=1.0, default=1.0),
        limits=LimitsView(retention_minutes=limits.retention_s / 60, **bounds),
        accept=ACCEPT,
        study=StudyView(
            scale=(survey.LOW, survey.HIGH),
            questions=[QuestionView(id=key, text=text) for key, text in survey.QUESTIONS.items()],
            consent=survey.CONSENT,
        ),
        model=ModelView(name=model or settings.checkpoint, ready=engine.ready),
        version=__version__,
        needs_token=bool(settings.token),
    )
