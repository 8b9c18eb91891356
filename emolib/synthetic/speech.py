"""Speech with known phoneme times: a voice per person, prosody per emotion, any text.

espeak-ng gives sound and phoneme onsets. Three things are added here. A stop is marked by espeak at
its burst; its silent closure, which lips show, is found in the sound and given to it. A voice has
its own vocal-tract length (a small change of playback speed, undone in the rate), pitch, pace, room
and background tone. And every sound is levelled to what CREMA-D's recordings have, with silence
before and after.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError, ConfigError, MissingExtra
from emolib.synthetic import espeak
from emolib.synthetic.prosody import LEVELS, Prosody, level_strength, prosody_for
from emolib.synthetic.sentences import RICH_SENTENCES, SENTENCES, Sentence

__all__ = [
    "LEVELS",
    "RICH_SENTENCES",
    "SENTENCES",
    "Phone",
    "Prosody",
    "Sentence",
    "Speech",
    "Voice",
    "level_strength",
    "prosody_for",
    "speak",
]

_LANGUAGES = {"en": "en-us", "en-gb": "en"}  # espeak's own names differ for these
_VARIANTS = {
    "male": ("m1", "m2", "m3", "m4", "m6", "m7", "adam", "edward"),
    "female": ("f1", "f2", "f3", "f4", "steph", "linda"),
}
_STOPS = frozenset("pbtdkɡgqcɟʈɖʔ")
_UNITS_PER_SEMITONE = 5.5  # espeak's pitch setting, measured on its m and f voices
_MAX_CHARACTERS = 2000
SPEECH_LEVEL_DB = -26.0  # RMS of the speaking part re full scale, as in CREMA-D's quieter half


@dataclass(frozen=True)
class Phone:
    """One speech sound: IPA, its time, and when a closure opens (`end_s` unless it is a stop)."""

    ipa: str
    start_s: float
    end_s: float
    release_s: float


@dataclass(frozen=True)
class Voice:
    """One person's voice."""

    variant: str = "m3"  # espeak's voice variant
    pitch: float = 45.0  # espeak's 0–99
    pitch_range: float = 50.0  # espeak's 0–99
    rate_wpm: float = 160.0
    tract: float = 1.0  # > 1: shorter vocal tract, higher formants
    lead_s: float = 0.3
    tail_s: float = 0.3
    seed: int = 0  # of the room and its tone

    @classmethod
    def from_seed(cls, seed: int, sex: str) -> Voice:
        """A voice that stays the same for the same person; `sex` as `Person` or CREMA-D write it.

        Raises:
            ConfigError: `sex` is neither "male" nor "female", in any case.
        """
        sex = str(sex).lower()
        if sex not in _VARIANTS:
            raise ConfigError(f"no voices for sex {sex!r}", expected="male or female")
        rng = np.random.default_rng([int(seed), 0x5EED])
        return cls(
            variant=str(rng.choice(_VARIANTS[sex])),
            pitch=float(rng.uniform(30, 60)),
            pitch_range=float(rng.uniform(40, 65)),
            rate_wpm=float(rng.uniform(145, 178)),
            tract=float(rng.uniform(0.95, 1.06)),
            lead_s=round(float(rng.uniform(0.24, 0.36)), 3),
            tail_s=round(float(rng.uniform(0.24, 0.38)), 3),
            seed=int(seed),
        )


@dataclass(frozen=True, eq=False)
class Speech:
    """Sound and the phonemes in it: `samples` float32 (n,) in [-1, 1] at 16 kHz."""

    samples: np.ndarray
    phonemes: tuple[Phone, ...]
    text: str

    @property
    def duration_s(self) -> float:
        return len(self.samples) / AUDIO.sample_rate_hz


@lru_cache(maxsize=64)
def speak(
    text: str, voice: Voice | None = None, *, prosody: Prosody | None = None, language: str = "en"
) -> Speech:
    """Speech for any text, the same samples every time for the same arguments.

    Args:
        text: what to say, up to 2,000 characters.
        voice: whose voice (default: a plain male one).
        prosody: how (default: the voice's own way).
        language: a code that espeak-ng knows: "en", "hi", "de", …

    Returns:
        `Speech`: samples float32 (n,) at 16 kHz, and phonemes with times in seconds. Treat the
        samples as read-only: equal calls share them.

    Raises:
        AudioError: the text is empty, too long or has nothing to pronounce; the voice or language
            is unknown; the synthesiser failed.
        MissingExtra: `espeakng-loader` is not installed.
    """
    voice, prosody = voice or Voice(), prosody or Prosody()
    clean = _clean(text)
    name = f"{_LANGUAGES.get(language, language)}+{voice.variant}"
    try:
        raw, rate_hz, onsets = espeak.synthesise(
            clean,
            name,
            rate_wpm=round(float(np.clip(voice.rate_wpm * prosody.rate / voice.tract, 80, 400))),
            pitch=round(
                float(np.clip(voice.pitch + prosody.pitch_st * _UNITS_PER_SEMITONE, 0, 99))
            ),
            pitch_range=round(float(np.clip(voice.pitch_range * prosody.pitch_range, 0, 99))),
        )
    except ModuleNotFoundError as error:
        raise MissingExtra("espeakng-loader", "synth") from error
    except LookupError as error:
        raise AudioError(
            f"unknown voice or language {name!r}",
            expected="a language of espeak-ng, such as en, hi, de or fr, and one of its variants",
        ) from error
    except RuntimeError as error:
        raise AudioError(f"the speech synthesiser failed ({error})") from error
    sound = np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0  # (n,) at rate_hz
    phones = _phones(onsets, len(sound) / rate_hz)
    if not phones or not np.abs(sound).max(initial=0) > 1e-3:
        raise AudioError(
            "the text has nothing to pronounce", where=repr(clean[:40]), expected="words"
        )
    sound = sound[: int((phones[-1].end_s + 0.06) * rate_hz)]
    phones = _find_closures(phones, sound, rate_hz)
    samples = _record(sound, rate_hz * voice.tract, voice, prosody.gain_db)
    samples.flags.writeable = False
    shifted = tuple(
        Phone(p.ipa, *(t / voice.tract + voice.lead_s for t in (p.start_s, p.end_s, p.release_s)))
        for p in phones
    )
    return Speech(samples, shifted, clean)


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


def _phones(onsets: list[tuple[float, str]], duration_s: float) -> list[Phone]:
    """Onsets to intervals; pauses and language switches ("(en)") are no phones."""
    ends = [start for start, _ in onsets[1:]] + [duration_s]
    phones = []
    for (start, ipa), end in zip(onsets, ends, strict=True):
        plain = "".join(c for c in ipa if c not in "ˈˌ")
        if not plain or plain.startswith("(") or end <= start:
            continue
        phones.append(Phone(plain, start, end, end))
    return phones


def _find_closures(phones: list[Phone], sound: np.ndarray, rate_hz: int) -> list[Phone]:
    """Give each stop the silence before its burst, which espeak counts to the phone before."""
    step = max(1, rate_hz // 400)  # 2.5 ms
    n = len(sound) // step
    loud = np.abs(sound[: n * step].reshape(n, step)).max(1)
    quiet = loud < 0.02 * loud.max()
    found = list(phones)
    for i, phone in enumerate(found):
        if phone.ipa[0] not in _STOPS:
            continue
        burst = first = min(round(phone.start_s * rate_hz / step), n - 1)
        floor_s = max(0.0, phone.start_s - 0.12)
        if i:
            floor_s = max(floor_s, found[i - 1].start_s + 0.02)
        while first > 0 and (first - 1) * step / rate_hz > floor_s and quiet[first - 1]:
            first -= 1
        if burst - first >= 6:  # at least 15 ms of silence
            start_s = first * step / rate_hz
            found[i] = Phone(phone.ipa, start_s, phone.end_s, phone.start_s)
            if i and found[i - 1].end_s > start_s:
                before = found[i - 1]
                release_s = min(before.release_s, start_s)
                found[i - 1] = Phone(before.ipa, before.start_s, start_s, release_s)
    return found


def _record(sound: np.ndarray, rate_hz: float, voice: Voice, gain_db: float) -> np.ndarray:
    """Resample, put into a small room, level, and add silence and room tone: float32 (n,)."""
    import librosa
    from scipy.signal import fftconvolve

    target_hz = AUDIO.sample_rate_hz
    dry = librosa.resample(sound, orig_sr=round(rate_hz), target_sr=target_hz)
    rng = np.random.default_rng([voice.seed, 0x100D])
    time_s = np.arange(int(0.15 * target_hz)) / target_hz
    room = rng.normal(size=len(time_s)) * np.exp(-time_s / rng.uniform(0.02, 0.035)) * 0.025
    room[0] = 1.0  # the direct sound comes first, at once: no delay against the picture
    lead, tail = round(voice.lead_s * target_hz), round(voice.tail_s * target_hz)
    wet = fftconvolve(np.pad(dry, (0, tail)), room)[: len(dry) + tail]
    speaking = np.abs(dry) > 0.02 * np.abs(dry).max()
    level = np.sqrt(np.mean(dry[speaking] ** 2))
    wet *= 10 ** ((SPEECH_LEVEL_DB + gain_db) / 20) / level
    tone = np.convolve(rng.normal(size=lead + len(wet)), [0.25, 0.5, 0.25], "same")
    samples = np.pad(wet, (lead, 0)) + tone * 10 ** (-68 / 20)
    peak = np.abs(samples).max()
    return (samples * min(1.0, 0.9 / peak)).astype(np.float32)
