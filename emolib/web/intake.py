"""From a form to a job: every field checked, files under our own names, looked into, queued."""

from __future__ import annotations

import asyncio
import math
import secrets
import shutil
from typing import Any

from fastapi import Request

from emolib.base.emotions import EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import ConfigError
from emolib.web.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak
from emolib.web.form import Form, read_form
from emolib.web.jobs import Job, Order
from emolib.web.probe import look_into
from emolib.web.queue import JobQueue
from emolib.web.refusal import invalid
from emolib.web.settings import Limits
from emolib.web.state import FACE, VOICE

PROBES = 2  # files looked into at once
EXAMPLE = {"face_id": "9001", "voice_id": "9002_MTI", "emotion": "happiness"}
FILE = {"type": "string", "format": "binary"}
FORM: dict[str, Any] = {  # what OpenAPI says of the form
    "type": "object",
    "required": ["emotion"],
    "allOf": [
        {"oneOf": [{"required": [name]} for name in names]}
        for names in (("face", "face_id"), ("voice", "voice_id", "text", "own_sound"))
    ],
    "properties": {
        "face": FILE | {"description": "a picture or video; or `face_id`"},
        "face_id": {"type": "string", "description": "of /api/options.faces"},
        "voice": FILE | {"description": "a sound or video; or one of the next three"},
        "voice_id": {"type": "string", "description": "of /api/options.voices"},
        "text": {"type": "string", "description": "spoken by a synthetic voice"},
        "own_sound": {"type": "boolean", "description": "the face video's own sound"},
        "text_language": {"type": "string", "enum": list(LANGUAGES)},
        "text_voice": {"type": "string", "enum": list(TEXT_VOICES)},
        "emotion": {"type": "string", "enum": [*NAMES.values(), *EMOTIONS]},
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 1},
        "consent": {
            "type": "boolean",
            "description": "needed with files: the people in them agreed to it",
        },
        "keep": {"type": "boolean", "description": "go on although nobody asks about it"},
    },
}


class Intake:
    """Takes jobs in."""

    def __init__(self, queue: JobQueue, catalogue: Catalogue, limits: Limits):
        self.queue, self.catalogue, self.limits = queue, catalogue, limits
        self._probes = asyncio.Semaphore(PROBES)

    async def receive(self, request: Request) -> Job:
        """A queued job from a multipart form.

        Raises:
            Refusal: no place, too many bytes, a wrong field, an unfit file; nothing is kept then.
        """
        job_id = secrets.token_urlsafe(16)
        folder = self.queue.store.job_folder(job_id)
        with self.queue.place(job_id):
            try:
                order = await self._order(await read_form(request, folder, (FACE, VOICE)))
                job = Job(order, job_id)
                self.queue.submit(job)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return job

    async def _order(self, form: Form) -> Order:
        try:
            emotion = parse_emotion(form.text("emotion") or "")
        except ConfigError as error:
            raise invalid("unknown emotion", f"use {error.expected}") from None
        face, voice, text = form.file(FACE), form.file(VOICE), form.text("text")
        face_id, voice_id = form.text("face_id"), form.text("voice_id")
        own_sound = form.flag("own_sound")
        if (face is not None) + (face_id is not None) != 1:
            raise invalid("choose one face", "send either face or face_id")
        if (voice is not None) + (voice_id is not None) + (text is not None) + own_sound != 1:
            raise invalid("choose one voice", "send one of voice, voice_id, text, own_sound")
        if (face or voice) and not form.flag("consent"):
            raise invalid(
                "the people whose face and voice these are must have agreed",
                "ask them, then send consent=true",
                "consent_needed",
            )
        order = Order(
            face=str(face or _known(self.catalogue.faces, face_id, "face").path),
            voice=voice and str(voice),
            emotion=emotion,
            strength=_strength(form.text("strength")),
            text=self._text(text),
            text_language=form.one_of("text_language", LANGUAGES, "en"),
            text_voice=form.one_of("text_voice", TEXT_VOICES, "female"),
            uploaded=bool(face or voice),
            keep=form.flag("keep"),
        )
        if voice_id:
            order.voice = str(_known(self.catalogue.voices, voice_id, "voice").path)
        files = {}
        if face:
            files["face+sound" if own_sound else "face"] = face
        if voice:
            files["voice"] = voice
        if files:
            async with self._probes:
                await look_into(files, self.limits)
        return order

    def _text(self, text: str | None) -> str | None:
        if text is None:
            return None
        if not can_speak():
            raise invalid("text cannot be spoken on this server", "send or pick a voice")
        if len(text) > self.limits.max_text:
            raise invalid(
                f"the text has {len(text)} characters",
                f"use at most {self.limits.max_text}",
                "too_long",
            )
        if not any(letter.isalnum() for letter in text):
            raise invalid("the text has nothing to say", "write a sentence")
        return text


def _known(shelf: dict, wanted: str, what: str):
    if wanted not in shelf:
        raise invalid(f"there is no such {what} to pick", f"use an id of /api/options.{what}s")
    return shelf[wanted]


def _strength(text: str | None) -> float:
    try:
        strength = float(text or 1)
    except ValueError:
        strength = math.nan
    if not 0 <= strength <= 1:
        raise invalid("the strength is out of range", "use a number from 0 to 1")
    return strength
