"""A film frame by frame: pictures in, talking pictures out, memory flat; or a short one whole."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import Cancelled, FaceError, warnings_as_notes
from emolib.base.runtime import Stages
from emolib.generate.inputs import find_track, fixed_track, frames_to_track, load_sound
from emolib.generate.order import Cancel, Order, Progress, shares_by_code, weights_per_frame
from emolib.generate.render import FlowSmoother, blend
from emolib.generate.schedule import Source, describe_fit, ease, fit_frames, n_sound_frames
from emolib.media.faces import FaceDetector, FaceTrack
from emolib.media.mel import SILENCE, mel_windows
from emolib.media.provenance import Facts, Written, write_labelled

if TYPE_CHECKING:
    from emolib.generate.talking_face import TalkingFace

BATCH_BYTES = 96 * 2**20  # pictures of one batch


@dataclass(frozen=True)
class Clip:
    """A generated clip in memory.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB, without the visible label, which `save` adds.
        audio: (n,) float32 mono at `sample_rate_hz`.
        fps: frames a second.
        boxes: (T, 4) float32, x0 y0 x1 y1 of the face in pixels.
        report: what was done: frames, emotion, notes, missing stretches, seconds per stage.
        facts: what it was made from, for the marks of `save`.
        inputs: files it was made from, which `save` never overwrites.
    """

    frames: np.ndarray
    audio: np.ndarray
    fps: int
    boxes: np.ndarray
    report: dict
    facts: Facts
    sample_rate_hz: int
    inputs: tuple[Path, ...] = ()

    def save(self, path: str | os.PathLike, *, overwrite: bool = False) -> Written:
        """Write it with all provenance marks; see `media.provenance.write_labelled`."""
        how = {"fps": self.fps, "sample_rate_hz": self.sample_rate_hz, "inputs": self.inputs}
        return write_labelled(path, self.frames, self.audio, self.facts, overwrite=overwrite, **how)


class FrameStream:
    """A film ready to be made. Iterate it once for its frames (H, W, 3) uint8 RGB.

    All that a user can get wrong (sound, file, face) is looked at here, the cheapest first.

    Args:
        talker: who makes it: network, face detector, and what is known of them.
        order: what is wanted.
        progress, cancel: see `TalkingFace.stream`.

    Attributes:
        source, sound, track: what it is made of.
        plan: (n_frames,) the source frame behind each output frame.
        emotion: (n_frames, 6) float32 weights, or None for a network without.
        report: what was done, plain JSON values; complete when the last frame has been taken.

    Raises:
        EmolibError: of the sound, the file, the face; `Cancelled`.
    """

    fps = VIDEO.fps

    def __init__(
        self,
        talker: TalkingFace,
        order: Order,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ):
        self.order = order = replace(order, native=order.native and talker.composite)
        self.engine, self.progress, self.cancel = talker.engine, progress, cancel
        self.stages, weights = Stages(), order.weights if talker.emotional else None
        with warnings_as_notes() as warned:
            with self.stages("open"):
                self.source = Source(order.face, order.max_picture_px)
                sha256 = self.source.sha256
            with self.stages("sound"):
                self.sound = load_sound(order.sound, order.audio_track, order.max_seconds)
            n_sound = n_sound_frames(len(self.sound.played), self.sound.rate_hz)
            with self.stages("faces"):
                self.track, remembered = self._find_face(talker.detector, n_sound, sha256)
        fit, n_source = "trim" if order.audio is None else order.fit, len(self.track)
        self.plan = fit_frames(n_source, n_sound, fit)
        self.emotion = None if weights is None else weights_per_frame(weights, len(self.plan))
        notes = [*warned, describe_fit(n_source, n_sound, fit), *self.track.warnings]
        if order.labelled and not talker.emotional:
            notes.insert(0, f"the network {talker.name} knows no emotions: the label is ignored")
        walk = weights is not None and weights.ndim == 2
        self.report = {
            "model": talker.name,
            "recipe": talker.meta.recipe,
            "device": self.engine.device,
            "frames": len(self),
            "fps": self.fps,
            "seconds": len(self) / self.fps,
            "picture_px": list(self.track.picture_px),
            "emotion": {} if weights is None else shares_by_code(self.emotion),
            **({"walk": [shares_by_code(station) for station in weights]} if walk else {}),
            "native": order.native,
            "faces": self.track.n_faces,
            "track_remembered": remembered,
            "missing": [list(stretch) for stretch in self.track.missing],
            "notes": [note for note in notes if note],
            "inputs": {"face": sha256, "audio": self.sound.sha256},
        }
        found = self.track.found[self.plan]
        if order.on_missing == "error" and not found.all():
            gaps = ", ".join(f"{a}-{b - 1}" for a, b in self.track.missing)
            raise FaceError(
                "the face is missing",
                file=self.source.name,
                where=f"frames {gaps}",
                fix="cut these frames out, or pass --on-missing pass",
            )
        shown = found if order.on_missing == "pass" else np.ones_like(found)
        self.shares = ease(shown)  # of the generated face

    def _find_face(
        self, detector: FaceDetector, n_sound: int, sha256: str
    ) -> tuple[FaceTrack, bool]:
        """The face's track, and whether it was remembered."""
        order, file = self.order, self.source.name
        n_look = 1 if self.source.still else frames_to_track(n_sound)
        first = self._watched(self.source.first(n_look), n_look)
        if order.box is not None:
            return fixed_track(first, order.box, file), False
        content = f"{sha256} {order.max_picture_px}" if self.source.still else sha256
        asked = {"sha256": content, "n_frames": n_look, "file": file, "remember": order.remember}
        return find_track(first, detector, order.face_index, **asked)

    def _watched(self, frames: Iterator[np.ndarray], total: int) -> Iterator[np.ndarray]:
        for k, frame in enumerate(frames, 1):
            if self.cancel is not None and self.cancel():
                raise Cancelled("cancelled while looking for the face")
            yield frame
            if self.progress:
                self.progress("faces", k, total)

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
        played = self.sound.played[:n_samples]  # at most half a frame is missing
        return np.pad(played, (0, n_samples - len(played)))

    def __iter__(self) -> Iterator[np.ndarray]:
        """Finished frames in order."""
        frames, smoother = self.source.frames(self.plan), FlowSmoother()
        last, done = None, 0
        most = max(1, BATCH_BYTES // (3 * math.prod(self.track.picture_px)))
        while done < len(self):
            indices = range(done, min(done + self.engine.batch, done + most, len(self)))
            with self.stages("read"):
                batch = list(islice(frames, len(indices)))
            if len(batch) < len(indices):
                raise FaceError(
                    f"only {done + len(batch)} of {len(self)} frames could be read again",
                    file=self.source.name,
                )
            for picture, generated in self.render(indices, batch, smoother):
                if not generated and self.order.on_missing == "hold" and last is not None:
                    picture = last
                last = picture
                yield picture
            done = indices.stop
            if self.cancel is not None and self.cancel():
                raise Cancelled("cancelled", file=self.source.name)
            if self.progress:
                self.progress("frames", done, len(self))
        self.report["seconds_per_stage"] = self.stages.rounded()

    def render(
        self, indices: range, frames: list[np.ndarray], smoother: FlowSmoother | None = None
    ) -> list[tuple[np.ndarray, bool]]:
        """Output frames `indices` from their source frames; with each, whether it was generated.

        Args:
            smoother: knows the frames before; None if there are none.
        """
        found = [i for i, k in enumerate(indices) if self.track.found[self.plan[k]]]
        out = [(frame, False) for frame in frames]
        if not found:
            return out
        rules, smoother = self.engine.rules, smoother or FlowSmoother()
        shots = [int(self.plan[indices[i]]) for i in found]
        with self.stages("crop"):
            places = [self.track.transform(k, rules.geometry) for k in shots]
            crops = [p.crop(frames[i], VIDEO.face_px) for i, p in zip(found, places, strict=True)]
        chosen = np.array([indices[i] for i in found])
        with self.stages("network"):
            mel = mel_windows(self.sound.mel, chosen, self.fps, 1, rules.alignment)
            label = None if self.emotion is None else self.emotion[chosen]
            maps = self.engine.maps(np.stack(crops), mel, label)
            rests = (mel.max(axis=(1, 2)) <= SILENCE).mean(axis=1)  # share of silent steps
        with self.stages("paint"):
            for n, (i, place) in enumerate(zip(found, places, strict=True)):
                k = indices[i]
                if not self._follows(k):
                    smoother.forget()
                one = smoother({name: value[n] for name, value in maps.items()}, rests[n])
                share = float(self.shares[k])
                out[i] = (blend(frames[i], place, one, self.order.native, share), True)
        return out

    def _follows(self, k: int) -> bool:
        """Whether output frame k goes on with the shot of the frame before."""
        if k == 0 or not self.track.found[self.plan[k - 1]]:
            return False
        low, high = sorted((self.plan[k - 1], self.plan[k]))
        return not any(low < cut <= high for cut in self.track.cuts)
