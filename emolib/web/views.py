"""What the API takes and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    create_model,
)

from emolib import __version__
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.studio import survey
from emolib.studio.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Job, Stage, State
from emolib.studio.problems import Problem
from emolib.web.settings import ServeSettings

Moment = Annotated[datetime, BeforeValidator(round)] | None  # from seconds since 1970
Score = Annotated[StrictInt, Field(ge=survey.LOW, le=survey.HIGH)] | None
ACCEPT = {
    "face": "video/*,image/png,image/jpeg,image/webp,image/bmp",
    "voice": "audio/*,video/*",
}
BOUNDS = (  # what a visitor must keep to
    *("max_upload_bytes", "max_video_pixels", "max_picture_pixels", "queue"),
    *("min_sound_s", "max_sound_s", "max_video_s", "abandon_s"),
)


def _view(title: str, /, **fields: type) -> type[BaseModel]:
    return create_model(title, **{field: (kind, ...) for field, kind in fields.items()})


TokenForm = _view("TokenForm", token=Annotated[str, Field(max_length=1000)])


class AnswerForm(BaseModel):
    """The study's answers: null skips a question; consent is needed."""

    model_config = ConfigDict(extra="forbid")

    usability: Score = None
    design: Score = None
    functionality: Score = None
    overall: Score = None
    consent: Annotated[StrictBool, Field(json_schema_extra={"const": True})]
    job_id: Annotated[str, Field(max_length=64)] | None = None


SAME = {  # of a job and its view
    **{"id": str, "state": State, "stage": Stage, "progress": float},
    **dict.fromkeys(("created_at", "started_at", "finished_at"), Moment),
    "error": Problem | None,
}
Report = _view(
    "Report",
    **dict.fromkeys(("seconds", "total_s"), float),
    **dict.fromkeys(("frames", "width", "height"), int),
    **dict.fromkeys(("model", "device", "signature_note"), str),
    signed=bool,
    notes=list[str],
)
JobView = _view(
    "JobView",
    **SAME,
    report=Report | None,
    position=int | None,  # counts from 1 among those who wait
    wait_s=float | None,
    emotion=str,
    strength=float,
    expires_at=Moment,
    preview_url=str | None,
    result_url=str | None,
)


def job_view(job: Job, engine: JobEngine) -> JobView:
    """A job as the outside sees it now, with its place in the queue."""
    with engine.lock:  # all of one moment
        waits = job in engine.waiting
        ahead = engine.waiting.index(job) if waits else 0
        wait_s = round((ahead + 0.5 * bool(_n_running(engine))) * engine.usual_s, 1)
        url, finished = f"/api/jobs/{job.id}", job.finished_at
        return JobView(
            **{name: getattr(job, name) for name in SAME},
            report=job.report,
            position=ahead + 1 if waits else None,
            wait_s=wait_s if waits and engine.usual_s else None,
            emotion=NAMES[job.order.emotion],
            strength=job.order.strength,
            expires_at=finished and finished + engine.limits.retention_s,
            preview_url=f"{url}/preview" if job.has_preview else None,
            result_url=f"{url}/result" if job.state == "done" else None,
        )


def _n_running(engine: JobEngine) -> int:
    return sum(worker.job is not None for worker in engine.workers)


def health_view(engine: JobEngine) -> dict:
    """Whether the server can work, and how busy it is."""
    queue = {"waiting": len(engine.waiting), "running": _n_running(engine)}
    return {
        "status": "stopping" if engine.closing else "ok" if engine.ready else "starting",
        "ready": engine.ready,
        "workers": [{"device": one.device, "state": one.state} for one in engine.workers],
        "queue": queue | {"capacity": engine.limits.queue},
        "version": __version__,
    }


def options_view(catalogue: Catalogue, settings: ServeSettings, engine: JobEngine) -> dict:
    """All that a page needs to offer the choices of this server."""
    limits = settings.limits
    model = next((worker.model for worker in engine.workers if worker.model), "")
    return {
        "emotions": [{"code": c, "name": NAMES[c], "colour": COLOURS[c]} for c in EMOTIONS],
        "faces": [
            {"id": key, "label": face.label, "thumbnail": f"/api/faces/{key}/thumbnail"}
            for key, face in catalogue.faces.items()
        ],
        "voices": [
            {"id": key, "label": voice.label, "speaker": voice.actor, "seconds": voice.seconds}
            | {"audio": f"/api/voices/{key}/audio"}
            for key, voice in catalogue.voices.items()
        ],
        "text": {
            "available": can_speak(),
            "max_characters": limits.max_text,
            "languages": [{"id": code, "label": name} for code, name in LANGUAGES.items()],
            "voices": TEXT_VOICES,
        },
        "strength": {"min": 0.0, "max": 1.0, "default": 1.0},
        "limits": {"retention_minutes": limits.retention_s / 60}
        | {name: getattr(limits, name) for name in BOUNDS},
        "accept": ACCEPT,
        "study": {
            "scale": (survey.LOW, survey.HIGH),
            "questions": [{"id": key, "text": text} for key, text in survey.QUESTIONS.items()],
            "consent": survey.CONSENT,
        },
        "model": {"name": model or settings.checkpoint, "ready": engine.ready},
        "version": __version__,
        "needs_token": bool(settings.token),
    }
