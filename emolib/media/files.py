"""Media files opened with care: if a file is no video, say what it is instead.

Every reader of `media/` opens files here, so that each kind of broken file has its own plain
message. Only local files and a fixed list of containers are opened: a playlist that points
elsewhere is refused.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.stream import Disposition

from emolib.base.errors import EmolibError, EmolibWarning, MediaError

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,mpegts,mpeg,ogg,asf,gif,h264,hevc,"
    "wav,w64,aiff,au,caf,mp3,aac,flac,amr"
)
MAX_PIXELS = 8192 * 8192
MAX_JUMP_S = 60.0  # time stamps further apart than this are damage, not a pause
MAX_BAD = 0.05  # share of damaged packets above which a file is refused
DECODE_ERRORS = (av.error.FFmpegError, UnicodeDecodeError, ValueError, MemoryError)


def check_file(path: str | os.PathLike, error: type[EmolibError] = MediaError) -> Path:
    """`path` as an absolute path, once it is a file that could hold media.

    Raises:
        MediaError (or `error`): missing, a folder, empty, a Git LFS pointer, or plain text.
    """
    path = Path(path)
    if not path.exists():
        raise error("no such file", file=path, fix="check the name")
    if not path.is_file():
        kind = "folder" if path.is_dir() else "device"
        raise error(f"this is a {kind}", file=path, expected="a media file")
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


def picture_streams(container) -> list:
    """Its video streams; the cover picture of a music file is none."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]


def picture_stream(container, path: str | os.PathLike):
    """The first video stream.

    Raises:
        MediaError: there is none (with a word on whether it is a sound file), or it is too large.
    """
    streams = picture_streams(container)
    if not streams:
        if container.streams.audio:
            raise MediaError(
                "a sound file, it has no picture",
                file=path,
                expected="a video or a picture",
                fix="pass it as the audio instead",
            )
        raise MediaError("no picture and no sound found inside", file=path, fix="export it again")
    codec = streams[0].codec_context
    if codec.width * codec.height > MAX_PIXELS:
        raise MediaError(f"{codec.width}×{codec.height} px is too large", file=path)
    return streams[0]


def check_damage(
    n_bad: int, n_packets: int, path: str | os.PathLike, error: type[EmolibError] = MediaError
) -> None:
    """Refuse a file of which more than 5 % of the packets are damaged; warn of fewer."""
    if 0 < n_bad <= MAX_BAD * n_packets:
        note = f"{path}: {n_bad} of {n_packets} packets are damaged; using the rest"
        warnings.warn(note, EmolibWarning, stacklevel=3)
    if n_bad > MAX_BAD * max(n_packets, 1):
        raise error(
            f"{n_bad} of {n_packets} packets are damaged",
            file=path,
            expected=f"at most {MAX_BAD:.0%}",
            fix="download or export the file again",
        )
