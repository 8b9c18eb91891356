"""An emotion as six weights: by name, weaker, mixed, or on the way from one to another.

The paper gives the network a one-hot label. The emotion encoder takes any six numbers, so between
two labels there is a straight line to walk along. Paper: §3.2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from emolib.base.emotions import EMOTIONS, N_EMOTIONS, NAMES, emotion_index
from emolib.base.errors import ConfigError

NEUTRAL = EMOTIONS.index("NEU")
Mixture = Mapping[str, float] | Sequence[str] | np.ndarray


def emotion_weights(
    emotion: str | int | None = None, strength: float = 1.0, mixture: Mixture | None = None
) -> np.ndarray:
    """Weights over the six emotions, (6,) float32 that sum to 1; or (K, 6) for a walk.

    Args:
        emotion: code, name, alias or index. Give this or `mixture`.
        strength: 1 is the emotion itself, 0 is neutral, between is between.
        mixture: emotion → share, or (6,) shares in `EMOTIONS` order; shares are scaled to sum
            to 1. A list of K emotions, or (K, 6) shares, is a walk: these stations are passed at
            even distances through the clip.

    Raises:
        ConfigError: unknown emotion, both or neither given, strength outside 0–1, no station, or
            shares that are negative, not finite, or all zero.

    Deviation: the paper knows the one-hot case only.
    """
    strength = float(strength)
    if not 0 <= strength <= 1:
        raise ConfigError(f"strength is {strength:g}", expected="0 (neutral) to 1 (full)")
    if (emotion is None) == (mixture is None):
        raise ConfigError(
            "give an emotion or a mixture of emotions", expected="exactly one of the two"
        )
    one_hot = np.eye(N_EMOTIONS)
    if mixture is None:
        shares = one_hot[emotion_index(emotion)]
    elif isinstance(mixture, Mapping):
        shares = sum(
            (float(share) * one_hot[emotion_index(name)] for name, share in mixture.items()),
            start=np.zeros(N_EMOTIONS),
        )
    elif not len(mixture):
        raise ConfigError("the walk has no stations", expected="one emotion or more")
    elif isinstance(mixture[0], str):
        shares = one_hot[[emotion_index(name) for name in mixture]]
    else:
        shares = np.asarray(mixture, dtype=np.float64)
    if shares.ndim not in (1, 2) or shares.shape[-1] != N_EMOTIONS:
        raise ConfigError(f"the mixture is {shares.shape}", expected="(6,), or (K, 6) for a walk")
    total = shares.sum(axis=-1, keepdims=True)
    if not np.isfinite(shares).all() or (shares < 0).any() or (total <= 0).any():
        raise ConfigError(
            f"the shares are {np.round(shares, 3).tolist()}", expected="0 or more, not all 0"
        )
    shares = strength * shares / total
    shares[..., NEUTRAL] += 1 - strength
    return shares.astype(np.float32)


def parse_mixture(text: str) -> dict[str, float]:
    """`"happiness=0.7,sadness=0.3"` → the mapping that `emotion_weights` takes.

    Raises:
        ConfigError: anything else.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    try:
        return {name.strip(): float(share) for name, _, share in pairs}
    except ValueError as error:
        raise ConfigError(
            f"the mixture {text!r} cannot be read", expected="e.g. happiness=0.7,sadness=0.3"
        ) from error


def weights_per_frame(weights: np.ndarray, n_frames: int) -> np.ndarray:
    """(6,) repeated, or the walk (K, 6) at every frame: (n_frames, 6) float32."""
    stations = np.atleast_2d(weights)
    where = np.linspace(0, len(stations) - 1, n_frames)
    columns = [np.interp(where, np.arange(len(stations)), column) for column in stations.T]
    return np.stack(columns, axis=1).astype(np.float32)


def shares_by_code(weights: np.ndarray) -> dict[str, float]:
    """Weights (6,), or the mean of (n_frames, 6), as plain values by code, those above zero."""
    mean = np.atleast_2d(weights).mean(axis=0)
    shares = zip(EMOTIONS, mean, strict=True)
    return {code: round(float(share), 4) for code, share in shares if share > 0}


def mixture_name(weights: np.ndarray) -> str:
    """Weights in words: "fear", "happiness 75% + sadness 25%", "neutral → happiness"."""
    if weights.ndim == 2:
        return " → ".join(mixture_name(station) for station in weights)
    shares = shares_by_code(weights)
    if len(shares) == 1:
        return NAMES[next(iter(shares))]
    return " + ".join(f"{NAMES[code]} {share:.0%}" for code, share in shares.items())
