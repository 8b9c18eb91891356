"""How emotion changes a voice, and how strongly each CREMA-D level is acted.

After acoustic studies of acted speech (Banse and Scherer 1996; Juslin and Laukka 2003): anger and
happiness are faster, higher, wider and louder; fear faster and higher; sadness slower, lower,
flatter and softer; disgust slower and lower.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

from emolib.base.emotions import parse_emotion
from emolib.base.errors import ConfigError

LEVELS = ("LO", "MD", "HI", "XX")
_STRENGTH = {"LO": 0.45, "MD": 0.7, "HI": 1.0, "XX": 0.78}


@dataclass(frozen=True)
class Prosody:
    """How a sentence is said, relative to the voice's own way."""

    rate: float = 1.0  # times the usual pace
    pitch_st: float = 0.0  # semitones
    pitch_range: float = 1.0  # times the usual range
    gain_db: float = 0.0
    effort_db: float = 0.0  # of what lies above 1.5 kHz: pressed > 0 > soft
    breath: float = 0.0  # noise, as a share of the voice's loudness


_FULL = {  # at full strength
    "ANG": Prosody(1.15, 4.0, 1.5, 7.0, 6.0),
    "DIS": Prosody(0.86, -1.5, 0.9, 0.0, 1.0, 0.015),
    "FEA": Prosody(1.15, 5.0, 0.8, 1.5, 1.5, 0.04),
    "HAP": Prosody(1.06, 4.0, 1.5, 4.0, 3.0),
    "NEU": Prosody(),
    "SAD": Prosody(0.80, -2.5, 0.55, -5.0, -5.0, 0.03),
}


def level_strength(level: str) -> float:
    """How strongly an emotion is acted at a CREMA-D level, 0–1.

    Raises:
        ConfigError: not one of LO, MD, HI, XX.
    """
    key = str(level).strip().upper()
    if key not in _STRENGTH:
        raise ConfigError(f"unknown level {level!r}", expected="LO, MD, HI or XX")
    return _STRENGTH[key]


def prosody_for(emotion: str, level: str = "XX") -> Prosody:
    """The prosody of an emotion at a level; neutral is the same at every level."""
    full, strength = astuple(_FULL[parse_emotion(emotion)]), level_strength(level)
    return Prosody(*(a + (b - a) * strength for a, b in zip(astuple(Prosody()), full, strict=True)))
