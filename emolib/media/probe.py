"""What a video or picture file is, before any of it is used."""

from __future__ import annotations

import os
from dataclasses import dataclass

import av

from emolib.base.errors import MediaError
from emolib.media.files import DECODE_ERRORS, open_media, picture_stream
from emolib.media.image import is_still, read_still

HDR_TRANSFERS = {16, 18}  # PQ and HLG, as h264 and HEVC number them


@dataclass(frozen=True)
class VideoInfo:
    """What a file says about itself, as it will be seen.

    `width` and `height` are in pixels after rotation; `n_frames`, `fps` and `duration_s` are what
    the file declares (None where it does not); `start_s` is the first picture's time stamp.
    """

    path: str
    width: int
    height: int
    fps: float | None
    duration_s: float | None
    n_frames: int | None
    bit_depth: int = 8
    rotation_deg: int = 0  # counter-clockwise turn that makes the picture upright
    interlaced: bool = False
    hdr: bool = False
    still: bool = False
    start_s: float = 0.0
    has_audio: bool = False


def probe(path: str | os.PathLike) -> VideoInfo:
    """Size, rate, length and oddities of a video or picture file; decodes its first frame only.

    Raises:
        MediaError: no readable picture.
    """
    if is_still(path):
        height, width = read_still(path).shape[:2]
        return VideoInfo(str(path), width, height, None, None, 1, still=True)
    with open_media(path) as container:
        stream = picture_stream(container, path)
        frame = _first_frame(container, stream, path)
        turn = round(frame.rotation / 90) % 4
        width, height = frame.width, frame.height
        if turn % 2:
            width, height = height, width
        rate = stream.average_rate or stream.guessed_rate
        return VideoInfo(
            path=str(path),
            width=width,
            height=height,
            fps=float(rate) if rate else None,
            duration_s=_duration_s(container, stream),
            n_frames=stream.frames or None,
            bit_depth=max(part.bits for part in frame.format.components),
            rotation_deg=90 * turn,
            interlaced=bool(frame.interlaced_frame),
            hdr=int(frame.color_trc) in HDR_TRANSFERS,
            start_s=float(frame.pts * frame.time_base) if frame.pts is not None else 0.0,
            has_audio=bool(container.streams.audio),
        )


def _duration_s(container, stream) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / av.time_base
    return None


def _first_frame(container, stream, path) -> av.VideoFrame:
    n_bad = 0
    try:
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    return frame
            except DECODE_ERRORS:
                n_bad += 1
    except DECODE_ERRORS:
        n_bad += 1
    raise MediaError(
        f"no picture could be decoded ({n_bad} damaged packets)",
        file=path,
        fix="the file is damaged: download or export it again",
    )
