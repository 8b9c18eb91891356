"""Where pictures come from, in any order and in little memory.

A short video is decoded once and kept. A long one is decoded as it is needed: forwards it streams,
backwards (the way back of a loop) it is read in short pieces, each turned round. So the memory used
does not grow with the length of the film.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import MediaError
from emolib.base.files import file_sha256
from emolib.generate.plan import runs_of
from emolib.media.video import probe, read_frames

KEEP_BYTES = 256 * 2**20  # decoded pictures that may stay in memory
PIECE_BYTES = 128 * 2**20  # decoded pictures of one piece on the way back


class ArraySource:
    """Pictures that are already in memory: (T, H, W, 3) or one (H, W, 3), uint8 RGB."""

    name = "array"

    def __init__(self, frames: np.ndarray):
        frames = np.asarray(frames)
        frames = frames[None] if frames.ndim == 3 else frames
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not len(frames):
            raise MediaError(
                f"the face is {frames.dtype} {frames.shape}",
                expected="uint8 (T, H, W, 3) or (H, W, 3) RGB, or a file",
            )
        self.still = len(frames) == 1
        self._frames = frames

    @property
    def sha256(self) -> str:
        """Hash of shape and pixels."""
        digest = hashlib.sha256(str(self._frames.shape).encode())
        digest.update(np.ascontiguousarray(self._frames))
        return digest.hexdigest()

    def first(self, limit: int) -> Iterator[np.ndarray]:
        """The first frames, `limit` at most."""
        return iter(self._frames[:limit])

    def frames(self, plan: np.ndarray) -> Iterator[np.ndarray]:
        """The frame of each index in `plan`."""
        return (self._frames[index] for index in plan)


class FileSource:
    """A video file at 25 frames/s, or a picture file.

    Raises:
        MediaError: the file cannot be read.
    """

    def __init__(self, path: str | os.PathLike, keep_bytes: int = KEEP_BYTES):
        self.path = Path(path)
        info = probe(self.path)
        self.name, self.still = str(path), info.still
        frame_bytes = 3 * info.width * info.height
        self._n_keep = keep_bytes // frame_bytes
        self._piece = max(2, PIECE_BYTES // frame_bytes)
        self._kept: list[np.ndarray] | None = None

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return file_sha256(self.path)

    def first(self, limit: int) -> Iterator[np.ndarray]:
        """The first frames, `limit` at most; kept if they are few enough."""
        kept: list[np.ndarray] | None = []
        for frame in islice(read_frames(self.path), limit):
            if kept is not None and len(kept) < self._n_keep:
                kept.append(frame)
            else:
                kept = None
            yield frame
        self._kept = kept

    def frames(self, plan: np.ndarray) -> Iterator[np.ndarray]:
        """The frame of each index in `plan`."""
        runs = runs_of(plan)
        n_needed = int(plan.max()) + 1
        if self._kept is None and len(runs) > 1 and n_needed <= self._n_keep:
            for _ in self.first(n_needed):  # several passes over a short video: decode once
                pass
        if self._kept is not None and len(self._kept) >= n_needed:
            yield from (self._kept[index] for index in plan)
            return
        for run in runs:
            first, last = int(run[0]), int(run[-1])
            if last > first:
                yield from self._forwards(first, last)
            elif last < first:
                yield from self._backwards(first, last)
            else:
                (frame,) = self._forwards(first, first)
                yield from (frame for _ in run)

    def _forwards(self, first: int, last: int) -> Iterator[np.ndarray]:
        n_frames = last - first + 1
        yield from read_frames(
            self.path, start_s=first / VIDEO.fps, max_seconds=n_frames / VIDEO.fps
        )

    def _backwards(self, first: int, last: int) -> Iterator[np.ndarray]:
        """Frames `first` down to `last`, piece by piece."""
        for high in range(first, last - 1, -self._piece):
            low = max(last, high - self._piece + 1)
            yield from reversed(list(self._forwards(low, high)))


def open_source(face: str | os.PathLike | np.ndarray) -> ArraySource | FileSource:
    """The pictures of a file or an array.

    Raises:
        MediaError: the file cannot be read, or the array is no picture.
    """
    return FileSource(face) if isinstance(face, (str, os.PathLike)) else ArraySource(face)
