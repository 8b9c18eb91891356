"""One film as it is asked for: a face, a sound, an emotion, and how to bring them together.

The command line, the notebook and the page all make an `Order`. It is checked when it is made,
before any file is opened or network loaded. Paper: §3 (inputs), §6 (the web interface).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from emolib.base.errors import ConfigError
from emolib.generate.emotion_mix import Mixture, emotion_weights, mixture_name

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
        strength: 1 is the emotion itself, 0 is neutral.
        mixture: shares, or a walk through several emotions; see `emotion_weights`.
        fit: when the sound is longer: "loop" back and forth, "hold" the last frame, "trim".
        face_index: 0 for the largest face, 1 for the next, …
        box: x, y, width, height in pixels, instead of looking for a face.
        on_missing: frames without the face: "pass" unchanged, "error", or "hold" the last one.
        audio_track: which sound track of a file with several.
        native: paint at the face's own resolution (composite head); False pastes 96 pixels.
        max_seconds: longest sound.
        max_picture_px: a still picture whose longer side is longer is shrunk to this.
        remember: keep the face's place in the cache folder, to find it at once the next time.

    Raises:
        ConfigError: one of them is out of range, or two contradict each other.
    """

    face: Face
    audio: Audio = None
    emotion: str | int | None = None
    strength: float = 1.0
    mixture: Mixture | None = None
    fit: str = "loop"
    face_index: int = 0
    box: Sequence[float] | None = None
    on_missing: str = "pass"
    audio_track: int | None = None
    native: bool = True
    max_seconds: float = MAX_SECONDS
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
        plain = {f.name: getattr(self, f.name) for f in fields(self)} | {"face": str(self.face)}
        if isinstance(self.audio, SpokenText):
            plain["audio"] = asdict(self.audio)
        elif self.audio is not None:
            plain["audio"] = str(self.audio)
        if isinstance(self.mixture, np.ndarray):
            plain["mixture"] = self.mixture.tolist()
        return plain

    @classmethod
    def from_json(cls, plain: Mapping) -> Order:
        """An order from the values of `as_json`. Raises TypeError or ConfigError: from no such."""
        audio = plain.get("audio")
        return cls(**{**plain, "audio": SpokenText(**audio) if isinstance(audio, dict) else audio})
