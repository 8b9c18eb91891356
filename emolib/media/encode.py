"""Video files written: h264 + AAC in MP4, and CREMA-D's own Sorenson + MP3 in FLV.

Everything goes through PyAV, so no ffmpeg program is needed. A file appears whole or not at all,
and the same input gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import MediaError
from emolib.base.files import atomic_path, check_output
from emolib.media.audio import as_mono, resample

N_THREADS = 1  # with two, x264 writes other bytes now and then on a busy machine
BT709 = 1  # the value of "BT.709" in h264's primaries, transfer and matrix fields


@dataclass(frozen=True)
class Form:
    """How a file of one suffix is encoded."""

    video_codec: str
    audio_codec: str
    options: dict = field(default_factory=dict)  # of the container
    rates_hz: tuple[int, ...] = ()  # sound rates the container allows; () = any
    tagged: bool = True  # colours can be, and are, labelled BT.709


H264 = Form("libx264", "aac", {"movflags": "+faststart"})
FORMS = {
    ".mp4": H264,
    ".m4v": H264,
    ".mov": H264,
    ".mkv": Form("libx264", "aac"),
    ".flv": Form("flv", "libmp3lame", rates_hz=(44_100,), tagged=False),
}


class VideoWriter:
    """Writes frames one by one, with sound, to a file that appears when all is well.

    A context manager: `with VideoWriter("out.mp4", audio=sound) as out: out.write(frame)`.
    An exception inside the block leaves no file, and an older file of that name as it was.

    Args:
        path: its suffix chooses the form (`FORMS`).
        fps: frames a second.
        audio: (n,) float32 in [-1, 1], mono; or None for a silent file.
        sample_rate_hz: rate of `audio`.
        inputs: files that must not be overwritten whatever is said.
        overwrite: replace an existing file.
        title, comment: text tags kept in the file.
        quality: constant rate factor of x264; lower is better, 18 looks like the original. FLV's
            bit rate halves with every 6.

    Raises:
        ConfigError: the output exists, or is an input.
        MediaError: unknown suffix, no frames, or frames of unlike sizes.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        fps: float | Fraction = VIDEO.fps,
        audio: np.ndarray | None = None,
        sample_rate_hz: int = AUDIO.sample_rate_hz,
        *,
        inputs: Iterable[str | os.PathLike] = (),
        overwrite: bool = False,
        title: str | None = None,
        comment: str | None = None,
        quality: int = 18,
    ):
        self.path = check_output(path, *inputs, overwrite=overwrite)
        self.form = FORMS.get(self.path.suffix.lower())
        if self.form is None:
            raise MediaError(
                f"cannot write {self.path.suffix or 'a file without suffix'}",
                file=path,
                expected="a name that ends in " + ", ".join(FORMS),
                fix="rename the output",
            )
        self.fps = Fraction(fps).limit_denominator(1001)
        self.tags = {"title": title, "comment": comment}
        self.quality = quality
        self.n_frames = 0
        self._audio, self._rate_hz = None, sample_rate_hz
        if audio is not None and np.size(audio):
            self._audio = as_mono(audio)
            if self.form.rates_hz and sample_rate_hz not in self.form.rates_hz:
                self._rate_hz = self.form.rates_hz[0]
                self._audio = resample(self._audio, sample_rate_hz, self._rate_hz)
        self._size = None

    def __enter__(self) -> VideoWriter:
        self._stack = ExitStack()
        self._temporary = self._stack.enter_context(atomic_path(self.path))
        self._container = None
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                self._finish()
        except BaseException as failure:
            self._abandon(type(failure), failure)
            raise
        if kind is not None:
            self._abandon(kind, error)
        else:
            self._stack.close()

    def write(self, frame: np.ndarray) -> None:
        """Append one frame: (H, W, 3) uint8 RGB."""
        frame = np.asarray(frame)
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise MediaError(
                f"a frame is {frame.dtype} {frame.shape}",
                file=self.path,
                where=f"frame {self.n_frames}",
                expected="uint8 (H, W, 3) RGB",
            )
        if self._container is None:
            self._open(frame.shape[:2])
        if frame.shape[:2] != self._size:
            raise MediaError(
                f"a frame is {frame.shape[1]}×{frame.shape[0]} px",
                file=self.path,
                where=f"frame {self.n_frames}",
                expected=f"{self._size[1]}×{self._size[0]} px like the first",
            )
        height, width = self._size
        if height % 2 or width % 2:
            frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        if self.form.tagged:
            picture = picture.reformat(
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
        else:
            picture = picture.reformat(format="yuv420p")
        picture.pts, picture.time_base = self.n_frames, 1 / self.fps
        self._container.mux(self._video.encode(picture))
        self.n_frames += 1
        self._write_sound(until_s=float(self.n_frames / self.fps))

    def _open(self, size: tuple[int, int]) -> None:
        self._size = height, width = size
        self._container = av.open(
            str(self._temporary.resolve()),
            "w",
            options=self.form.options,
            container_options={"fflags": "+bitexact"},
        )
        notes = [self.tags["comment"]]
        if height % 2 or width % 2:
            notes.append(f"padded from {width}x{height} to even size")
        self._container.metadata.update(
            {
                key: value
                for key, value in {
                    "title": self.tags["title"],
                    "comment": "; ".join(note for note in notes if note),
                }.items()
                if value
            }
        )
        self._video = self._container.add_stream(self.form.video_codec, rate=self.fps)
        codec = self._video.codec_context
        codec.width, codec.height = width + width % 2, height + height % 2
        codec.pix_fmt, codec.time_base = "yuv420p", 1 / self.fps
        codec.thread_count = N_THREADS
        codec.flags |= av.codec.context.Flags.bitexact
        if self.form.tagged:
            codec.color_primaries = codec.color_trc = codec.colorspace = BT709
            codec.color_range = ColorRange.MPEG
            codec.options = {"crf": str(self.quality), "preset": "medium"}
        else:
            # About CREMA-D's at quality 18: 2 Mbit/s at 480×360; half of it for every 6 more.
            codec.bit_rate = round(12 * width * height * 2 ** ((18 - self.quality) / 6))
            codec.options = {"qmin": "2", "qmax": "8" if self.quality <= 18 else "31"}
        self._sound = None
        if self._audio is not None:
            self._sound = self._container.add_stream(
                self.form.audio_codec, rate=self._rate_hz, layout="mono"
            )
            self._sound.codec_context.bit_rate = 96_000
            self._sound.codec_context.flags |= av.codec.context.Flags.bitexact
            self._sent = 0

    def _write_sound(self, until_s: float | None) -> None:
        """Encode sound up to a moment (None: all), so that both streams lie interleaved."""
        if self._sound is None:
            return
        step = self._sound.codec_context.frame_size or 1024
        end = len(self._audio) if until_s is None else int(until_s * self._rate_hz)
        while self._sent < len(self._audio) and (until_s is None or self._sent + step <= end):
            chunk = self._audio[self._sent : self._sent + step]
            frame = av.AudioFrame.from_ndarray(chunk[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = self._rate_hz, self._sent
            frame.time_base = Fraction(1, self._rate_hz)
            self._container.mux(self._sound.encode(frame))
            self._sent += len(chunk)

    def _finish(self) -> None:
        if self._container is None:
            raise MediaError("no frames to write", file=self.path)
        self._write_sound(until_s=None)
        self._container.mux(self._video.encode(None))
        if self._sound is not None:
            self._container.mux(self._sound.encode(None))
        self._container.close()

    def _abandon(self, kind, error) -> None:
        if self._container is not None:
            self._container.close()
        self._stack.__exit__(kind, error, error.__traceback__)


def write_video(
    path: str | os.PathLike,
    frames: Iterable[np.ndarray],
    fps: float | Fraction = VIDEO.fps,
    audio: np.ndarray | None = None,
    **options,
) -> Path:
    """Write frames (any iterable of (H, W, 3) uint8 RGB) and sound; the options of `VideoWriter`.

    Returns the path.
    """
    with VideoWriter(path, fps, audio, **options) as out:
        for frame in frames:
            out.write(frame)
    return out.path
