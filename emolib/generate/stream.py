"""Everything together, batch by batch: pictures in, talking pictures out, memory flat.

A `FrameStream` is prepared first (sound, place of the face, plan: see `prepare`), so that whatever
is wrong with the inputs is known before the network runs. Iterating it yields the finished frames.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import Cancelled, FaceError
from emolib.generate.engine import Engine
from emolib.generate.hearing import Sound
from emolib.generate.paint import paint
from emolib.generate.request import Request
from emolib.generate.source import ArraySource, FileSource
from emolib.generate.steady import Steady
from emolib.media.faces import FaceTrack
from emolib.media.mel import SILENCE, mel_windows

EASE_FRAMES = 4
BATCH_BYTES = 96 * 2**20  # pictures of one batch


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


class Stages:
    """Seconds spent in each stage: `with stages("network"): ...`."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    def rounded(self) -> dict[str, float]:
        """Seconds by stage, to the millisecond."""
        return {stage: round(spent, 3) for stage, spent in self.seconds.items()}


@dataclass
class FrameStream:
    """A prepared clip. Iterate it once for its frames (H, W, 3) uint8 RGB.

    Attributes:
        asked: what is wanted.
        engine, source, sound, track: what it is made of.
        plan: (n_frames,) the source frame behind each output frame.
        emotion: (n_frames, 6) float32 weights, or None.
        report: what was done, plain JSON values; complete when the last frame has been taken.
    """

    asked: Request
    engine: Engine
    source: ArraySource | FileSource
    sound: Sound
    track: FaceTrack
    plan: np.ndarray
    emotion: np.ndarray | None
    stages: Stages = field(default_factory=Stages)
    report: dict = field(default_factory=dict)

    fps = VIDEO.fps

    def __post_init__(self):
        if self.asked.on_missing == "error" and not self.track.found[self.plan].all():
            gaps = ", ".join(f"{a}-{b - 1}" for a, b in self.track.missing)
            raise FaceError(
                "the face is missing",
                file=self.source.name,
                where=f"frames {gaps}",
                fix="cut these frames out, or pass --on-missing pass",
            )
        self.shares = np.ones(len(self.plan))  # how much of the generated face is shown
        if self.asked.on_missing == "pass":
            self.shares = ease(self.track.found[self.plan])

    def __len__(self) -> int:
        return len(self.plan)

    @property
    def boxes(self) -> np.ndarray:
        """(n_frames, 4) float32: x0, y0, x1, y1 of the face in each output frame, in pixels."""
        return self.track.boxes[self.plan]

    @property
    def audio(self) -> np.ndarray:
        """(n,) float32 mono at `sound.rate_hz`, as long as the frames."""
        n_samples = round(len(self) / self.fps * self.sound.rate_hz)
        played = self.sound.played[:n_samples]
        missing = n_samples - len(played)  # less than half a frame
        return np.pad(played, (0, missing)) if missing > 0 else played

    def __iter__(self) -> Iterator[np.ndarray]:
        """Finished frames in order."""
        frames, steady = self.source.frames(self.plan), Steady()
        last, done = None, 0
        width, height = self.track.picture_px
        most = max(1, BATCH_BYTES // (3 * width * height))
        while done < len(self):
            indices = range(done, min(done + self.engine.batch, done + most, len(self)))
            with self.stages("read"):
                batch = list(islice(frames, len(indices)))
            if len(batch) < len(indices):
                raise FaceError(
                    f"only {done + len(batch)} of {len(self)} frames could be read again",
                    file=self.source.name,
                )
            for picture, generated in self.paint(indices, batch, steady):
                if not generated and self.asked.on_missing == "hold" and last is not None:
                    picture = last
                last = picture
                yield picture
            done = indices.stop
            self.check_cancel()
            if self.asked.progress:
                self.asked.progress("frames", done, len(self))
        self.report["seconds_per_stage"] = self.stages.rounded()

    def paint(
        self, indices: range, frames: list[np.ndarray], steady: Steady | None = None
    ) -> list[tuple[np.ndarray, bool]]:
        """Output frames `indices` from their source frames; with each, whether it was generated.

        Args:
            steady: the memory of the frames before; None if there are none.
        """
        found = [i for i, k in enumerate(indices) if self.track.found[self.plan[k]]]
        out = [(frame, False) for frame in frames]
        if not found:
            return out
        rules, steady = self.engine.rules, steady or Steady()
        with self.stages("crop"):
            places = [
                self.track.transform(int(self.plan[indices[i]]), rules.geometry) for i in found
            ]
            crops = [p.crop(frames[i], VIDEO.face_px) for i, p in zip(found, places, strict=True)]
        chosen = np.array([indices[i] for i in found])
        with self.stages("network"):
            mel = mel_windows(self.sound.heard, chosen, self.fps, 1, rules.alignment)
            label = None if self.emotion is None else self.emotion[chosen]
            maps = self.engine.maps(np.stack(crops), mel, label)
            rests = (mel.max(axis=(1, 2)) <= SILENCE).mean(axis=1)  # share of silent steps
        with self.stages("paint"):
            for n, (i, place) in enumerate(zip(found, places, strict=True)):
                k = indices[i]
                if not self._follows(k):
                    steady.forget()
                one = steady({name: value[n] for name, value in maps.items()}, rests[n])
                share = float(self.shares[k])
                out[i] = (paint(frames[i], place, one, self.asked.native, share), True)
        return out

    def _follows(self, k: int) -> bool:
        """Whether output frame k goes on with the shot of the frame before."""
        if k == 0 or not self.track.found[self.plan[k - 1]]:
            return False
        low, high = sorted((self.plan[k - 1], self.plan[k]))
        return not any(low < cut <= high for cut in self.track.cuts)

    def check_cancel(self) -> None:
        """Stop if asked to.

        Raises:
            Cancelled: `cancel()` is true.
        """
        if self.asked.cancel is not None and self.asked.cancel():
            raise Cancelled("cancelled", file=self.source.name)
