"""All that a page needs to offer its choices: faces, voices, emotions, limits, questions."""

from __future__ import annotations

from pydantic import BaseModel

from emolib import __version__
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.studio import survey
from emolib.studio.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak
from emolib.studio.engine import JobEngine
from emolib.web.settings import ServeSettings

ACCEPT = {
    "face": "video/*,image/png,image/jpeg,image/webp,image/bmp",
    "voice": "audio/*,video/*",
}


class EmotionView(BaseModel):
    """One of the six."""

    code: str
    name: str
    colour: str


class FaceView(BaseModel):
    """A face to pick."""

    id: str
    label: str
    thumbnail: str


class VoiceView(BaseModel):
    """A sentence to pick."""

    id: str
    label: str
    speaker: str
    seconds: float
    audio: str


class Choice(BaseModel):
    """An id and what people read."""

    id: str
    label: str


class TextView(BaseModel):
    """Whether and how text can be spoken."""

    available: bool
    max_characters: int
    languages: list[Choice]
    voices: list[str]


class RangeView(BaseModel):
    """A number's range."""

    min: float
    max: float
    default: float


class LimitsView(BaseModel):
    """What a visitor must keep to."""

    max_upload_bytes: int
    min_sound_s: float
    max_sound_s: float
    max_video_s: float
    max_video_pixels: int
    max_picture_pixels: int
    retention_minutes: float
    queue: int
    abandon_s: float


class QuestionView(BaseModel):
    """A question of the study."""

    id: str
    text: str


class StudyView(BaseModel):
    """The study: four questions on one scale, and what one agrees to."""

    scale: tuple[int, int]
    questions: list[QuestionView]
    consent: str


class ModelView(BaseModel):
    """The network at work."""

    name: str
    ready: bool


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
    shared = set(LimitsView.model_fields) - {"retention_minutes"}
    bounds = {name: getattr(limits, name) for name in shared}
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
