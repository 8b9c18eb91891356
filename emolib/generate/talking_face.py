"""The entry point: `TalkingFace.load(...).generate(face, audio, emotion) -> Clip`.

Paper: §3 (inputs and output), §6 (the web interface's one task).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import MediaError
from emolib.base.files import file_sha256
from emolib.base.runtime import Stopwatch, pick_device
from emolib.generate.film import Clip, FrameStream
from emolib.generate.order import Audio, Cancel, Face, Order, Progress
from emolib.generate.render import Engine
from emolib.generate.schedule import Source
from emolib.media.audio import MIN_SAMPLES
from emolib.media.encode import FORMS
from emolib.media.faces import make_detector
from emolib.media.mel import melspectrogram
from emolib.media.provenance import Facts, check_outputs, utc_now, write_labelled
from emolib.models.checkpoint import find_checkpoint, load_checkpoint

WRITING = ("overwrite", "progress", "cancel")  # options of `write`


class TalkingFace:
    """A loaded generator with a face detector; makes any number of clips. See `load`.

    Attributes:
        meta: what its checkpoint says; `name` and `sha256`: of its file, for marks and record.
        emotional: it knows emotions; `composite`: else it has only 96 pixels to give.
    """

    def __init__(self, path: Path, device: str):
        melspectrogram(np.zeros(MIN_SAMPLES, np.float32))  # what it imports takes a second
        generator, self.meta = load_checkpoint(path, "generator")
        self.name, self.sha256 = path.stem, file_sha256(path)
        self.emotional = generator.config.emotion is not None
        self.composite = generator.config.head == "composite"
        self.engine = Engine(generator, self.meta.input_rules, device)
        self.detector = make_detector()

    @classmethod
    def load(cls, name_or_path: str | os.PathLike = "lite", device: str = "auto") -> TalkingFace:
        """The generator of a checkpoint: a name in `data/checkpoints`, or a file.

        Raises:
            CheckpointError: missing, damaged, newer, of another kind, or with other emotions.
            ConfigError: unknown device, or one that this machine lacks.
        """
        return cls(find_checkpoint(name_or_path, "generator"), pick_device(device))

    def stream(
        self,
        face: Face,
        audio: Audio = None,
        emotion: str | int | None = None,
        *,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
        **options,
    ) -> FrameStream:
        """A film whose frames are made as they are taken, in memory that does not grow.

        Args:
            progress: called as `progress(stage, done, total)`, stages "faces" and "frames".
            cancel: asked between frames and batches; true stops with `Cancelled`.
            options: the other fields of `Order`.

        Raises:
            EmolibError: whatever is wrong with the inputs, before the network runs.

        Paper: §3.1, §3.2. Deviation: see `schedule`, `inputs`, `render`.
        """
        return FrameStream(self, Order(face, audio, emotion, **options), progress, cancel)

    def generate(
        self, face: Face, audio: Audio = None, emotion: str | int | None = None, **options
    ) -> Clip:
        """A short clip whole, in memory. Arguments as `stream`; long films: `generate_file`.

        Raises:
            EmolibError: as `stream`; `Cancelled`.
        """
        stream = self.stream(face, audio, emotion, **options)
        first = next(frames := iter(stream))
        out = np.empty((len(stream), *first.shape), np.uint8)  # (T, H, W, 3)
        out[0] = first
        for k, frame in enumerate(frames, 1):
            out[k] = frame
        return self._clip(stream, out, stream.audio, stream.boxes)

    def preview(
        self, face: Face, audio: Audio = None, emotion: str | int | None = None, **options
    ) -> np.ndarray:
        """The frame (H, W, 3) uint8 RGB of `preview_clip`, for an order given by its fields."""
        return self.preview_clip(Order(face, audio, emotion, **options)).frames[0]

    def preview_clip(self, order: Order, cancel: Cancel | None = None) -> Clip:
        """One frame of the clip to come, without sound: its first picture, at the loudest moment.
        Errors as `stream`."""
        source = Source(order.face, order.max_picture_px)
        picture = next(iter(source.first(1)))
        still = replace(order, face=picture, audio=order.sound, fit="hold")
        stream = FrameStream(self, still, cancel=cancel)
        stream.report["inputs"]["face"] = source.sha256  # not that of its first picture
        loudness = stream.sound.mel.mean(axis=0)  # (M,)
        k = min(int(loudness.argmax() / AUDIO.mel_steps_per_s * stream.fps), len(stream) - 1)
        shown = stream.render(range(k, k + 1), [picture])[0][0]
        clip = self._clip(stream, shown[None], stream.audio[:0], stream.boxes[k : k + 1])
        return replace(clip, inputs=order.files)

    def generate_file(
        self,
        face: Face,
        audio: Audio,
        emotion: str | int | None,
        out: str | os.PathLike,
        **options,
    ) -> dict:
        """`write` for an order given by its fields; `options` are those of `Order` and `write`."""
        own = {name: options.pop(name) for name in WRITING if name in options}
        return self.write(Order(face, audio, emotion, **options), out, **own)

    def write(
        self,
        order: Order,
        out: str | os.PathLike,
        *,
        kind: type[FrameStream] = FrameStream,
        overwrite: bool = False,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> dict:
        """A film of any length straight to a file; memory does not grow with it.

        Args:
            out: the file to write; its sidecar lies beside it.
            kind: what is shown of the film.
            overwrite: replace the file if it exists.

        Returns:
            The report, with `file`, `signed`, `signature_note` and `total_s`.

        Raises:
            ConfigError: the output exists and `overwrite` is false, or is an input.
            MediaError: no film can be written under this name.
            EmolibError: as `stream`; nothing is written then.
        """
        watch = Stopwatch()
        checked = check_outputs(out, order.files, overwrite=overwrite)  # before any work is done
        if Path(out).suffix.lower() not in FORMS:
            raise MediaError(
                f"cannot write {Path(out).suffix or 'a file without suffix'}",
                file=out,
                expected="a name that ends in " + ", ".join(FORMS),
            )
        stream = kind(self, order, progress, cancel)
        written = write_labelled(
            out,
            _timed(stream),
            stream.audio,
            self.facts(stream),
            fps=stream.fps,
            sample_rate_hz=stream.sound.rate_hz,
            checked=checked,
        )
        spent = stream.stages.rounded()
        finish_s = max(watch.seconds - sum(spent.values()), 0.0)  # last packets, marks, hashes
        return {
            **stream.report,
            "seconds_per_stage": spent | {"finish": round(finish_s, 3)},
            "file": str(written.path),
            "signed": written.signed,
            "signature_note": written.note,
            "total_s": round(watch.seconds, 3),
        }

    def facts(self, stream: FrameStream) -> Facts:
        """What a clip is made from, for its marks."""
        report, more = stream.report, {"recipe": self.meta.recipe}
        more |= {key: report[key] for key in ("native", "walk", "side_by_side") if key in report}
        made = {"model": self.name, "model_sha256": self.sha256, "made_at": utc_now()}
        return Facts(report["emotion"], inputs=report["inputs"], more=more, **made)

    def _clip(self, stream: FrameStream, frames, audio, boxes) -> Clip:
        return Clip(
            frames=frames,
            audio=audio,
            fps=stream.fps,
            boxes=boxes,
            report=stream.report,
            facts=self.facts(stream),
            sample_rate_hz=stream.sound.rate_hz,
            inputs=stream.order.files,
        )


def _timed(stream: FrameStream) -> Iterator[np.ndarray]:
    """The stream's frames; the time its reader takes counts as stage "write"."""
    for frame in stream:
        with stream.stages("write"):
            yield frame
