"""The door: `TalkingFace.load(...).generate(face, audio, emotion) -> Clip`.

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
from emolib.generate.clip import Clip
from emolib.generate.engine import make_engine
from emolib.generate.prepare import prepare
from emolib.generate.request import Face, Request, Sound
from emolib.generate.source import open_source
from emolib.generate.stream import FrameStream
from emolib.media.audio import MIN_SAMPLES
from emolib.media.encode import FORMS
from emolib.media.faces import make_detector
from emolib.media.mel import melspectrogram
from emolib.media.provenance import Facts, check_outputs, utc_now, write_labelled
from emolib.models.checkpoint import CheckpointMeta, find_checkpoint, load_checkpoint
from emolib.models.generator import Generator


class TalkingFace:
    """A loaded generator and face detector: makes any number of clips.

    Args:
        generator: the network.
        meta: what its checkpoint says.
        device: "cpu", "cuda", …
        detector: name of a face detector, or one.
        sha256: hash of the checkpoint file, for the record.
        name: how messages and marks call it.
    """

    def __init__(
        self,
        generator: Generator,
        meta: CheckpointMeta,
        *,
        device: str = "cpu",
        detector="auto",
        sha256: str = "",
        name: str = "",
    ):
        self.meta, self.name, self.sha256 = meta, name, sha256
        self.emotional = generator.config.emotion is not None
        self.composite = generator.config.head == "composite"  # else it has only 96 pixels to give
        self.engine = make_engine(generator, meta, device)
        self.detector = make_detector(detector) if isinstance(detector, str) else detector

    @classmethod
    def load(
        cls, name_or_path: str | os.PathLike = "lite", device: str = "auto", detector="auto"
    ) -> TalkingFace:
        """The generator of a checkpoint: a name in `data/checkpoints`, or a file.

        Raises:
            CheckpointError: missing, damaged, newer, of another kind, or with other emotions.
            ConfigError: unknown device or detector, or a device this machine lacks.
        """
        device = pick_device(device)
        path = find_checkpoint(name_or_path, "generator")
        melspectrogram(np.zeros(MIN_SAMPLES, np.float32))  # what it imports takes a second
        generator, meta = load_checkpoint(path, "generator")
        return cls(
            generator,
            meta,
            device=device,
            detector=detector,
            sha256=file_sha256(path),
            name=path.stem,
        )

    def stream(
        self, face: Face, audio: Sound = None, emotion: str | int | None = None, **options
    ) -> FrameStream:
        """A prepared clip whose frames are made as they are taken, in memory that does not grow.

        Args:
            face: a video, a picture, or frames (T, H, W, 3) or (H, W, 3) uint8 RGB at 25 frames/s.
            audio: a sound or video file, or (n,) float at 16 kHz; None: the face video's own.
            emotion: code, name, alias or index.
            options: any other field of `Request`: `strength`, `mixture`, `fit`, `progress`, …

        Raises:
            EmolibError: whatever is wrong with the inputs, before the network runs.

        Paper: §3.1, §3.2. Deviation: see `plan`, `hearing`, `paint`.
        """
        return self.prepare(Request(face, audio, emotion, **options))

    def generate(
        self, face: Face, audio: Sound = None, emotion: str | int | None = None, **options
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
        return Clip(
            frames=out,
            audio=stream.audio,
            fps=stream.fps,
            boxes=stream.boxes,
            report=stream.report,
            facts=self.facts(stream),
            sample_rate_hz=stream.sound.rate_hz,
            inputs=stream.asked.files,
        )

    def generate_file(
        self,
        face: Face,
        audio: Sound,
        emotion: str | int | None,
        out: str | os.PathLike,
        *,
        overwrite: bool = False,
        label: bool = True,
        made_at: str | None = None,
        **options,
    ) -> dict:
        """A film of any length straight to a file. `out` and after as `write`, others as `stream`.

        Raises:
            EmolibError: as `stream` and `write`; nothing is written then.
        """
        asked = Request(face, audio, emotion, **options)
        return self.write(asked, out, overwrite=overwrite, label=label, made_at=made_at)

    def preview(
        self, face: Face, audio: Sound = None, emotion: str | int | None = None, **options
    ) -> np.ndarray:
        """One frame (H, W, 3) uint8 RGB of the clip to come: see `preview_clip`."""
        return self.preview_clip(face, audio, emotion, **options).frames[0]

    def preview_clip(
        self, face: Face, audio: Sound = None, emotion: str | int | None = None, **options
    ) -> Clip:
        """One frame of the clip to come, as a `Clip` without sound: its first picture, at the
        loudest moment. Arguments and errors as `stream`."""
        asked = Request(face, audio, emotion, **options)
        source = open_source(face)
        picture = next(iter(source.first(1)))
        stream = self.prepare(replace(asked, face=picture, audio=asked.heard, fit="hold"))
        stream.report["inputs"]["face"] = source.sha256  # not that of its first picture
        loudness = stream.sound.heard.mean(axis=0)  # (M,)
        k = min(int(loudness.argmax() / AUDIO.mel_steps_per_s * stream.fps), len(stream) - 1)
        shown = stream.paint(range(k, k + 1), [picture])[0][0]
        return Clip(
            frames=shown[None],
            audio=stream.audio[:0],
            fps=stream.fps,
            boxes=stream.boxes[k : k + 1],
            report=stream.report,
            facts=self.facts(stream),
            sample_rate_hz=stream.sound.rate_hz,
            inputs=asked.files,
        )

    def prepare(self, asked: Request) -> FrameStream:
        """A request as a stream; see `stream`."""
        weights, notes = None, []
        asked = replace(asked, native=asked.native and self.composite)
        if self.emotional:
            weights = asked.weights
        elif asked.labelled:
            notes.append(f"the network {self.name} knows no emotions: the label is ignored")
        stream = prepare(self.engine, self.detector, asked, weights)
        made_by = {"model": self.name, "recipe": self.meta.recipe, "device": self.engine.device}
        stream.report |= made_by | {"notes": notes + stream.report["notes"]}
        return stream

    def write(
        self,
        asked: Request,
        out: str | os.PathLike,
        *,
        overwrite: bool = False,
        label: bool = True,
        made_at: str | None = None,
    ) -> dict:
        """A request as a film of any length; memory does not grow with it.

        Args:
            out: the file to write; its sidecar lies beside it.
            overwrite, label: see `media.provenance.write_labelled`.
            made_at: the time to put into the marks, for files that can be made again.

        Returns:
            The report, with `file`, `signed`, `signature_note` and `total_s`.

        Raises:
            EmolibError: as `stream` and `write_labelled`; nothing is written then.
        """
        watch = Stopwatch()
        check_film(out, asked.files, overwrite=overwrite)
        stream = self.prepare(asked)
        written = write_labelled(
            out,
            _timed(stream),
            stream.audio,
            self.facts(stream, made_at),
            label,
            fps=stream.fps,
            sample_rate_hz=stream.sound.rate_hz,
            inputs=asked.files,
            overwrite=overwrite,
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

    def facts(self, stream: FrameStream, made_at: str | None = None) -> Facts:
        """What a clip is made from, for its marks."""
        more = {"recipe": self.meta.recipe, "native": stream.report["native"]}
        return Facts(
            emotion=stream.report["emotion"],
            model=self.name,
            model_sha256=self.sha256,
            inputs=stream.report["inputs"],
            made_at=made_at or utc_now(),
            more=more | ({"walk": stream.report["walk"]} if "walk" in stream.report else {}),
        )


def check_film(out: str | os.PathLike, inputs, *, overwrite: bool) -> None:
    """Refuse an output before any work is done for it.

    Raises:
        ConfigError: it (or its sidecar) exists and `overwrite` is false, or is an input.
        MediaError: no film can be written under this name.
    """
    check_outputs(out, inputs, overwrite=overwrite)
    if Path(out).suffix.lower() not in FORMS:
        raise MediaError(
            f"cannot write {Path(out).suffix or 'a file without suffix'}",
            file=out,
            expected="a name that ends in " + ", ".join(FORMS),
        )


def _timed(stream: FrameStream) -> Iterator[np.ndarray]:
    """The stream's frames; the time its reader takes counts as stage "write"."""
    for frame in stream:
        with stream.stages("write"):
            yield frame
