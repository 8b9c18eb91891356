"""What is asked for, as one value: a face, a sound, an emotion, and how to bring them together.

It is checked when it is made, before any file is opened or network loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emolib.base.errors import ConfigError
from emolib.generate.hearing import MAX_SECONDS
from emolib.generate.mixture import emotion_weights
from emolib.generate.plan import check_fit

MISSING = ("pass", "error", "hold")
Face = str | os.PathLike | np.ndarray
Sound = str | os.PathLike | np.ndarray | None
Progress = Callable[[str, int, int], None]  # stage, done, total


@dataclass(frozen=True, eq=False)
class Request:
    """One clip to be made.

    Attributes:
        face: a video, a picture, or frames (T, H, W, 3) or (H, W, 3) uint8 RGB at 25 frames/s.
        audio: a sound or video file, or (n,) float at 16 kHz; None: the face video's own, and
            both end with the shorter one.
        emotion: code, name, alias or index; or None with a `mixture`, or for a network without.
        strength: 1 is the emotion itself, 0 is neutral.
        mixture: emotion → share, (6,) shares, or (K, 6) for a walk; see `emotion_weights`.
        fit: when the sound is longer: "loop" back and forth, "hold" the last frame, "trim".
        face_index: 0 for the largest face, 1 for the next, …
        box: x, y, width, height in pixels, instead of looking for a face.
        on_missing: frames without the face: "pass" unchanged, "error", or "hold" the last one.
        audio_track: which sound track of a file with several.
        native: paint at the face's own resolution (composite head); False pastes 96 pixels.
        max_seconds: longest sound.
        remember: keep the face's place in the cache folder, to find it at once the next time.
        progress: called as `progress(stage, done, total)`, stages "faces" and "frames".
        cancel: asked between frames and batches; true stops with `Cancelled`.

    Raises:
        ConfigError: one of them is out of range, or two contradict each other.
    """

    face: Face
    audio: Sound = None
    emotion: str | int | None = None
    strength: float = 1.0
    mixture: Mapping[str, float] | np.ndarray | None = None
    fit: str = "loop"
    face_index: int = 0
    box: Sequence[float] | None = None
    on_missing: str = "pass"
    audio_track: int | None = None
    native: bool = True
    max_seconds: float = MAX_SECONDS
    remember: bool = True
    progress: Progress | None = None
    cancel: Callable[[], bool] | None = None

    def __post_init__(self):
        check_fit(self.fit)
        if self.on_missing not in MISSING:
            raise ConfigError(
                f"unknown on_missing {self.on_missing!r}", expected="one of " + ", ".join(MISSING)
            )
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
    def heard(self) -> str | os.PathLike | np.ndarray:
        """Where the sound is."""
        return self.face if self.audio is None else self.audio

    @property
    def files(self) -> tuple[Path, ...]:
        """The files among the inputs, which no output may replace."""
        given = (self.face, self.audio)
        return tuple(Path(one) for one in given if isinstance(one, (str, os.PathLike)))
