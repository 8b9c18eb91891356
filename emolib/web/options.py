"""All that a page needs to offer its choices: faces, voices, emotions, limits, questions."""

from __future__ import annotations

from pydantic import BaseModel, create_model

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
