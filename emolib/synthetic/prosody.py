"""How emotion changes a voice, and how strongly each CREMA-D level is acted.

After acoustic studies of acted speech (Banse and Scherer 1996; Juslin and Laukka 2003): anger and
happiness are faster, higher, wider and louder; fear faster and higher; sadness slower, lower,
flatter and softer; disgust slower and lower.
"""

from __future__ import annotations

from dataclasses import dataclass

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


_PROSODY = {  # at full strength: rate, semitones, range, dB
    "ANG": Prosody(1.10, 2.5, 1.5, 5.0),
    "DIS": Prosody(0.86, -1.5, 0.9, 0.0),
    "FEA": Prosody(1.14, 4.0, 0.8, 1.0),
    "HAP": Prosody(1.06, 3.0, 1.6, 3.0),
    "NEU": Prosody(),
    "SAD": Prosody(0.82, -2.0, 0.55, -4.0),
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
    full, strength = _PROSODY[parse_emotion(emotion)], level_strength(level)
    return Prosody(
        rate=1 + (full.rate - 1) * strength,
        pitch_st=full.pitch_st * strength,
        pitch_range=1 + (full.pitch_range - 1) * strength,
        gain_db=full.gain_db * strength,
    )
