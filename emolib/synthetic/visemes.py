"""From speech sounds to mouth shapes over time, with co-articulation.

Each sound is one or two segments (a diphthong moves from one vowel to another). A segment pulls the
lips, jaw and tongue towards its target with a strength that fades before and after it (dominance
functions: Cohen and Massaro 1993); rounding is anticipated further ahead than anything else, as
speakers do. Lip closures of p, b and m are not left to that competition: they are windows of their
own, at least one video frame long, that whatever else moves the mouth must respect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.base.config import AUDIO
from emolib.synthetic.head import ramp
from emolib.synthetic.speech import Phone, Speech

VISEMES = (
    *("silence", "p b m", "f v", "th", "t d n l s z", "sh ch j", "k g h", "r"),
    *("w oo", "o aw", "ee e", "uh er", "ah"),
)
CHANNELS = ("jaw", "pucker", "funnel", "spread", "tuck", "upper", "lower", "tongue")
_JAW, _PUCKER, _FUNNEL, _SPREAD, _TUCK, _UPPER, _LOWER, _TONGUE = range(len(CHANNELS))

# One row a viseme: how far each channel goes, 0–1 (tuck = lower lip under the upper teeth).
_TARGETS = np.array(
    [
        # jaw pucker funnel spread tuck upper lower tongue
        [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],  # silence
        [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],  # p b m
        [0.04, 0.00, 0.00, 0.05, 1.00, 0.25, 0.00, 0.00],  # f v
        [0.15, 0.00, 0.00, 0.10, 0.00, 0.10, 0.15, 0.50],  # th
        [0.10, 0.00, 0.00, 0.15, 0.00, 0.12, 0.25, 0.05],  # t d n l s z
        [0.10, 0.15, 0.55, 0.00, 0.00, 0.15, 0.20, 0.00],  # sh ch j
        [0.16, 0.00, 0.00, 0.08, 0.00, 0.06, 0.10, 0.00],  # k g h
        [0.13, 0.20, 0.30, 0.00, 0.00, 0.05, 0.10, 0.00],  # r
        [0.10, 0.85, 0.10, 0.00, 0.00, 0.00, 0.00, 0.00],  # w oo
        [0.38, 0.50, 0.30, 0.00, 0.00, 0.00, 0.08, 0.00],  # o aw
        [0.26, 0.00, 0.00, 0.50, 0.00, 0.14, 0.22, 0.00],  # ee e
        [0.34, 0.00, 0.00, 0.06, 0.00, 0.05, 0.14, 0.00],  # uh er
        [0.62, 0.00, 0.00, 0.06, 0.00, 0.08, 0.16, 0.00],  # ah
    ]
)
# How much a viseme insists, per channel: consonants on what makes them, vowels on jaw and lips.
_INSIST = np.array(
    [
        [0.6, 0.4, 0.5, 0.4, 1.0, 0.8, 0.8, 1.0],
        [0.8, 0.05, 0.3, 0.05, 1.0, 1.0, 1.0, 1.0],
        [1.0, 0.1, 0.6, 0.2, 2.0, 1.5, 0.8, 1.0],
        [0.8, 0.1, 0.3, 0.2, 1.0, 0.7, 0.7, 2.0],
        [0.7, 0.05, 0.15, 0.15, 1.0, 0.5, 0.5, 1.0],
        [1.0, 0.4, 1.2, 0.5, 1.0, 0.8, 0.8, 1.0],
        [0.5, 0.03, 0.1, 0.1, 1.0, 0.4, 0.4, 1.0],
        [0.6, 0.3, 0.5, 0.3, 1.0, 0.5, 0.5, 1.0],
        [1.0, 1.5, 0.8, 1.0, 1.0, 0.8, 0.8, 1.0],
        [1.0, 1.0, 0.8, 0.8, 1.0, 0.7, 0.7, 1.0],
        [1.0, 0.8, 0.8, 1.0, 1.0, 0.7, 0.7, 1.0],
        [0.8, 0.4, 0.5, 0.5, 1.0, 0.6, 0.6, 1.0],
        [1.2, 0.7, 0.7, 0.7, 1.0, 0.7, 0.7, 1.0],
    ]
)
# Seconds over which the pull fades before a segment begins and after it ends.
_BEFORE_S = np.array([0.060, 0.110, 0.080, 0.060, 0.030, 0.045, 0.045, 0.035])
_AFTER_S = np.array([0.035, 0.060, 0.050, 0.050, 0.030, 0.045, 0.045, 0.035])

_OF_SYMBOL = {
    symbol: viseme
    for viseme, symbols in {
        1: "p b m ɓ ʙ ɱ",
        2: "f v ʋ ⱱ",
        3: "θ ð",
        4: "t d n l s z ɾ ɬ ɮ ʈ ɖ ɳ ɭ ɽ c ɟ ɲ ʎ j ʝ ç ɫ r",
        5: "ʃ ʒ ɕ ʑ ʂ ʐ",
        6: "k ɡ g ŋ h ɦ x ɣ q ɢ χ ʁ ħ ʕ ʔ ʀ",
        7: "ɹ ɻ ɚ ɝ",
        8: "w u ʊ y ʏ ʉ ɥ ʍ ɸ β ø",
        9: "o ɔ ɒ ɵ œ ɤ",
        10: "i ɪ ᵻ e ɛ ɨ I",
        11: "ə ɐ ʌ ɜ ɘ ɞ ɯ",
        12: "a ɑ æ ɶ",
    }.items()
    for symbol in symbols.split()
}


@dataclass(frozen=True)
class Segment:
    """A stretch of speech with one mouth shape."""

    viseme: int
    start_s: float
    end_s: float


@dataclass(frozen=True, eq=False)
class Articulation:
    """What speech does to the mouth at each frame."""

    channels: np.ndarray  # (N, 8) float64, CHANNELS order, 0–1
    closure: np.ndarray  # (N,) float64: 1 where the lips must be shut
    viseme: np.ndarray  # (N,) int64, index into VISEMES
    loudness: np.ndarray  # (N,) float64: 0 silent … about 1 loud


def visemes_of(ipa: str) -> tuple[int, ...]:
    """The mouth shapes of one IPA sound, in order; unknown marks count for nothing.

    Affricates are one shape ("tʃ"), diphthongs two ("aɪ"), and length marks none.
    """
    if ipa[:2] in ("tʃ", "dʒ", "ʈʂ", "tɕ", "dʑ"):
        return (5,)
    found: list[int] = []
    for symbol in ipa:
        viseme = _OF_SYMBOL.get(symbol)
        if viseme is not None and (not found or found[-1] != viseme):
            found.append(viseme)
    return tuple(found[:2])


def segments(phones: tuple[Phone, ...], duration_s: float) -> list[Segment]:
    """Phones as mouth shapes, with silence wherever nothing is said for 80 ms or longer."""
    spoken = []
    for phone in phones:
        shapes = visemes_of(phone.ipa)
        edges = np.linspace(phone.start_s, phone.end_s, len(shapes) + 1)
        spoken += [
            Segment(v, float(a), float(b))
            for v, a, b in zip(shapes, edges[:-1], edges[1:], strict=True)
        ]
    out, last_s = [], 0.0
    for segment in spoken:
        if segment.start_s - last_s > 0.08:
            out.append(Segment(0, last_s, segment.start_s))
        out.append(segment)
        last_s = segment.end_s
    out.append(Segment(0, last_s, max(duration_s, last_s + 0.1)))
    return out


def articulate(speech: Speech, fps: float) -> Articulation:
    """Mouth channels, lip closure and viseme of every frame; frame k is the moment (k + ½) / fps.

    Source: Cohen and Massaro 1993 (dominance functions). Deviation: the jaw also follows the
    loudness of the sound itself, without delay, because louder vowels are more open ones.
    """
    n_frames = max(1, int(speech.duration_s * fps))
    times_s = (np.arange(n_frames) + 0.5) / fps  # (N,)
    parts = segments(speech.phonemes, speech.duration_s)
    start = np.array([p.start_s for p in parts])[:, None]  # (P, 1)
    end = np.array([p.end_s for p in parts])[:, None]
    kind = np.array([p.viseme for p in parts])
    before = np.maximum(start - times_s, 0)[..., None]  # (P, N, 1) seconds still to go
    after = np.maximum(times_s - end, 0)[..., None]
    pull = np.exp(-((before / _BEFORE_S) ** 1.5) - (after / _AFTER_S) ** 1.5)  # (P, N, C)
    pull *= _INSIST[kind][:, None, :]
    channels = (pull * _TARGETS[kind][:, None, :]).sum(0) / (pull.sum(0) + 1e-9)  # (N, C)
    loud = loudness(speech.samples, times_s)
    channels[:, _JAW] *= 0.55 + 0.5 * loud
    channels[:, _LOWER] *= 0.6 + 0.4 * loud
    now = np.clip(np.searchsorted(start[:, 0], times_s, side="right") - 1, 0, len(parts) - 1)
    closure = closures(speech.phonemes, times_s, 1 / fps)
    return Articulation(np.clip(channels, 0, 1), closure, kind[now], loud)


def loudness(samples: np.ndarray, times_s: np.ndarray, width_s: float = 0.05) -> np.ndarray:
    """Sound level around each time, (N,): square root of the RMS, 1 at the 90th percentile."""
    power = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    rate_hz = AUDIO.sample_rate_hz

    def upto(t):
        return power[np.clip(np.round(t * rate_hz).astype(int), 0, len(samples))]

    rms = np.sqrt((upto(times_s + width_s / 2) - upto(times_s - width_s / 2)) / (width_s * rate_hz))
    speaking = rms[rms > 0.1 * rms.max(initial=0)]
    if not len(speaking):
        return np.zeros_like(rms)
    return np.clip(np.sqrt(rms / np.quantile(speaking, 0.9)), 0, 1.2)


def closures(phones: tuple[Phone, ...], times_s: np.ndarray, frame_s: float) -> np.ndarray:
    """How far the lips must be shut at each time, (N,): 1 during p, b, m, with soft edges.

    The shut part of each is at least one frame long, so every one shows in at least one frame.
    """
    shut = np.zeros(len(times_s))
    for phone in phones:
        if 1 not in visemes_of(phone.ipa):
            continue
        middle_s = (phone.start_s + phone.release_s) / 2
        half_s = max((phone.release_s - phone.start_s) / 2 - 0.012, 0.502 * frame_s)
        shut = np.maximum(shut, ramp(0.05, 0, np.abs(times_s - middle_s) - half_s))
    return shut


def bilabial_times(phones: tuple[Phone, ...]) -> list[float]:
    """The middle of every lip closure, in seconds."""
    return [(p.start_s + p.release_s) / 2 for p in phones if 1 in visemes_of(p.ipa)]
