"""Video files read: frames at a constant rate, chosen by time stamps, upright, 8-bit RGB.

Output frame *k* stands for the interval from `k / fps` to `(k + 1) / fps` after the first picture,
and is the source frame on screen in the middle of it. So a file of any rate, constant or not,
keeps time with its sound, and a 25 fps file gives exactly its own frames. Reading streams: one
decoded frame is held at a time, however long the file.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from av.filter import Graph

from emolib.base.config import VIDEO
from emolib.base.errors import EmolibWarning, MediaError
from emolib.media.encode import write_video
from emolib.media.files import DECODE_ERRORS, MAX_JUMP_S, check_damage, open_media, picture_stream
from emolib.media.image import read_still
from emolib.media.probe import VideoInfo, probe

__all__ = [
    "VideoInfo",
    "probe",
    "read_frames",
    "read_still",
    "read_video",
    "write_video",
]

TIE_S = 1e-6  # time stamps this close are the same moment
SHORT_S = 0.2  # a video may end this much before its declared end,
SHORT_LOOSE_S = 0.5  # or this much where the container declares one length for picture and sound


def read_frames(
    path: str | os.PathLike,
    fps: float = VIDEO.fps,
    start_s: float = 0.0,
    max_seconds: float | None = None,
    *,
    strict: bool = False,
) -> Iterator[np.ndarray]:
    """Frames of a video, or the one frame of a still picture, each (H, W, 3) uint8 RGB.

    Args:
        path: a video, or a png/jpg/webp picture.
        fps: frames a second that come out.
        start_s: seconds after the first picture to begin at.
        max_seconds: stop after so many seconds.
        strict: what is otherwise an `EmolibWarning` (the file ends early, or is HDR) is a
            `MediaError`.

    Raises:
        MediaError: unreadable, more than 5 % damaged packets, or nothing at `start_s`.
    """
    info = probe(path)
    if info.still:
        yield read_still(path)
        return
    if info.hdr:
        _report(info, "HDR: colours are approximate after conversion to 8 bits", strict)
    limit = None if max_seconds is None else round(max_seconds * fps)
    decoder = _Decoder(info, start_s)
    k, shown = 0, None
    for time_s, frame in decoder.frames():
        while shown is not None and k != limit and (k + 0.5) / fps + TIE_S < time_s:
            yield decoder.picture(shown)
            k += 1
        if k == limit:
            break
        shown = frame
    else:
        while shown is not None and k != limit and (k + 0.5) / fps < decoder.end_s:
            yield decoder.picture(shown)
            k += 1
        if shown is not None and k == 0 and start_s == 0:
            yield decoder.picture(shown)  # shorter than half a frame: still one picture
            k = 1
        decoder.check_length(strict)
    check_damage(decoder.n_bad, decoder.n_packets, path)
    if k == 0 and limit != 0:
        raise MediaError(
            f"nothing to see from {start_s:g} s on",
            file=path,
            expected=f"a start before {decoder.end_s + start_s:.2f} s",
        )


def read_video(
    path: str | os.PathLike,
    fps: float = VIDEO.fps,
    *,
    max_seconds: float = 120.0,
) -> tuple[np.ndarray, VideoInfo]:
    """A short clip whole: frames (T, H, W, 3) uint8 RGB, and what `probe` says of the file.

    Raises:
        MediaError: as `read_frames`; or longer than `max_seconds`, which would fill the memory.
    """
    frames = []
    for frame in read_frames(path, fps):
        if len(frames) >= max_seconds * fps:
            raise MediaError(
                f"longer than {max_seconds:g} s",
                file=path,
                expected="a short clip",
                fix="cut the file, raise max_seconds, or stream it with read_frames",
            )
        frames.append(frame)
    return np.stack(frames), probe(path)


def _report(info: VideoInfo, note: str, strict: bool) -> None:
    """Warn of something odd in a file, or refuse it."""
    if strict:
        raise MediaError(note, file=info.path, fix="convert, download or copy the file again")
    warnings.warn(f"{info.path}: {note}", EmolibWarning, stacklevel=4)


@dataclass
class _Decoder:
    """One pass over a video: its frames with times in seconds after the wanted start."""

    info: VideoInfo
    start_s: float
    end_s: float = 0.0  # end of the last frame, after the start
    n_packets: int = 0
    n_bad: int = 0

    def frames(self) -> Iterator[tuple[float, object]]:
        """(seconds after the start, frame) in order of presentation, from a key frame on."""
        origin_s = self.info.start_s + self.start_s
        usual_s = 1 / (self.info.fps or VIDEO.fps)
        last_s = None
        with open_media(self.info.path) as container:
            stream = picture_stream(container, self.info.path)
            stream.codec_context.thread_count = 1
            if self.start_s > 0:
                container.seek(int(origin_s / stream.time_base), stream=stream)
            decoded = self._decoded(container, stream)
            for frame in _deinterlaced(decoded, stream) if self.info.interlaced else decoded:
                if frame.pts is not None:
                    time_s = float(frame.pts * frame.time_base) - origin_s
                else:
                    time_s = -self.start_s if last_s is None else last_s + usual_s
                if last_s is not None and time_s <= last_s:
                    continue  # a repeated stamp shows nothing new
                if abs(time_s - (last_s or 0.0)) > MAX_JUMP_S + self.start_s:
                    self.n_bad += 1
                    continue
                length_s = float(frame.duration * frame.time_base) if frame.duration else usual_s
                length_s = min(length_s, MAX_JUMP_S)
                self.end_s, last_s = time_s + length_s, time_s
                yield time_s, frame

    def _decoded(self, container, stream) -> Iterator:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, *DECODE_ERRORS) as end:
                self.n_bad += not isinstance(end, StopIteration)
                return
            self.n_packets += packet.size > 0
            try:
                decoded = packet.decode()
            except DECODE_ERRORS:
                self.n_bad += 1
                continue
            for frame in decoded:
                self.n_bad += bool(frame.is_corrupt)
                yield frame

    def picture(self, frame) -> np.ndarray:
        """(H, W, 3) uint8 RGB, upright."""
        rgb = frame.to_ndarray(format="rgb24")
        turns = self.info.rotation_deg // 90
        return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb

    def check_length(self, strict: bool) -> None:
        """Compare what was decoded with what the file declares."""
        declared_s = self.info.duration_s
        reached_s = self.end_s + self.start_s
        slack_s = max(SHORT_S if self.info.n_frames else SHORT_LOOSE_S, 0.02 * (declared_s or 0))
        if declared_s is None or declared_s - reached_s <= slack_s:
            return
        ends = f"ends at {reached_s:.2f} s of the {declared_s:.2f} s it declares (truncated?)"
        _report(self.info, ends, strict)


def _deinterlaced(frames: Iterable, stream) -> Iterator:
    """The same frames, each made whole from one field by FFmpeg's yadif."""
    graph = Graph()
    graph.link_nodes(
        graph.add_buffer(template=stream), graph.add("yadif"), graph.add("buffersink")
    ).configure()
    for frame in chain(frames, [None]):  # None empties the filter
        graph.push(frame)
        while True:
            try:
                yield graph.pull()
            except (BlockingIOError, EOFError):
                break
