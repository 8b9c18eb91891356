"""The API, thin: every route asks the job engine, the catalogue or the survey, and says what it
said."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from emolib.base.emotions import NAMES
from emolib.studio.catalogue import Catalogue, portrait
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import PREVIEW, Job
from emolib.studio.problems import StudioError
from emolib.studio.store import keep_answer, save_job
from emolib.studio.survey import QUESTIONS, Answer
from emolib.web import views
from emolib.web.errors import ProblemView
from emolib.web.middleware import COOKIE, same, session_of
from emolib.web.orders import EXAMPLE, JobForm, receive_job
from emolib.web.settings import ServeSettings
from emolib.web.views import AnswerForm, JobView, TokenForm, job_view

PAUSE_S = 0.1  # between two looks at a job: whoever is slow gets fewer events, not older ones
REFUSALS = (400, 401, 403, 404, 408, 409, 413, 415, 422, 503)
BINARY = {"schema": {"type": "string", "format": "binary"}}
ASKED = {"schema": JobForm.model_json_schema(), "example": EXAMPLE}
KEPT = {"Cache-Control": "private, no-cache"}  # a browser may keep it, but must ask again


def _file(kind: str, *statuses: int) -> dict:
    """A route that answers with a file of this kind."""
    responses = {status: {"content": {kind: BINARY}} for status in statuses}
    return {"response_class": FileResponse, "responses": responses}


def routes_of(engine: JobEngine, catalogue: Catalogue, settings: ServeSettings) -> APIRouter:
    """The API over an engine."""
    api = APIRouter(prefix="/api", responses={code: {"model": ProblemView} for code in REFUSALS})

    @api.get("/options", tags=["choices"])
    async def options() -> dict:
        """What can be chosen, the limits, and the study's questions."""
        return views.options_view(catalogue, settings, engine)

    @api.get("/health", tags=["server"])
    async def health() -> dict:
        """Whether the server can work, and how busy it is."""
        return views.health_view(engine)

    @api.get("/faces/{face_id}/thumbnail", tags=["choices"], **_file("image/jpeg", 200))
    def face_thumbnail(face_id: str) -> Response:
        """A small picture of a face to pick."""
        face = _picked(catalogue.faces, face_id, "face")
        return Response(portrait(face), media_type="image/jpeg", headers=KEPT)

    @api.get("/voices/{voice_id}/audio", tags=["choices"], **_file("audio/wav", 200, 206))
    def voice_audio(voice_id: str) -> FileResponse:
        """A voice to pick, to listen to."""
        voice = _picked(catalogue.voices, voice_id, "voice")
        return FileResponse(voice, media_type="audio/wav", headers=KEPT)

    @api.post(
        "/jobs",
        tags=["jobs"],
        status_code=202,
        openapi_extra={
            "requestBody": {"required": True, "content": {"multipart/form-data": ASKED}}
        },
    )
    async def create_job(request: Request, response: Response) -> JobView:
        """Ask for a film: a face, a voice, an emotion."""
        job = await receive_job(request, engine, catalogue)
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return job_view(job, engine)

    async def job_of(job_id: Annotated[str, Path(max_length=64)]) -> Job:
        return engine.get(job_id)

    this_job = Annotated[Job, Depends(job_of)]

    @api.get("/jobs/{job_id}", tags=["jobs"])
    async def read_job(job: this_job) -> JobView:
        """How far a job is."""
        return job_view(job, engine)

    @api.delete("/jobs/{job_id}", tags=["jobs"], status_code=204)
    async def delete_job(job: this_job) -> None:
        """Stop a job if need be, and delete everything about it."""
        engine.delete(job)

    @api.get("/jobs/{job_id}/events", tags=["jobs"], response_class=EventSourceResponse)
    async def job_events(job: this_job) -> AsyncIterator[ServerSentEvent]:
        """A job's life as server-sent events. Each carries the whole job, so none is missed."""
        job.watchers += 1
        looked, last = False, ""
        try:
            yield ServerSentEvent(retry=2000)
            while True:
                last_one = job.final or engine.closing
                view = job_view(job, engine).model_dump_json()
                if view != last:
                    first_look = job.has_preview and not looked and not job.final
                    looked = looked or first_look
                    name = {"queued": "queued", "running": "progress"}.get(job.state, job.state)
                    yield ServerSentEvent(event="preview" if first_look else name, raw_data=view)
                    last = view
                if last_one:
                    return
                await asyncio.sleep(PAUSE_S)
        finally:
            job.watchers -= 1
            job.seen_at = time.monotonic()

    @api.get("/jobs/{job_id}/preview", tags=["jobs"], **_file("image/jpeg", 200, 206))
    async def job_preview(job: this_job) -> FileResponse:
        """A first look: one labelled picture."""
        return _outcome(job.folder / PREVIEW, "image/jpeg", ready=job.has_preview)

    @api.get("/jobs/{job_id}/result", tags=["jobs"], **_file("video/mp4", 200, 206))
    async def job_result(job: this_job, download: Annotated[bool, Query()] = False) -> FileResponse:
        """The film; ranges are served, so it can be played from anywhere."""
        name = f"talking-face-{NAMES[job.order.emotion]}.mp4" if download else None
        return _outcome(job.film, "video/mp4", ready=job.state == "done", name=name)

    @api.post("/study", tags=["study"], status_code=201)
    async def answer_study(answer: AnswerForm) -> dict:
        """Keep the answers to the study's four questions."""
        if not answer.consent:
            message = "answers are kept only with consent"
            raise StudioError("consent_needed", message, "tick the box")
        scores = answer.model_dump(include=set(QUESTIONS))
        if all(score is None for score in scores.values()):
            raise StudioError("invalid", "no question is answered", "answer at least one of four")
        kept = Answer(datetime.now(UTC).date().isoformat(), **scores)
        with engine.lock:
            if job := engine.jobs.get(answer.job_id or ""):
                if job.answered:
                    raise StudioError("already_answered", "this film has been rated already")
                model = (job.report or {}).get("model", "")
                kept = replace(kept, emotion=job.order.emotion, model=model)
            keep_answer(engine.folder, kept)
            if job:
                job.answered = True
                save_job(job)
        return {"stored": True}

    @api.post("/session", tags=["server"], status_code=204)
    async def open_session(form: TokenForm, response: Response) -> None:
        """Change the token into a cookie, for browsers."""
        give_cookie(response, settings, form.token)

    return api


def give_cookie(response: Response, settings: ServeSettings, token: str) -> None:
    """Set the session cookie.

    Raises:
        StudioError: the token is wrong.
    """
    right = settings.token
    if not right:
        return
    if not same(token, right):
        raise StudioError("unauthorized", "this is not the token")
    cookie = {"httponly": True, "samesite": "strict", "secure": settings.tls}
    response.set_cookie(COOKIE, session_of(right), **cookie)


def _picked(picks: dict, wanted: str, what: str) -> File:
    if wanted not in picks:
        raise StudioError("not_found", f"there is no such {what}", "use an id of /api/options")
    return picks[wanted].path


def _outcome(path: File, kind: str, *, ready: bool, name: str | None = None) -> FileResponse:
    if not ready or not path.is_file():
        raise StudioError("not_ready", "this is not ready", "wait for the job's events")
    return FileResponse(path, media_type=kind, headers=KEPT, filename=name)
