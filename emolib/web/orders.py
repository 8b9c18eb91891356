"""From a form to a job: read as it arrives, every field checked, files looked into, queued."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    Strict,
    ValidationError,
    WithJsonSchema,
)
from starlette.formparsers import MultiPartException, MultiPartParser

from emolib.base.emotions import EMOTIONS, NAMES, parse_emotion
from emolib.generate.order import Order, SpokenText
from emolib.studio.catalogue import LANGUAGES, Catalogue, can_speak, check_text
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import FACE, VOICE, Job, Limits
from emolib.studio.problems import StudioError
from emolib.studio.uploads import check_uploads

EXAMPLE = {"face_id": "9001", "voice_id": "9002_MTI", "emotion": "happiness"}
BOUNDS = {"max_fields": 16, "max_part_size": 16 * 2**10}  # of a form's text
Upload = Annotated[Path, Strict(), WithJsonSchema({"type": "string", "format": "binary"})]
Emotion = Annotated[
    str,
    AfterValidator(parse_emotion),
    Field(json_schema_extra={"enum": [*NAMES.values(), *EMOTIONS]}),
]


class JobForm(BaseModel):
    """One face and one voice, each as a file or in another way, and an emotion."""

    face: Annotated[Upload, Field(description="a picture or video; or `face_id`")] = None
    face_id: Annotated[str, Field(description="of /api/options.faces")] = None
    voice: Annotated[Upload, Field(description="a sound or video; or one of the next three")] = None
    voice_id: Annotated[str, Field(description="of /api/options.voices")] = None
    text: Annotated[str, Field(description="spoken by a synthetic voice", pattern="^[^\0]*$")] = (
        None
    )
    own_sound: Annotated[bool, Field(description="the face video's own sound")] = False
    text_language: Literal[tuple(LANGUAGES)] = "en"
    text_voice: Literal["female", "male"] = "female"
    emotion: Emotion
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    consent: Annotated[
        bool, Field(description="needed with files: the people in them agreed to it")
    ] = False
    keep: Annotated[bool, Field(description="go on although nobody asks about it")] = False


class _Parts(MultiPartParser):
    """Reads a form; files go straight into the job's own folder, under their fields' names.

    So an upload is written once, on the disk whose room is watched, and never as a temporary file
    of the system. A visitor's file name is not looked at.
    """

    def __init__(self, request: Request, folder: Path):
        super().__init__(request.headers, request.stream(), max_files=4, **BOUNDS)
        self.folder = folder

    def on_headers_finished(self) -> None:
        """A field's head is read."""
        super().on_headers_finished()
        name, upload = self._current_part.field_name, self._current_part.file
        if upload is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / name if name in (FACE, VOICE) else Path(os.devnull)
            upload.file = path.open("wb")
            self._files_to_close_on_error.append(upload.file)


async def read_form(request: Request, folder: Path) -> JobForm:
    """A request's form, its files in `folder`; empty fields count as absent.

    Raises:
        StudioError: it is no form, or has too many or too large fields.
        RequestValidationError: a field is wrong.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        try:
            data = await _Parts(request, folder).parse()
        except MultiPartException as error:
            raise StudioError("invalid", error.message) from error
    else:
        data = await request.form(max_files=0, **BOUNDS)
    await data.close()
    if len(data.multi_items()) > len(data):
        raise StudioError("invalid", "a field comes twice")
    given: dict[str, str | Path] = {}
    for name, value in data.items():
        if not isinstance(value, str):
            given[name] = folder / name if value.filename or value.size else ""
        else:
            given[name] = value.strip()
    try:
        return JobForm(**{name: value for name, value in given.items() if value})
    except ValidationError as error:
        wrong = [one | {"loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from error


async def receive_job(request: Request, engine: JobEngine, catalogue: Catalogue) -> Job:
    """A queued job from a form.

    Raises:
        StudioError: no place, too many bytes, a wrong field, an unfit file; nothing is kept then.
    """
    limits = engine.limits
    with engine.place() as folder:
        form = await read_form(request, folder)
        order = order_of(form, catalogue, limits)
        files = {"face+sound" if form.own_sound else "face": form.face, "voice": form.voice}
        if files := {role: file for role, file in files.items() if file}:
            await asyncio.to_thread(check_uploads, files, limits)
        job = Job(order, folder, keep=form.keep)
        engine.submit(job)
    return job


def order_of(form: JobForm, catalogue: Catalogue, limits: Limits) -> Order:
    """What a form asks for.

    Raises:
        StudioError: not one face and one voice, no consent, or a text that cannot be spoken.
    """
    if (form.face is None) == (form.face_id is None):
        raise StudioError("invalid", "choose one face", "send either face or face_id")
    voices = (form.voice, form.voice_id, form.text, form.own_sound or None)
    if sum(voice is not None for voice in voices) != 1:
        fix = "send one of voice, voice_id, text, own_sound"
        raise StudioError("invalid", "choose one voice", fix)
    if (form.face or form.voice) and not form.consent:
        message = "the people whose face and voice these are must have agreed"
        raise StudioError("consent_needed", message, "ask them, then send consent=true")
    audio = form.voice
    if form.voice_id is not None:
        audio = _picked(catalogue.voices, form.voice_id, "voice")
    elif form.text is not None:
        if not can_speak():
            message = "text cannot be spoken on this server"
            raise StudioError("invalid", message, "send or pick a voice")
        text = check_text(form.text, limits.max_text)
        audio = SpokenText(text, form.text_language, form.text_voice)
    return Order(
        form.face or _picked(catalogue.faces, form.face_id, "face"),
        audio,
        form.emotion,
        strength=form.strength,
        max_seconds=limits.max_sound_s + 1,
        max_picture_px=limits.picture_side_px,
        remember=not (form.face or form.voice),
    )


def _picked(picks: dict, wanted: str, what: str) -> Path:
    if wanted not in picks:
        message = f"there is no such {what} to pick"
        raise StudioError("invalid", message, f"use an id of /api/options.{what}s")
    return picks[wanted].path
