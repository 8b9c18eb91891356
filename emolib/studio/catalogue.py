"""Faces and voices to pick: the people of the sample corpus, who do not exist."""

from __future__ import annotations

import importlib.util
import io
import logging
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from emolib.base.config import AUDIO
from emolib.base.errors import EmolibError
from emolib.base.files import data_dir
from emolib.data.corpora import Corpus, open_corpus
from emolib.generate.order import SpokenText
from emolib.media.video import read_frames
from emolib.studio.problems import StudioError
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
class Pick:
    """A face or a voice to pick: its id, what people read, whose it is, its file, its length."""

    id: str
    label: str
    actor: str
    path: Path
    seconds: float


@dataclass(frozen=True)
class Catalogue:
    """What can be picked, by id: one face a person, one voice a person and sentence."""

    faces: dict[str, Pick] = field(default_factory=dict)
    voices: dict[str, Pick] = field(default_factory=dict)


def sample_catalogue(corpus: Corpus | None = None) -> Catalogue:
    """The calm clips of a corpus, by default of `data/sample`; empty where that cannot be read."""
    try:
        clips = (corpus or open_corpus(data_dir() / "sample")).clips()
    except EmolibError as error:
        log.warning("no faces and voices to pick: %s", error)
        return Catalogue()
    calm = sorted((c for c in clips if c.emotion == "NEU"), key=lambda c: (c.actor, c.sentence))
    faces, voices = {}, {}
    for clip in calm:
        try:
            seconds = round(soundfile.info(str(clip.audio)).duration, 2)
        except RuntimeError as error:  # damaged, or not there
            log.warning("%s cannot be picked: %s", clip.audio, error)
            continue
        sex = f", {clip.sex}" if clip.sex else ""
        label = f"Person {clip.actor} (synthetic{sex})"
        faces[clip.actor] = Pick(clip.actor, label, clip.actor, clip.video, seconds)
        sentence = ALL_SENTENCES.get(clip.sentence)
        voice_id = f"{clip.actor}_{clip.sentence}"
        text = sentence.text if sentence else clip.sentence
        voices[voice_id] = Pick(voice_id, text, clip.actor, clip.audio, seconds)
    return Catalogue(faces, voices)


def can_speak() -> bool:
    """Whether text can be spoken here (extra [synth])."""
    return importlib.util.find_spec("espeakng_loader") is not None


def check_text(text: str, max_letters: int) -> str:
    """A text to be spoken, stripped.

    Raises:
        StudioError: nothing to say, or too long.
    """
    text = text.strip()
    if len(text) > max_letters:
        message = f"the text has {len(text)} letters"
        raise StudioError("too_long", message, f"use at most {max_letters}")
    if not any(letter.isalnum() for letter in text):
        raise StudioError("invalid", "the text has nothing to say", "write a sentence")
    return text


def spoken_wav(text: SpokenText) -> bytes:
    """A text as a voice says it, as a WAV file to listen to. Raises as `load_sound`."""
    from emolib.generate.inputs import load_sound

    buffer = io.BytesIO()
    samples = load_sound(text).played
    soundfile.write(buffer, samples, AUDIO.sample_rate_hz, subtype="PCM_16", format="WAV")
    return buffer.getvalue()


def thumbnail(frame: np.ndarray, side_px: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB, resized so that its longer side is `side_px`."""
    height, width = frame.shape[:2]
    scale = side_px / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))


def jpeg(frame: np.ndarray, side_px: int, quality: int = 88) -> bytes:
    """A picture (H, W, 3) uint8 RGB whose longer side is `side_px`, as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(thumbnail(frame, side_px)).save(buffer, format="jpeg", quality=quality)
    return buffer.getvalue()


@cache
def portrait(video: Path, side_px: int = THUMBNAIL_PX) -> bytes:
    """The middle square of a video's first picture as a small JPEG."""
    frame = next(read_frames(video))
    side = min(frame.shape[:2])
    top, left = ((n - side) // 2 for n in frame.shape[:2])
    return jpeg(frame[top : top + side, left : left + side], min(side, side_px))
