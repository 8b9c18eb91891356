"""Which picture is shown when, and pictures read in that order in little memory.

Pictures and sound seldom last equally long. A short video is decoded once and kept. A long one is
decoded as it is needed: forwards it streams, backwards (the way back of a loop) it is read in short
pieces, each turned round. So the memory used does not grow with the length of the film.

Deviation: the released code starts the video again with a hard jump when the sound is longer;
here it runs back and forth, so the head never jumps.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

import cv2
import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import ConfigError, MediaError
from emolib.base.files import file_sha256
from emolib.media.image import read_still
from emolib.media.video import probe, read_frames

EASE_FRAMES = 4
KEEP_BYTES = 256 * 2**20  # decoded pictures that may stay in memory
PIECE_BYTES = 128 * 2**20  # decoded pictures of one piece on the way back
_SAID = {
    "loop": "runs back and forth",
    "trim": "is not prolonged: the sound is cut",
    "hold": "stays on its last frame",
}


def n_sound_frames(n_samples: int, sample_rate_hz: int = AUDIO.sample_rate_hz) -> int:
    """Frames that last as long as the sound, to the nearest; at least one."""
    return max(1, round(n_samples / sample_rate_hz * VIDEO.fps))


def fit_frames(n_source: int, n_sound: int, fit: str = "loop") -> np.ndarray:
    """The source frame behind each output frame: (n_out,) int.

    Args:
        n_source: frames the video has; 1 for a picture.
        n_sound: frames the sound lasts.
        fit: what to do when the sound is longer: "loop" runs the video back and forth, "hold"
            stays on its last frame, "trim" ends with the video. A longer video always ends with
            the sound.

    Raises:
        ConfigError: unknown `fit`, or nothing to show.
    """
    if fit not in _SAID:
        raise ConfigError(f"unknown fit {fit!r}", expected="one of " + ", ".join(_SAID))
    if n_source < 1 or n_sound < 1:
        raise ConfigError(f"{n_source} frames for {n_sound} frames of sound", expected="1 or more")
    k = np.arange(n_sound)
    if fit == "trim":
        return k[: min(n_source, n_sound)]
    if fit == "hold" or n_source == 1:
        return np.minimum(k, n_source - 1)
    period = 2 * (n_source - 1)  # there and back, the turning points shown once
    return np.minimum(k % period, period - k % period)


def describe_fit(n_source: int, n_sound: int, fit: str) -> str:
    """One sentence on what `fit_frames` does, or "" if both last equally long."""
    video_s, sound_s = n_source / VIDEO.fps, n_sound / VIDEO.fps
    if n_source == 1:
        return "" if n_sound == 1 else "a still picture: it is shown as long as the sound lasts"
    if n_source > n_sound:
        return f"the video is longer than the sound and ends with it, at {sound_s:.2f} s"
    if n_source == n_sound:
        return ""
    return f"the sound lasts {sound_s:.2f} s, the video {video_s:.2f} s and {_SAID[fit]}"


def ease(found: np.ndarray) -> np.ndarray:
    """How much of the generated face to show: (N,) in [0, 1], so that it comes and goes softly.

    It is 0 where the face is missing, rises over `EASE_FRAMES` on both sides of a gap, and is 1
    elsewhere, also at both ends of the clip.
    """
    frame = np.arange(len(found))
    far = 2 * len(found) + EASE_FRAMES
    before = np.maximum.accumulate(np.where(found, -far, frame))
    after = np.minimum.accumulate(np.where(found, far, frame)[::-1])[::-1]
    distance = np.minimum(frame - before, after - frame)
    return np.clip(distance / (EASE_FRAMES + 1), 0, 1)


class Source:
    """Pictures of a video file at 25 frames/s, of a picture file, or of an array, in any order.

    Args:
        face: a file, or (T, H, W, 3) or one (H, W, 3) uint8 RGB.
        max_picture_px: a still picture whose longer side is longer is shrunk to this.

    Attributes:
        name: in messages; `still`: whether it is one picture; `sha256`: of the file, or of shape
            and pixels.

    Raises:
        MediaError: the file cannot be read, or the array is no picture.
    """

    def __init__(self, face: str | os.PathLike | np.ndarray, max_picture_px: int | None = None):
        self._frames: list[np.ndarray] | np.ndarray | None = None  # those kept, from the first on
        if isinstance(face, (str, os.PathLike)):
            self.path, self.name = Path(face), str(face)
            info = probe(self.path)
            self.still, frame_bytes = info.still, 3 * info.width * info.height
            self._n_keep = KEEP_BYTES // frame_bytes
            self._piece = max(2, PIECE_BYTES // frame_bytes)
            if self.still:
                self._frames = [_shrunk(read_still(self.path), max_picture_px)]
            return
        frames = np.asarray(face)
        frames = frames[None] if frames.ndim == 3 else frames
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not len(frames):
            raise MediaError(
                f"the face is {frames.dtype} {frames.shape}",
                expected="uint8 (T, H, W, 3) or (H, W, 3) RGB, or a file",
            )
        self.path, self.name, self.still = None, "array", len(frames) == 1
        self._frames = [_shrunk(frames[0], max_picture_px)] if self.still else frames

    @property
    def sha256(self) -> str:
        """Hash of the file, or of shape and pixels."""
        if self.path is not None:
            return file_sha256(self.path)
        digest = hashlib.sha256(str(np.shape(self._frames)).encode())
        digest.update(np.ascontiguousarray(self._frames))
        return digest.hexdigest()

    def first(self, limit: int) -> Iterator[np.ndarray]:
        """The first frames, `limit` at most; kept if they are few enough."""
        if self._frames is not None and (self.path is None or self.still):
            yield from self._frames[:limit]
            return
        kept: list[np.ndarray] | None = []
        for frame in islice(read_frames(self.path), limit):
            if kept is not None and len(kept) < self._n_keep:
                kept.append(frame)
            else:
                kept = None
            yield frame
        self._frames = kept

    def frames(self, plan: np.ndarray) -> Iterator[np.ndarray]:
        """The frame of each index in `plan`."""
        runs = np.split(plan, np.flatnonzero(np.diff(plan, 2)) + 2)  # of one step each: +1, -1 or 0
        n_needed = int(plan.max()) + 1
        if self._frames is None and len(runs) > 1 and n_needed <= self._n_keep:
            for _ in self.first(n_needed):  # several passes over a short video: decode once
                pass
        if self._frames is not None and len(self._frames) >= n_needed:
            yield from (self._frames[index] for index in plan)
            return
        for run in runs:
            first, last = int(run[0]), int(run[-1])
            if last > first:
                yield from self._read(first, last)
            elif last == first:
                yield from repeat(next(self._read(first, first)), len(run))
            else:
                for part in np.split(run, range(self._piece, len(run), self._piece)):
                    yield from reversed(list(self._read(int(part[-1]), int(part[0]))))

    def _read(self, first: int, last: int) -> Iterator[np.ndarray]:
        start_s, n_frames = first / VIDEO.fps, last - first + 1
        yield from read_frames(self.path, start_s=start_s, max_seconds=n_frames / VIDEO.fps)


def _shrunk(picture: np.ndarray, side_px: int | None) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = (side_px or max(height, width)) / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
