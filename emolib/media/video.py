"""Video files read: frames at a constant rate, chosen by time stamps, upright, 8-bit RGB.

Output frame *k* stands for the interval `[k / fps, (k + 1) / fps)` after the first picture, and is the
source frame on screen in the middle of it. So a file of any rate, constant or not, keeps time
with its sound, and a 25 fps file gives exactly its own frames. Reading streams: one decoded frame
is held at a time, however long the file.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from av.filter import Graph

from emolib.config import VIDEO
from emolib.errors import EmolibWarning, MediaError
from emolib.media.encode import VideoWriter, write_video
from emolib.media.probe import (
    DECODE_ERRORS,
    MAX_PIXELS,
    VideoInfo,
    check_file,
    open_media,
    picture_stream,
    probe,
)

__all__ = [
    "VideoInfo",
    "VideoWriter",
    "probe",
    "read_frames",
    "read_still",
    "read_video",
    "write_video",
]

MAX_BAD = 0.05  # share of damaged packets above which a file is refused
TIE_S = 1e-6  # time stamps this close are the same moment
SHORT_S = 0.2  # a file may end this much before its declared end


def read_frames(
    path: str | os.PathLike,
    fps: float = VIDEO.fps,
    start_s: float = 0.0,
    max_seconds: float | None = None,
    *,
    strict: bool = False,
    deinterlace: bool = False,
) -> Iterator[np.ndarray]:
    """Frames of a video, or the one frame of a still picture, each (H, W, 3) uint8 RGB.

    Args:
        path: a video, or a png/jpg/webp picture.
        fps: frames a second that come out.
        start_s: seconds after the first picture to begin at.
        max_seconds: stop after so many seconds.
        strict: an oddity that is otherwise an `EmolibWarning` (the file ends early, is interlaced or
            HDR) is a `MediaError`.
        deinterlace: run interlaced pictures through the yadif filter.

    Raises:
        MediaError: unreadable, more than 5 % damaged packets, or nothing at `start_s`.
    """
    info = probe(path)
    if info.still:
        yield read_still(path)
        return
    _report_oddities(info, strict, deinterlace)
    limit = None if max_seconds is None else round(max_seconds * fps)
    decoder = _Decoder(info, start_s, deinterlace and info.interlaced)
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
    decoder.check_damage()
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
    strict: bool = False,
) -> tuple[np.ndarray, VideoInfo]:
    """A short clip whole: frames (T, H, W, 3) uint8 RGB, and what `probe` says of the file.

    Raises:
        MediaError: as `read_frames`; or longer than `max_seconds`, which would fill the memory.
    """
    info = probe(path)
    frames = []
    for frame in read_frames(path, fps, strict=strict):
        if len(frames) >= max_seconds * fps:
            raise MediaError(
                f"longer than {max_seconds:g} s",
                file=path,
                expected="a short clip",
                fix="cut the file, raise max_seconds, or stream it with read_frames",
            )
        frames.append(frame)
    return np.stack(frames), info


def read_still(path: str | os.PathLike) -> np.ndarray:
    """One picture, (H, W, 3) uint8 RGB, turned upright by its EXIF note; alpha lies on white.

    Raises:
        MediaError: not a picture, or larger than 67 million pixels.
    """
    data = np.fromfile(check_file(path), dtype=np.uint8)
    size = _png_size(data)
    if size and size[0] * size[1] > MAX_PIXELS:
        raise MediaError(f"{size[0]}×{size[1]} px is too large", file=path)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
        whole = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error as problem:
        raise MediaError("the picture cannot be decoded", file=path) from problem
    if picture is None or whole is None:
        raise MediaError(
            "not a readable picture", file=path, expected="png, jpg, webp, bmp or tiff"
        )
    if whole.ndim == 3 and whole.shape[2] == 4 and whole.shape[:2] == picture.shape[:2]:
        alpha = whole[..., 3:].astype(np.float32) / np.iinfo(whole.dtype).max  # (H, W, 1)
        picture = np.round(picture * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return picture


def _png_size(data: np.ndarray) -> tuple[int, int] | None:
    if data[:8].tobytes() != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = np.frombuffer(data[16:24].tobytes(), dtype=">u4")
    return int(width), int(height)


def _report_oddities(info: VideoInfo, strict: bool, deinterlace: bool) -> None:
    notes = []
    if info.interlaced and not deinterlace:
        notes.append("interlaced: edges comb on movement (deinterlace=True removes it)")
    if info.hdr:
        notes.append("HDR: colours are approximate after conversion to 8 bits")
    for note in notes:
        if strict:
            raise MediaError(note, file=info.path, fix="convert the file to progressive SDR video")
        warnings.warn(f"{info.path}: {note}", EmolibWarning, stacklevel=4)


@dataclass
class _Decoder:
    """One pass over a video: its frames with times in seconds after the wanted start."""

    info: VideoInfo
    start_s: float
    deinterlace: bool
    end_s: float = 0.0  # end of the last frame, after the start
    n_packets: int = 0
    n_bad: int = 0

    def frames(self) -> Iterator[tuple[float, object]]:
        """(seconds after the start, frame) in order of presentation; starts at a key frame."""
        origin_s = self.info.start_s + self.start_s
        usual_s = 1 / (self.info.fps or VIDEO.fps)
        last_s = None
        with open_media(self.info.path) as container:
            stream = picture_stream(container, self.info.path)
            stream.codec_context.thread_count = 1
            if self.start_s > 0:
                container.seek(int(origin_s / stream.time_base), stream=stream)
            graph = self._yadif(stream) if self.deinterlace else None
            for frame in self._decoded(container, stream):
                if frame.pts is None:
                    time_s = usual_s * 0 if last_s is None else last_s + usual_s
                else:
                    time_s = float(frame.pts * frame.time_base) - origin_s
                if last_s is not None and time_s <= last_s:
                    continue  # a repeated stamp shows nothing new
                length_s = float(frame.duration * frame.time_base) if frame.duration else usual_s
                self.end_s, last_s = time_s + length_s, time_s
                yield time_s, self._filtered(graph, frame) if graph else frame

    def _decoded(self, container, stream) -> Iterator:
        for packet in container.demux(stream):
            self.n_packets += packet.size > 0
            self.n_bad += bool(packet.is_corrupt)
            try:
                decoded = packet.decode()
            except DECODE_ERRORS:
                self.n_bad += 1
                continue
            for frame in decoded:
                self.n_bad += bool(frame.is_corrupt)
                yield frame

    def _yadif(self, stream) -> Graph:
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream), graph.add("yadif"), graph.add("buffersink")
        ).configure()
        return graph

    def _filtered(self, graph: Graph, frame):
        graph.push(frame)
        try:
            return graph.pull()
        except (BlockingIOError, EOFError):
            return frame

    def picture(self, frame) -> np.ndarray:
        """(H, W, 3) uint8 RGB, upright."""
        rgb = frame.to_ndarray(format="rgb24")
        turns = self.info.rotation_deg // 90
        return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb

    def check_length(self, strict: bool) -> None:
        """Compare what was decoded with what the file declares."""
        declared_s = self.info.duration_s
        reached_s = self.end_s + self.start_s
        if declared_s is None or declared_s - reached_s <= max(SHORT_S, 0.02 * declared_s):
            return
        note = f"ends at {reached_s:.2f} s of the {declared_s:.2f} s it declares: truncated"
        if strict:
            raise MediaError(note, file=Path(self.info.path), fix="download or copy the file again")
        warnings.warn(f"{self.info.path}: {note}; using what is there", EmolibWarning, stacklevel=4)

    def check_damage(self) -> None:
        """Refuse a file with too many damaged packets."""
        if self.n_bad > MAX_BAD * max(self.n_packets, 1):
            raise MediaError(
                f"{self.n_bad} of {self.n_packets} packets are damaged",
                file=self.info.path,
                expected=f"at most {MAX_BAD:.0%}",
                fix="download or export the file again",
            )
