"""Video files written: h264 + AAC in MP4, and CREMA-D's own Sorenson + MP3 in FLV.

Everything goes through PyAV, so no ffmpeg program is needed. A file appears whole or not at all,
and the same input gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import MediaError
from emolib.base.files import atomic_path, check_output
from emolib.media.audio import as_mono, resample

N_THREADS = 1  # with two, x264 writes other bytes now and then on a busy machine
COLOURS = {"dst_colorspace": Colorspace.ITU709, "dst_color_range": ColorRange.MPEG}
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


def write_video(
    path: str | os.PathLike,
    frames: Iterable[np.ndarray],
    fps: float | Fraction = VIDEO.fps,
    audio: np.ndarray | None = None,
    sample_rate_hz: int = AUDIO.sample_rate_hz,
    *,
    inputs: Iterable[str | os.PathLike] = (),
    overwrite: bool = False,
    title: str | None = None,
    comment: str | None = None,
    quality: int = 18,
) -> Path:
    """Write frames, one held at a time, with sound to a file that appears when all is well.

    An error on the way, in `frames` too, leaves no file, and an older one of that name as it was.

    Args:
        path: its suffix chooses the form (`FORMS`).
        frames: (H, W, 3) uint8 RGB each, all of one size.
        fps: frames a second.
        audio: (n,) float32 in [-1, 1], mono; or None for a silent file.
        sample_rate_hz: rate of `audio`.
        inputs: files that must not be overwritten whatever is said.
        overwrite: replace an existing file.
        title, comment: text tags kept in the file.
        quality: constant rate factor of x264; lower is better, 18 looks like the original. FLV's
            bit rate halves with every 6.

    Returns:
        the path.

    Raises:
        ConfigError: the output exists, or is an input.
        MediaError: unknown suffix, no frames, or frames of unlike sizes.
    """
    path = check_output(path, *inputs, overwrite=overwrite)
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise MediaError(
            f"cannot write {path.suffix or 'a file without suffix'}",
            file=path,
            expected="a name that ends in " + ", ".join(FORMS),
            fix="rename the output",
        )
    fps = Fraction(fps).limit_denominator(1001)
    pictures = _checked(frames, path)
    with atomic_path(path) as temporary:
        first = next(pictures)
        height, width = first.shape[:2]
        padding = (0, height % 2), (0, width % 2), (0, 0)
        notes = [comment] if comment else []
        if height % 2 or width % 2:
            notes.append(f"padded from {width}x{height} to even size")
        tags = {"title": title, "comment": "; ".join(notes)}
        name, bitexact = str(temporary.resolve()), {"fflags": "+bitexact"}
        with av.open(name, "w", options=form.options, container_options=bitexact) as container:
            container.metadata.update({key: text for key, text in tags.items() if text})
            video = _picture_stream(container, form, fps, (height, width), quality)
            sound = None
            if audio is not None and np.size(audio):
                sound = _Sound(container, form, audio, sample_rate_hz)
            for k, frame in enumerate(chain([first], pictures)):
                frame = np.ascontiguousarray(np.pad(frame, padding, mode="edge"))
                picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
                picture = picture.reformat(format="yuv420p", **COLOURS if form.tagged else {})
                picture.pts, picture.time_base = k, 1 / fps
                container.mux(video.encode(picture))
                if sound:  # as far as the picture, so that both streams lie interleaved
                    sound.send(until_s=float((k + 1) / fps))
            if sound:
                sound.send()
            container.mux(video.encode(None))
            if sound:
                container.mux(sound.stream.encode(None))
    return path


def _checked(frames: Iterable[np.ndarray], path: Path) -> Iterator[np.ndarray]:
    """The frames, refused where they are none or not like the first."""
    size = None
    for k, frame in enumerate(frames):
        frame = np.asarray(frame)
        size = size or frame.shape[:2]
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise MediaError(
                f"a frame is {frame.dtype} {frame.shape}",
                file=path,
                where=f"frame {k}",
                expected="uint8 (H, W, 3) RGB",
            )
        if frame.shape[:2] != size:
            raise MediaError(
                f"a frame is {frame.shape[1]}×{frame.shape[0]} px",
                file=path,
                where=f"frame {k}",
                expected=f"{size[1]}×{size[0]} px like the first",
            )
        yield frame
    if size is None:
        raise MediaError("no frames to write", file=path)


def _picture_stream(container, form: Form, fps: Fraction, size: tuple[int, int], quality: int):
    stream = container.add_stream(form.video_codec, rate=fps)
    codec = stream.codec_context
    height, width = size
    codec.height, codec.width = height + height % 2, width + width % 2
    codec.pix_fmt, codec.time_base = "yuv420p", 1 / fps
    codec.thread_count = N_THREADS
    codec.flags |= av.codec.context.Flags.bitexact
    if form.tagged:
        codec.color_primaries = codec.color_trc = codec.colorspace = BT709
        codec.color_range = ColorRange.MPEG
        codec.options = {"crf": str(quality), "preset": "medium"}
    else:
        # About CREMA-D's at quality 18: 2 Mbit/s at 480×360; half of it for every 6 more.
        codec.bit_rate = round(12 * width * height * 2 ** ((18 - quality) / 6))
        codec.options = {"qmin": "2", "qmax": "8" if quality <= 18 else "31"}
    return stream


class _Sound:
    """A sound track, encoded bit by bit."""

    def __init__(self, container, form: Form, audio: np.ndarray, rate_hz: int):
        self.container, self.samples, self.sent = container, as_mono(audio), 0
        self.rate_hz = rate_hz
        if form.rates_hz and rate_hz not in form.rates_hz:
            self.rate_hz = form.rates_hz[0]
            self.samples = resample(self.samples, rate_hz, self.rate_hz)
        self.stream = container.add_stream(form.audio_codec, rate=self.rate_hz, layout="mono")
        self.stream.codec_context.bit_rate = 96_000
        self.stream.codec_context.flags |= av.codec.context.Flags.bitexact

    def send(self, until_s: float | None = None) -> None:
        """Encode whole pieces up to a moment; without one, all that is left."""
        step = self.stream.codec_context.frame_size or 1024
        end = len(self.samples) if until_s is None else int(until_s * self.rate_hz)
        while self.sent < len(self.samples) and (until_s is None or self.sent + step <= end):
            chunk = self.samples[self.sent : self.sent + step]
            frame = av.AudioFrame.from_ndarray(chunk[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = self.rate_hz, self.sent
            frame.time_base = Fraction(1, self.rate_hz)
            self.container.mux(self.stream.encode(frame))
            self.sent += len(chunk)
