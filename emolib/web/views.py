"""What the API answers, apart from jobs: models from which the OpenAPI document is made."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from emolib import __version__
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.web import study
from emolib.web.catalogue import LANGUAGES, TEXT_VOICES, Catalogue, can_speak
from emolib.web.settings import Limits, ServeSettings

ACCEPT = {
    "face": "video/*,image/png,image/jpeg,image/webp,image/bmp",
    "voice": "audio/*,video/*",
}
Score = Annotated[StrictInt, Field(ge=study.LOW, le=study.HIGH)] | None


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


class WorkerView(BaseModel):
    """One worker process."""

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


def options_view(
    catalogue: Catalogue, settings: ServeSettings, model: str, ready: bool
) -> OptionsView:
    """What can be chosen on this server."""
    limits = settings.limits
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
                speaker=voice.speaker,
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
        limits=limits_view(limits),
        accept=ACCEPT,
        study=StudyView(
            scale=(study.LOW, study.HIGH),
            questions=[QuestionView(id=key, text=text) for key, text in study.QUESTIONS.items()],
            consent=study.CONSENT,
        ),
        model=ModelView(name=model or settings.checkpoint, ready=ready),
        version=__version__,
        needs_token=bool(settings.token),
    )


def limits_view(limits: Limits) -> LimitsView:
    """The bounds that concern a visitor."""
    shared = set(LimitsView.model_fields) - {"retention_minutes"}
    values = {name: getattr(limits, name) for name in shared}
    return LimitsView(retention_minutes=limits.retention_s / 60, **values)
