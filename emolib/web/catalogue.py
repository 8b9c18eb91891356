"""Faces and voices to pick: the people of the sample corpus, who do not exist."""

from __future__ import annotations

import importlib.util
import io
import logging
import wave
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PIL import Image

from emolib.base.errors import DatasetError
from emolib.base.files import data_dir
from emolib.data.corpora import open_corpus
from emolib.media.video import read_frames
from emolib.synthetic.sentences import ALL_SENTENCES

log = logging.getLogger(__name__)

THUMBNAIL_PX = 256
LANGUAGES = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "pt": "Portuguese",
    "ru": "Russian",
}
TEXT_VOICES = ("female", "male")


@dataclass(frozen=True)
class Face:
    """A face to pick, and the video it is in."""

    id: str
    label: str
    path: Path


@dataclass(frozen=True)
class Voice:
    """A sentence to pick, as somebody says it."""

    id: str
    label: str
    speaker: str
    seconds: float
    path: Path


@dataclass(frozen=True)
class Catalogue:
    """What can be picked, by id."""

    faces: dict[str, Face] = field(default_factory=dict)
    voices: dict[str, Voice] = field(default_factory=dict)


def sample_catalogue() -> Catalogue:
    """One face a person and one voice a sentence of `data/sample`; empty where that is missing."""
    try:
        clips = open_corpus(data_dir() / "sample").clips()
    except DatasetError as error:
        log.warning("no faces and voices to pick: %s", error)
        return Catalogue()
    faces, voices = {}, {}
    for clip in clips:
        if clip.emotion != "NEU":
            continue
        sex = f", {clip.sex}" if clip.sex else ""
        label = f"Person {clip.actor} (synthetic{sex})"
        faces[clip.actor] = Face(clip.actor, label, clip.video)  # the last sentence is the longest
        voice_id = f"{clip.actor}_{clip.sentence}"
        sentence = ALL_SENTENCES.get(clip.sentence)
        said = sentence.text if sentence else clip.sentence
        voices[voice_id] = Voice(voice_id, said, clip.actor, _seconds(clip.audio), clip.audio)
    return Catalogue(faces, voices)


def can_speak() -> bool:
    """Whether text can be spoken here (extra [synth])."""
    return importlib.util.find_spec("espeakng_loader") is not None


@cache
def thumbnail(video: Path) -> bytes:
    """The first picture of a video as a small square JPEG."""
    picture = Image.fromarray(next(read_frames(video)))
    side = min(picture.size)
    left, top = ((n - side) // 2 for n in picture.size)
    picture = picture.crop((left, top, left + side, top + side))
    picture = picture.resize((min(side, THUMBNAIL_PX),) * 2, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _seconds(path: Path) -> float:
    with wave.open(str(path)) as sound:
        return round(sound.getnframes() / sound.getframerate(), 2)
