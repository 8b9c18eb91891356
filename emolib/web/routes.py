"""The API, thin: every route asks the queue, the intake or the study, and says what it said."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from emolib import __version__
from emolib.base.emotions import NAMES
from emolib.web import study
from emolib.web.catalogue import thumbnail
from emolib.web.guard import COOKIE, same, session_of
from emolib.web.house import House
from emolib.web.intake import EXAMPLE, FORM
from emolib.web.jobs import Job, JobView
from emolib.web.problems import ProblemView
from emolib.web.refusal import Refusal, not_found
from emolib.web.sse import events
from emolib.web.state import PREVIEW, RESULT
from emolib.web.views import (
    AnswerForm,
    HealthView,
    OptionsView,
    QueueView,
    Stored,
    TokenForm,
    WorkerView,
    options_view,
)

WRONG = {"model": ProblemView}
COMMON = dict.fromkeys((400, 401, 403, 408, 413), WRONG)
REFUSED = {415: WRONG, 422: WRONG, 503: WRONG}
BINARY = {"schema": {"type": "string", "format": "binary"}}
ASKED = {"schema": FORM, "example": EXAMPLE}
FOLLOWING = {  # what can be done with a job that was taken
    name: {"operationId": name, "parameters": {"job_id": "$response.body#/id"}}
    for name in ("read_job", "job_events", "job_preview", "job_result", "delete_job")
}
KEPT = {"Cache-Control": "private, no-cache"}  # a browser may keep it, but must ask again

api = APIRouter(prefix="/api", responses=COMMON)


async def house_of(request: Request) -> House:
    """The parts of the running server. Plain functions would run in a thread of their own."""
    return request.app.state.house


Parts = Annotated[House, Depends(house_of)]


async def job_of(job_id: Annotated[str, Path(max_length=64)], house: Parts) -> Job:
    """The job named in the path."""
    return house.queue.get(job_id)


ThisJob = Annotated[Job, Depends(job_of)]


def _file(*kinds: str) -> dict:
    return {"content": dict.fromkeys(kinds, BINARY)}


@api.get("/options", tags=["choices"])
async def options(house: Parts) -> OptionsView:
    """What can be chosen, the limits, and the study's questions."""
    return options_view(house.catalogue, house.settings, house.crew.model, house.crew.ready)


@api.get("/health", tags=["server"])
async def health(house: Parts) -> HealthView:
    """Whether the server can work, and how busy it is."""
    queue, crew = house.queue, house.crew
    status = "stopping" if queue.closing else "ok" if crew.ready else "starting"
    return HealthView(
        status=status,
        ready=crew.ready,
        workers=[WorkerView(device=one.device, state=one.state) for one in crew.workers],
        queue=QueueView(
            waiting=len(queue.waiting),
            running=len(queue.running),
            capacity=house.settings.limits.queue,
        ),
        version=__version__,
    )


@api.get(
    "/faces/{face_id}/thumbnail",
    tags=["choices"],
    response_class=Response,
    responses={200: _file("image/jpeg"), 404: WRONG},
)
def face_thumbnail(face_id: str, house: Parts) -> Response:
    """A small picture of a face to pick."""
    face = house.catalogue.faces.get(face_id)
    if face is None:
        raise not_found("face")
    return Response(thumbnail(face.path), media_type="image/jpeg", headers=KEPT)


@api.get(
    "/voices/{voice_id}/audio",
    tags=["choices"],
    response_class=FileResponse,
    responses={200: _file("audio/wav"), 206: _file("audio/wav"), 404: WRONG},
)
def voice_audio(voice_id: str, house: Parts) -> FileResponse:
    """A voice to pick, to listen to."""
    voice = house.catalogue.voices.get(voice_id)
    if voice is None:
        raise not_found("voice")
    return FileResponse(voice.path, media_type="audio/wav", headers=KEPT)


@api.post(
    "/jobs",
    tags=["jobs"],
    status_code=202,
    responses=REFUSED | {202: {"links": FOLLOWING}},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": ASKED}}},
)
async def create_job(request: Request, response: Response, house: Parts) -> JobView:
    """Ask for a film: a face, a voice, an emotion."""
    job = await house.intake.receive(request)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return house.queue.view(job)


@api.get("/jobs/{job_id}", tags=["jobs"], responses={404: WRONG})
async def read_job(job: ThisJob, house: Parts) -> JobView:
    """How far a job is."""
    return house.queue.view(job)


@api.delete("/jobs/{job_id}", tags=["jobs"], status_code=204, responses={404: WRONG})
async def delete_job(job: ThisJob, house: Parts) -> None:
    """Stop a job if need be, and delete everything about it."""
    house.queue.delete(job)


@api.get(
    "/jobs/{job_id}/events",
    tags=["jobs"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 404: WRONG},
)
async def job_events(job: ThisJob, house: Parts) -> StreamingResponse:
    """A job's life as server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        events(job, house.queue), media_type="text/event-stream", headers=headers
    )


@api.get(
    "/jobs/{job_id}/preview",
    tags=["jobs"],
    response_class=FileResponse,
    responses={200: _file("image/jpeg"), 206: _file("image/jpeg"), 404: WRONG, 409: WRONG},
)
async def job_preview(job: ThisJob, house: Parts) -> FileResponse:
    """A first look: one labelled picture."""
    return _outcome(house, job, PREVIEW, "image/jpeg", ready=job.has_preview)


@api.get(
    "/jobs/{job_id}/result",
    tags=["jobs"],
    response_class=FileResponse,
    responses={200: _file("video/mp4"), 206: _file("video/mp4"), 404: WRONG, 409: WRONG},
)
async def job_result(
    job: ThisJob, house: Parts, download: Annotated[bool, Query()] = False
) -> FileResponse:
    """The film; ranges are served, so it can be played from anywhere."""
    name = f"talking-face-{NAMES[job.order.emotion]}.mp4" if download else None
    return _outcome(house, job, RESULT, "video/mp4", ready=job.state == "done", name=name)


def _outcome(
    house: House, job: Job, file: str, kind: str, *, ready: bool, name: str | None = None
) -> FileResponse:
    path = house.queue.store.job_folder(job.id) / file
    if not ready or not path.is_file():
        raise Refusal(409, "not_ready", "this is not ready", "wait for the job's events")
    return FileResponse(path, media_type=kind, headers=KEPT, filename=name)


@api.post("/study", tags=["study"], status_code=201, responses={409: WRONG, 422: WRONG})
async def answer_study(answer: AnswerForm, house: Parts) -> Stored:
    """Keep the answers to the study's four questions."""
    job = house.queue.jobs.get(answer.job_id or "")
    if job is not None and job.answered:
        raise Refusal(409, "already_answered", "this film has been rated already")
    about = {}
    if job is not None:
        about = {"emotion": job.order.emotion, "model": job.report.model if job.report else ""}
    given = answer.model_dump(exclude={"job_id"})
    checked = study.validate(given, **about)
    if job is not None:
        job.answered = True  # before the wait below: a second answer in it is refused
    try:
        await asyncio.to_thread(study.append, checked, house.settings.state / "study.csv")
    except BaseException:
        if job is not None:
            job.answered = False
        raise
    if job is not None and not job.deleted:
        house.queue.store.save(job)
    return Stored(stored=True)


@api.post("/session", tags=["server"], status_code=204, responses={422: WRONG})
async def open_session(form: TokenForm, response: Response, house: Parts) -> None:
    """Change the token into a cookie, for browsers."""
    give_cookie(response, house, form.token)


def give_cookie(response: Response, house: House, token: str) -> None:
    """Set the session cookie.

    Raises:
        Refusal: 401, the token is wrong.
    """
    right = house.settings.token
    if not right:
        return
    if not same(token, right):
        raise Refusal(401, "unauthorized", "this is not the token")
    response.set_cookie(
        COOKIE, session_of(right), httponly=True, samesite="strict", secure=house.settings.tls
    )
