"""Speech with known phoneme times: a voice per person, prosody per emotion, any text.

Two synthesisers can speak. `kokoro` is natural and speaks English and Hindi; it comes with the
extra [voices]. `espeak` is small and speaks any language. Both give phones with times, and both go
through the same recording: silence before and after, a room, CREMA-D's level.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError, ConfigError, MissingExtra
from emolib.synthetic import espeak, kokoro
from emolib.synthetic.kokoro_network import RATE_HZ, missing
from emolib.synthetic.phones import Phone, find_closures
from emolib.synthetic.prosody import Prosody
from emolib.synthetic.voice import Voice

ENGINES = ("kokoro", "espeak")
_EXTRAS = {"kokoro": ("onnxruntime", "voices"), "espeak": ("espeakng-loader", "synth")}
_LANGUAGES = {"en": "en-us", "en-gb": "en"}  # espeak's own names differ for these
_RATE_WPM = 160
_PITCH, _UNITS_PER_SEMITONE = 45.0, 5.5  # espeak's 0–99; slope measured on its m and f voices
_PITCH_RANGE = 50.0  # espeak's 0–99
_MAX_CHARACTERS = 2000
SPEECH_LEVEL_DB = -26.0  # RMS of the speaking part re full scale, as in CREMA-D's quieter half
_TONE_DB = -68.0
_SPLIT_HZ = 1500  # effort lifts or lowers what lies above
_BREATH_HZ = (1500, 6500)


@dataclass(frozen=True, eq=False)
class Speech:
    """Sound and the phonemes in it: `samples` float32 (n,) in [-1, 1] at 16 kHz."""

    samples: np.ndarray
    phonemes: tuple[Phone, ...]
    text: str
    engine: str = ""  # who spoke: one of `ENGINES`

    @property
    def duration_s(self) -> float:
        return len(self.samples) / AUDIO.sample_rate_hz


def find_engine(wanted: str = "auto") -> tuple[str, str]:
    """The synthesiser to use, and why it is not the better one ("" if it is, or was asked for).

    Raises:
        ConfigError: no such synthesiser.
        MissingExtra: Kokoro was asked for and is not installed whole.
    """
    if wanted not in ("auto", *ENGINES):
        raise ConfigError(f"unknown speech engine {wanted!r}", expected="auto, kokoro or espeak")
    if wanted == "espeak":
        return "espeak", ""
    lacking = missing()
    if lacking and wanted == "kokoro":
        raise MissingExtra(lacking, "voices")
    if lacking:
        return "espeak", f'{lacking} is not installed; fix: pip install "emolib[voices]"'
    return "kokoro", ""


@lru_cache(maxsize=64)
def speak(
    text: str,
    voice: Voice | None = None,
    *,
    prosody: Prosody | None = None,
    language: str = "en",
    engine: str = "auto",
) -> Speech:
    """Speech for any text, the same samples every time for the same arguments.

    Args:
        text: what to say, up to 2,000 characters.
        voice: whose voice (default: a plain male one).
        prosody: how (default: the voice's own way).
        language: a code that espeak-ng knows: "en", "hi", "de", …
        engine: "kokoro", "espeak", or "auto": Kokoro if it is installed. Where Kokoro does not
            speak the language, espeak does.

    Returns:
        `Speech`: samples float32 (n,) at 16 kHz, and phonemes with times in seconds. Treat the
        samples as read-only: equal calls share them.

    Raises:
        AudioError: the text is empty, too long or has nothing to pronounce; the voice or language
            is unknown; the synthesiser failed.
        MissingExtra: the synthesiser is not installed.
        ResourceError: Kokoro's files are damaged.
    """
    voice, prosody, clean = voice or Voice(), prosody or Prosody(), _clean(text)
    engine = find_engine(engine)[0]
    if language not in kokoro.LANGUAGES:
        engine = "espeak"
    try:
        sound, rate_hz, phones = _SPEAKERS[engine](clean, voice, prosody, language)
    except ImportError as error:
        raise MissingExtra(*_EXTRAS[engine]) from error
    except LookupError as error:
        raise AudioError(
            f"unknown voice or language {error.args[0]!r}",
            expected="a language of espeak-ng, such as en, hi, de or fr, and one of its variants",
        ) from error
    except RuntimeError as error:
        raise AudioError(f"the speech synthesiser failed ({error})") from error
    if not phones or not np.abs(sound).max(initial=0) > 1e-3:
        raise AudioError(
            "the text has nothing to pronounce", where=repr(clean[:40]), expected="words"
        )
    samples = _record(sound, rate_hz * voice.tract, voice, prosody)
    samples.flags.writeable = False
    heard = tuple(phone.moved(voice.lead_s, 1 / voice.tract) for phone in phones)
    return Speech(samples, heard, clean, engine)


def _clean(text: str) -> str:
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
    kept = " ".join(kept.split())
    if not kept:
        raise AudioError("there is no text to say", expected="a sentence")
    if len(kept) > _MAX_CHARACTERS:
        raise AudioError(
            f"the text has {len(kept)} characters",
            expected=f"at most {_MAX_CHARACTERS}",
            fix="say it in parts",
        )
    return kept


def _speak_kokoro(text: str, voice: Voice, prosody: Prosody, language: str):
    """Sound, its rate and phones; the recording's change of tract is undone in rate and pitch."""
    clauses = espeak.transcribe(text, _LANGUAGES.get(language, language))
    sound, phones = kokoro.synthesise(
        clauses,
        voice.blend,
        language,
        rate=voice.pace * prosody.rate / voice.tract,
        pitch_st=voice.pitch_st + prosody.pitch_st - 12 * float(np.log2(voice.tract)),
        pitch_range=voice.pitch_range * prosody.pitch_range,
    )
    return sound, RATE_HZ, phones


def _speak_espeak(text: str, voice: Voice, prosody: Prosody, language: str):
    pitch = _PITCH + (voice.pitch_st + prosody.pitch_st) * _UNITS_PER_SEMITONE
    pitch_range = _PITCH_RANGE * voice.pitch_range * prosody.pitch_range
    raw, rate_hz, onsets = espeak.synthesise(
        text,
        f"{_LANGUAGES.get(language, language)}+{voice.variant}",
        rate_wpm=round(
            float(np.clip(_RATE_WPM * voice.pace * prosody.rate / voice.tract, 80, 400))
        ),
        pitch=round(float(np.clip(pitch, 0, 99))),
        pitch_range=round(float(np.clip(pitch_range, 0, 99))),
    )
    sound = np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0  # (n,) at rate_hz
    phones = _phones(onsets, len(sound) / rate_hz)
    if phones:
        sound = sound[: int((phones[-1].end_s + 0.06) * rate_hz)]
    return sound, rate_hz, find_closures(phones, sound, rate_hz, 0.12, 0.0)


def _phones(onsets: list[tuple[float, str]], duration_s: float) -> list[Phone]:
    """espeak's onsets to intervals; pauses and language switches ("(en)") are no phones."""
    ends = [start for start, _ in onsets[1:]] + [duration_s]
    phones = []
    for (start, ipa), end in zip(onsets, ends, strict=True):
        plain = "".join(c for c in ipa if c not in "ˈˌ")
        if not plain or plain.startswith("(") or end <= start:
            continue
        phones.append(Phone(plain, start, end, end))
    return phones


_SPEAKERS = {"kokoro": _speak_kokoro, "espeak": _speak_espeak}


def _record(sound: np.ndarray, rate_hz: float, voice: Voice, prosody: Prosody) -> np.ndarray:
    """Resample, colour, put into a room, level, add silence and room tone: float32 (n,), 16 kHz."""
    import librosa
    from scipy.signal import fftconvolve

    target_hz = AUDIO.sample_rate_hz
    rng = np.random.default_rng([voice.seed, 0x100D])
    dry = librosa.resample(sound, orig_sr=round(rate_hz), target_sr=target_hz)
    dry = _colour(dry, prosody.effort_db, prosody.breath, np.random.default_rng([voice.seed, 0xA1]))
    time_s = np.arange(int(0.15 * target_hz)) / target_hz
    room = rng.normal(size=len(time_s)) * np.exp(-time_s / rng.uniform(0.02, 0.035)) * 0.025
    room[0] = 1.0  # the direct sound comes first, at once: no delay against the picture
    lead, tail = round(voice.lead_s * target_hz), round(voice.tail_s * target_hz)
    wet = fftconvolve(np.pad(dry, (0, tail)), room)[: len(dry) + tail]
    speaking = np.abs(dry) > 0.02 * np.abs(dry).max()
    level = np.sqrt(np.mean(dry[speaking] ** 2))
    wet *= 10 ** ((SPEECH_LEVEL_DB + prosody.gain_db) / 20) / level
    tone = np.convolve(rng.normal(size=lead + len(wet)), [0.25, 0.5, 0.25], "same")
    samples = np.pad(wet, (lead, 0)) + tone * 10 ** (_TONE_DB / 20)
    peak = np.abs(samples).max()
    return (samples * min(1.0, 0.9 / peak)).astype(np.float32)


def _colour(
    dry: np.ndarray, effort_db: float, breath: float, rng: np.random.Generator
) -> np.ndarray:
    """A pressed voice is brighter, a soft one duller; breath is noise as loud as the voice."""
    from scipy.signal import butter, sosfilt

    rate_hz = AUDIO.sample_rate_hz
    if effort_db:
        above = sosfilt(butter(1, _SPLIT_HZ, "high", fs=rate_hz, output="sos"), dry)
        dry = dry + (10 ** (effort_db / 20) - 1) * above
    if breath:
        loudness = sosfilt(butter(1, 30, fs=rate_hz, output="sos"), np.abs(dry))
        band = butter(2, _BREATH_HZ, "band", fs=rate_hz, output="sos")
        dry = dry + breath * np.maximum(loudness, 0) * sosfilt(band, rng.normal(size=len(dry)))
    return dry
