"""The six emotions, in the one order that every label, network and figure uses.

CREMA-D's codes in alphabetical order, which is also the index order of the released code.
Paper: §3.1 (categorical emotion input).
"""

from __future__ import annotations

from difflib import get_close_matches

from emolib.base.errors import ConfigError

EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
NAMES = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
N_EMOTIONS = len(EMOTIONS)

# One colour per emotion, the same in every figure (Okabe-Ito: safe for colour-blind readers).
COLOURS = {
    "ANG": "#D55E00",
    "DIS": "#009E73",
    "FEA": "#7B5EA7",
    "HAP": "#E69F00",
    "NEU": "#6E6E6E",
    "SAD": "#0072B2",
}

_ALIASES = {
    **{code.lower(): code for code in EMOTIONS},
    **{name: code for code, name in NAMES.items()},
    "angry": "ANG",
    "disgusted": "DIS",
    "fearful": "FEA",
    "afraid": "FEA",
    "scared": "FEA",
    "happy": "HAP",
    "joy": "HAP",
    "joyful": "HAP",
    "calm": "NEU",
    "neutrality": "NEU",
    "sad": "SAD",
}


def parse_emotion(text: str | int) -> str:
    """The code (`"HAP"`) of an emotion given by code, name, alias or index, in any case.

    Raises:
        ConfigError: unknown name or index; the message lists the six and the nearest match.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        if 0 <= text < N_EMOTIONS:
            return EMOTIONS[text]
        raise ConfigError(f"emotion index {text} does not exist", expected="0 to 5")
    key = str(text).strip().lower()
    if key in _ALIASES:
        return _ALIASES[key]
    near = get_close_matches(key, _ALIASES, n=1, cutoff=0.5)
    hint = f"did you mean {NAMES[_ALIASES[near[0]]]!r}?" if near else "choose one of the six"
    raise ConfigError(
        f"unknown emotion {str(text)!r}", expected="one of " + ", ".join(NAMES.values()), fix=hint
    )


def emotion_index(text: str | int) -> int:
    """Index 0–5 of an emotion in `EMOTIONS` order."""
    return EMOTIONS.index(parse_emotion(text))


def check_order(order: tuple[str, ...] | list[str], file: str | None = None) -> None:
    """Refuse labels stored in another order: a permutation must never pass silently.

    Raises:
        ConfigError: `order` differs from `EMOTIONS`.
    """
    if tuple(order) != EMOTIONS:
        raise ConfigError(
            f"emotions are stored in the order {' '.join(order)}",
            file=file,
            expected=" ".join(EMOTIONS),
            fix="re-export the file with emotions in this order",
        )
