"""Media files opened with care: what is this file, and if it is no video, what is it?

Every reader of `media/` opens files here, so that each kind of broken file has its own plain
message. Only local files and a fixed list of containers are opened: a playlist that points
elsewhere is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av

from emolib.errors import AudioError, EmolibError, MediaError

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,mpegts,mpeg,ogg,asf,gif,h264,hevc,"
    "wav,w64,aiff,au,caf,mp3,aac,flac,amr"
)
STILLS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
HDR_TRANSFERS = {16, 18}  # PQ and HLG
MAX_PIXELS = 8192 * 8192
DECODE_ERRORS = (av.error.FFmpegError, UnicodeDecodeError, ValueError, MemoryError)


@dataclass(frozen=True)
class VideoInfo:
    """What a video or picture file says about itself, as it will be seen.

    `width` and `height` are in pixels after rotation; `n_frames`, `fps` and `duration_s` are what
    the file declares (None where it does not); `start_s` is the first picture's time stamp.
    """

    path: str
    width: int
    height: int
    fps: float | None
    duration_s: float | None
    n_frames: int | None
    codec: str
    pix_fmt: str
    bit_depth: int = 8
    rotation_deg: int = 0  # counter-clockwise turn that makes the picture upright
    interlaced: bool = False
    hdr: bool = False
    still: bool = False
    start_s: float = 0.0
    n_audio_tracks: int = 0

    @property
    def has_audio(self) -> bool:
        """Whether there is any sound track."""
        return self.n_audio_tracks > 0


def check_file(path: str | os.PathLike, error: type[EmolibError] = MediaError) -> Path:
    """`path` as an absolute path, once it is a file that could hold media.

    Raises:
        MediaError (or `error`): missing, a folder, empty, a Git LFS pointer, or plain text.
    """
    path = Path(path)
    if not path.exists():
        raise error("no such file", file=path, fix="check the name")
    if path.is_dir():
        raise error("this is a folder", file=path, expected="a media file")
    if path.stat().st_size == 0:
        raise error("empty file (0 bytes)", file=path, fix="download or export it again")
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"version https://git-lfs"):
        raise error(
            "a Git LFS pointer, not the file itself",
            file=path,
            fix="run `git lfs pull`, or take the file from the data set's mirror",
        )
    if _is_text(head):
        raise error("text, not media", file=path, expected="a video, sound or picture file")
    return path.resolve()


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.start < len(head) - 4:  # not just a character cut at the end
            return False
        text = head[: problem.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f" for letter in text)


@contextmanager
def open_media(
    path: str | os.PathLike, error: type[EmolibError] = MediaError
) -> Iterator[av.container.InputContainer]:
    """An open PyAV container for a local media file.

    Raises:
        MediaError (or `error`): see `check_file`; also truncated, damaged or unknown content.
    """
    absolute = check_file(path, error)
    try:
        container = av.open(
            str(absolute),
            metadata_errors="replace",
            options={"protocol_whitelist": "file", "format_whitelist": CONTAINERS},
        )
    except DECODE_ERRORS as problem:
        raise _open_error(path, absolute, problem, error) from problem
    with container:
        yield container


def _open_error(path, absolute: Path, problem: Exception, error: type[EmolibError]) -> EmolibError:
    with absolute.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] == b"ftyp":
        return error(
            "truncated: the index (moov) at its end is missing",
            file=path,
            fix="download or copy the file again",
        )
    reason = getattr(problem, "strerror", None) or type(problem).__name__
    return error(
        f"cannot be read as media ({reason})",
        file=path,
        expected="mp4, mov, mkv, webm, avi, flv, wav, mp3, m4a, ogg or flac",
        fix="the file may be damaged: play it, or export it again",
    )


def picture_stream(container, path: str | os.PathLike) -> av.video.stream.VideoStream:
    """The first video stream.

    Raises:
        MediaError: there is none (with a word on whether it is a sound file).
    """
    if not container.streams.video:
        if container.streams.audio:
            raise MediaError(
                "a sound file, it has no picture",
                file=path,
                expected="a video or a picture",
                fix="pass it as the audio instead",
            )
        raise MediaError("no picture and no sound found inside", file=path, fix="export it again")
    return container.streams.video[0]


def probe(path: str | os.PathLike) -> VideoInfo:
    """Size, rate, length and oddities of a video or picture file; decodes its first frame only.

    Raises:
        MediaError: no readable picture.
    """
    if Path(path).suffix.lower() in STILLS:
        from emolib.media.video import read_still

        height, width = read_still(path).shape[:2]
        suffix = Path(path).suffix.lower().lstrip(".")
        return VideoInfo(str(path), width, height, None, None, 1, suffix, "rgb24", still=True)
    with open_media(path) as container:
        stream = picture_stream(container, path)
        codec = stream.codec_context
        if codec.width * codec.height > MAX_PIXELS:
            raise MediaError(f"{codec.width}×{codec.height} px is too large", file=path)
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
            codec=codec.name,
            pix_fmt=frame.format.name,
            bit_depth=max(part.bits for part in frame.format.components),
            rotation_deg=90 * turn,
            interlaced=bool(frame.interlaced_frame),
            hdr=int(frame.color_trc) in HDR_TRANSFERS,
            start_s=float(frame.pts * frame.time_base) if frame.pts is not None else 0.0,
            n_audio_tracks=len(container.streams.audio),
        )


def _duration_s(container, stream) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if container.duration:
        return container.duration / av.time_base
    return None


def _first_frame(container, stream, path) -> av.VideoFrame:
    n_bad = 0
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                return frame
        except DECODE_ERRORS:
            n_bad += 1
    raise MediaError(
        f"no picture could be decoded ({n_bad} damaged packets)",
        file=path,
        fix="the file is damaged: download or export it again",
    )
