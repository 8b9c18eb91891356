"""From a form to a job: every field checked, files looked into, queued."""

from __future__ import annotations

import asyncio
import math
import shutil
from pathlib import Path
from typing import Any

from fastapi import Request

from emolib.base.emotions import EMOTIONS, NAMES, parse_emotion
from emolib.base.errors import AudioError, ConfigError
from emolib.generate.order import Order, SpokenText
from emolib.studio.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak, check_text
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import FACE, VOICE, Job, Limits, new_id
from emolib.studio.uploads import check_uploads
from emolib.web.errors import invalid
from emolib.web.form import Form, read_form

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


async def receive_job(request: Request, engine: JobEngine, catalogue: Catalogue) -> Job:
    """A queued job from a form.

    Raises:
        StudioError: no place, too many bytes, a wrong field, an unfit file; nothing is kept then.
    """
    job_id, limits = new_id(), engine.limits
    folder = engine.store.job_folder(job_id)
    with engine.place(job_id):
        try:
            form = await read_form(request, folder, (FACE, VOICE))
            order, files = order_of(form, catalogue, limits)
            if files:
                await asyncio.to_thread(check_uploads, files, limits)
            job = Job(order, folder, id=job_id, keep=form.flag("keep"))
            engine.submit(job)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return job


def order_of(form: Form, catalogue: Catalogue, limits: Limits) -> tuple[Order, dict[str, Path]]:
    """What a form asks for, and its own files by role."""
    try:
        emotion = parse_emotion(form.text("emotion") or "")
    except ConfigError as error:
        raise invalid("unknown emotion", f"use {error.expected}") from None
    face, face_id = form.file(FACE), form.text("face_id")
    voice, voice_id, text = form.file(VOICE), form.text("voice_id"), form.text("text")
    own_sound = form.flag("own_sound")
    if (face is None) == (face_id is None):
        raise invalid("choose one face", "send either face or face_id")
    if sum(given is not None for given in (voice, voice_id, text)) + own_sound != 1:
        raise invalid("choose one voice", "send one of voice, voice_id, text, own_sound")
    if (face or voice) and not form.flag("consent"):
        message = "the people whose face and voice these are must have agreed"
        raise invalid(message, "ask them, then send consent=true", "consent_needed")
    language = form.one_of("text_language", LANGUAGES, "en")
    spoken_by = form.one_of("text_voice", TEXT_VOICES, "female")
    audio = voice
    if voice_id is not None:
        audio = _picked(catalogue.voices, voice_id, "voice")
    elif text is not None:
        audio = SpokenText(_checked(text, limits), language, spoken_by)
    order = Order(
        face or _picked(catalogue.faces, face_id, "face"),
        audio,
        emotion,
        strength=_strength(form.text("strength")),
        max_seconds=limits.max_sound_s + 1,
        max_picture_px=limits.picture_side_px,
        remember=not (face or voice),
    )
    files = {"face+sound" if own_sound else "face": face, "voice": voice}
    return order, {role: file for role, file in files.items() if file}


def _picked(picks: dict, wanted: str, what: str) -> Path:
    if wanted not in picks:
        raise invalid(f"there is no such {what} to pick", f"use an id of /api/options.{what}s")
    return picks[wanted].path


def _checked(text: str, limits: Limits) -> str:
    if not can_speak():
        raise invalid("text cannot be spoken on this server", "send or pick a voice")
    try:
        return check_text(text, limits.max_text)
    except AudioError as error:
        code = "too_long" if len(text) > limits.max_text else "invalid"
        raise invalid(error.problem, error.fix or f"use at most {limits.max_text}", code) from None


def _strength(text: str | None) -> float:
    try:
        strength = float(text or 1)
    except ValueError:
        strength = math.nan
    if not 0 <= strength <= 1:
        raise invalid("the strength is out of range", "use a number from 0 to 1")
    return strength
