"""Kokoro-82M: from IPA to natural speech that knows exactly when it says each phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from emolib.synthetic.kokoro_network import RATE_HZ, Blend, say, style, table
from emolib.synthetic.phones import Phone, find_closures

LANGUAGES = ("en", "hi")
_AHEAD_S = 0.05  # sound comes two steps before its token's time (measured on s, p and b)
_CLAUSE, _LONGEST = 120, 480  # tokens after which a text may be, and must be, said in parts
_MARKS = {c: c for c in ".,;:!?—…"} | {"।": "."}

# Kokoro's own letters for what espeak writes in several, in every language and in English.
_AFFRICATES = {"tʃ": "ʧ", "dʒ": "ʤ"}
_ENGLISH = {
    **{"aɪ": "I", "aʊ": "W", "eɪ": "A", "oʊ": "O", "əʊ": "Q", "ɔɪ": "Y", "aɪə": "Iə", "aɪɚ": "Iəɹ"},
    **{"ɜː": "ɜɹ", "ɚ": "əɹ", "əl": "ᵊl", "n̩": "ᵊn", "r": "ɹ", "ɐ": "ə", "ɾ": "T", "ʔ": "t"},
}


class _Unit(NamedTuple):
    """One phone (`ipa`) or one punctuation mark (no `ipa`), with the tokens that say it."""

    ipa: str
    tokens: tuple[int, ...]
    opens_word: bool


def synthesise(
    clauses: Sequence[tuple[str, str]],
    blend: Blend,
    language: str = "en",
    *,
    rate: float = 1.0,
    pitch_st: float = 0.0,
    pitch_range: float = 1.0,
) -> tuple[np.ndarray, list[Phone]]:
    """Sound and phones of IPA clauses (`espeak.transcribe`) in a mixture of voices.

    Args:
        rate: times the voice's own pace.
        pitch_st: semitones above the voice's own height.
        pitch_range: times its own range.

    Returns:
        (n,) float32 at 24 kHz, and phones with times in seconds; ([], []) without phones.

    Raises:
        AudioError: no such voice.
        ResourceError: the model's files are damaged.
    """
    sounds, phones, now_s = [np.zeros(0, np.float32)], [], 0.0
    for piece in _pieces(list(_units(clauses, language))):
        tokens = [0, *(t for unit in piece for t in unit.tokens), 0]
        vector = style(blend, len(tokens) - 2, language)
        sound, durations = say(tokens, vector, rate, pitch_st, pitch_range)
        said = _phones(piece, durations, len(sound) / RATE_HZ)
        said = find_closures(said, sound, RATE_HZ, 0.05, 0.15)
        if not said:
            continue
        sound, said = _trim(sound, said)
        phones += [phone.moved(now_s) for phone in said]
        now_s += len(sound) / RATE_HZ
        sounds.append(sound)
    return np.concatenate(sounds), phones


def _units(clauses: Sequence[tuple[str, str]], language: str) -> Iterator[_Unit]:
    """Phones and punctuation marks, in order; what Kokoro has no letter for is left out."""
    ids = dict(zip(table()["letters"].tolist(), table()["ids"].tolist(), strict=True))
    first = True
    for ipa, text in clauses:
        for word in ipa.split():
            opens_word = not first
            for phone in word.split("_"):
                stress = "".join(c for c in phone if c in "ˈˌ")
                plain = phone.replace("ˈ", "").replace("ˌ", "")
                if not plain or plain.startswith("("):  # "(en)": espeak switches language
                    continue
                letters = _AFFRICATES.get(plain, plain)
                if language == "en":
                    letters = _ENGLISH.get(letters, letters).replace("ː", "")
                spelt = (" " if opens_word else "") + stress + letters
                tokens = tuple(ids[c] for c in spelt if c in ids)
                if any(c in ids for c in letters):
                    yield _Unit(plain, tokens, opens_word)
                    opens_word = first = False
        mark = next((_MARKS[c] for c in reversed(text) if c in _MARKS), ".")
        yield _Unit("", (ids[mark],), False)


def _pieces(units: list[_Unit]) -> Iterator[list[_Unit]]:
    """Parts of a long text: cut after a clause where possible, between words where not."""
    piece: list[_Unit] = []
    n = 0
    for unit in units:
        full = n >= _CLAUSE and piece[-1].ipa == ""
        if full or (n >= _LONGEST - 60 and unit.opens_word) or n + len(unit.tokens) > _LONGEST:
            yield piece
            piece, n = [], 0
        piece.append(unit)
        n += len(unit.tokens)
    if any(unit.ipa for unit in piece):
        yield piece


def _phones(piece: list[_Unit], durations: np.ndarray, duration_s: float) -> list[Phone]:
    """Times of the phones: a space and a stress mark belong to the phone after them."""
    lasting = durations[1:-1]  # without the silence before and after
    ends = np.cumsum([len(unit.tokens) for unit in piece])
    edges = np.concatenate([[0], np.cumsum(lasting)])[np.concatenate([[0], ends])] + durations[0]
    times_s = np.clip(edges / RATE_HZ - _AHEAD_S, 0, duration_s)
    return [
        Phone(unit.ipa, float(a), float(b), float(b))
        for unit, (a, b) in zip(piece, pairwise(times_s), strict=True)
        if unit.ipa
    ]


def _trim(sound: np.ndarray, phones: list[Phone]) -> tuple[np.ndarray, list[Phone]]:
    """Cut the silence before and after; the last phone ends where its sound does."""
    last = phones[-1]
    heard = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max(initial=0))
    end_s = float(heard[-1]) / RATE_HZ + 0.01 if len(heard) else last.end_s
    end_s = min(last.end_s, max(end_s, last.start_s + 0.03))
    last = replace(last, end_s=end_s, release_s=min(last.release_s, end_s))
    first = max(0, round((phones[0].start_s - 0.06) * RATE_HZ))
    kept = sound[first : round((end_s + 0.12) * RATE_HZ)].copy()
    ramp = np.linspace(0, 1, 240, dtype=np.float32)  # 10 ms, against clicks
    kept[:240] *= ramp
    kept[-240:] *= ramp[::-1]
    return kept, [phone.moved(-first / RATE_HZ) for phone in [*phones[:-1], last]]
