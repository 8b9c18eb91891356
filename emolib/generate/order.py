"""One film as it is asked for: a face, a sound, an emotion, and how to bring them together.

The command line, the notebook and the page all make an `Order`. It is checked when it is made,
before any file is opened or network loaded. Paper: §3 (inputs), §6 (the web interface).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from emolib.base.emotions import EMOTIONS, N_EMOTIONS, NAMES, emotion_index
from emolib.base.errors import ConfigError
from emolib.training.settings import option

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


FITS = ("loop", "trim", "hold")
MISSING = ("pass", "error", "hold")
MAX_SECONDS = 1800.0
Progress = Callable[[str, int, int], None]  # stage ("faces", "frames"), done, total
Cancel = Callable[[], bool]  # asked between frames and batches; true stops with `Cancelled`


@dataclass(frozen=True)
class SpokenText:
    """Text that a synthetic voice says: `language` as "en" or "hi", `voice` "female" or "male"."""

    text: str
    language: str = "en"
    voice: str = "female"


Face = str | os.PathLike | np.ndarray
Audio = str | os.PathLike | np.ndarray | SpokenText | None


@dataclass(frozen=True, eq=False)
class Order:
    """One film to be made.

    Attributes:
        face: a video, a picture, or frames (T, H, W, 3) or (H, W, 3) uint8 RGB at 25 frames/s.
        audio: a sound or video file, (n,) float at 16 kHz, or a text to be spoken; None: the face
            video's own, and both end with the shorter one.
        emotion: code, name, alias or index; or None with a `mixture`, or for a network without.
        mixture: shares, or a walk through several emotions; see `emotion_weights`.
        box: x, y, width, height in pixels, instead of looking for a face.
        max_picture_px: a still picture whose longer side is longer is shrunk to this.
        remember: keep the face's place in the cache folder, to find it at once the next time.

    Raises:
        ConfigError: one of them is out of range, or two contradict each other.
    """

    face: Face
    audio: Audio = None
    emotion: str | int | None = None
    strength: float = option(1.0, "0 (neutral) to 1 (full, unless told otherwise)")
    mixture: Mixture | None = None
    fit: str = option("loop", "when the sound is longer: loop (if not told), trim or hold")
    face_index: int = option(0, "0: the largest face, 1: the next, …")
    box: Sequence[float] | None = None
    on_missing: str = option("pass", "frames without the face: pass (if not told), error or hold")
    audio_track: int | None = option(None, "number of the sound track, if there are several")
    native: bool = option(
        True, "at the face's own resolution (composite head), or 96 px", "--native/--paste-96"
    )
    max_seconds: float = option(MAX_SECONDS, "longest sound; 1800 if not told")
    max_picture_px: int | None = None
    remember: bool = True

    def __post_init__(self):
        for name, known in (("fit", FITS), ("on_missing", MISSING)):
            value = getattr(self, name)
            if value not in known:
                expected = "one of " + ", ".join(known)
                raise ConfigError(f"unknown {name} {value!r}", expected=expected)
        if self.face_index < 0:
            raise ConfigError(f"face index {self.face_index}", expected="0 or more")
        if self.box is not None and len(self.box) != 4:
            raise ConfigError(f"a box of {len(self.box)} numbers", expected="x y width height")
        if not self.max_seconds > 0:
            raise ConfigError(f"max_seconds is {self.max_seconds:g}", expected="above 0")
        if self.audio is None and not isinstance(self.face, (str, os.PathLike)):
            raise ConfigError("frames have no sound of their own", fix="pass the audio too")
        if self.labelled:
            emotion_weights(self.emotion, self.strength, self.mixture)

    @property
    def labelled(self) -> bool:
        """Whether an emotion is asked for at all."""
        return self.emotion is not None or self.mixture is not None

    @property
    def weights(self) -> np.ndarray:
        """(6,) float32, or (K, 6) for a walk.

        Raises:
            ConfigError: no emotion is asked for.
        """
        return emotion_weights(self.emotion, self.strength, self.mixture)

    @property
    def name(self) -> str:
        """The emotion in words, as "sadness" or "happiness 40% + neutral 60%"."""
        return mixture_name(self.weights) if self.labelled else "no emotion"

    @property
    def sound(self) -> str | os.PathLike | np.ndarray | SpokenText:
        """Where the sound is."""
        return self.face if self.audio is None else self.audio

    @property
    def files(self) -> tuple[Path, ...]:
        """The files among the inputs, which no output may replace."""
        given = (self.face, self.audio)
        return tuple(Path(one) for one in given if isinstance(one, (str, os.PathLike)))

    def as_json(self) -> dict:
        """Plain values of an order of files, from which `from_json` makes it again."""
        return json.loads(json.dumps(asdict(self), default=_plain))

    @classmethod
    def from_json(cls, plain: Mapping) -> Order:
        """An order from the values of `as_json`. Raises TypeError or ConfigError: from no such."""
        audio = plain.get("audio")
        return cls(**{**plain, "audio": SpokenText(**audio) if isinstance(audio, dict) else audio})


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
