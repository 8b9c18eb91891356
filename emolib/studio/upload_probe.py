"""What an uploaded file really is: run as a program of its own, in a process with tight limits.

    python -I upload_probe.py < task.json > answer.json

The decoders of FFmpeg and Pillow meet a stranger's bytes here first: with little memory, little
time, nothing to write to, and only the formats and codecs named below. Sizes are read from headers
before any pixel is decoded; then the first picture and the whole sound are decoded, because what
headers promise need not be true. Only the standard library, PyAV and Pillow are imported, so that
it starts in a tenth of a second.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,wav,mp3,ogg,flac,aac"
PICTURES = ("PNG", "JPEG", "WEBP", "BMP")
VIDEO_CODECS = (  # vp6f is CREMA-D's, mpeg1video GRID's
    "h264 hevc av1 libdav1d vp8 vp9 libvpx libvpx-vp9 mpeg4 h263 flv mjpeg theora "
    "vp6f mpeg1video mpeg2video"
)
AUDIO_CODECS = (
    "aac mp3 mp3float mp2 mp2float opus libopus vorbis flac alac pcm_s16le pcm_s16be pcm_s24le "
    "pcm_s24be pcm_s32le pcm_f32le pcm_f64le pcm_u8 pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav"
)
MAX_STREAMS = 16
MAX_FPS = 240
MEMORY_BYTES = 2 * 2**30
CPU_S = 20
SUPPORTED = "MP4, MOV, WebM, MKV, AVI, FLV, WAV, MP3, M4A, OGG, FLAC, JPEG, PNG or WebP"


class Unfit(Exception):
    """The file cannot be used: code, sentence, fix."""

    def __init__(self, code: str, message: str, fix: str | None = None):
        super().__init__(message)
        self.answer = {"code": code, "message": message, "fix": fix}


def limit_this_process() -> None:
    """Little memory and time, no files written, no core dumps, where there are limits."""
    try:
        import resource
    except ImportError:  # Windows: the caller's time limit remains
        return
    wanted = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_S,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(what, (most, most))


def examine(path: str, role: str, limits: dict) -> dict:
    """Kind, size and length of one file.

    Args:
        role: "face" (picture or video), "face+sound" (video with sound) or "voice".
        limits: the bounds of `studio.jobs.Limits` by name.

    Raises:
        Unfit: it is nothing that we open, or beyond a bound.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise Unfit("unsupported_media", "this is not a regular file")
    with Path(path).open("rb") as stream:
        head = stream.read(16)
    if not head:
        raise Unfit("empty", "the file is empty", "choose it again")
    heads = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM")
    if head.startswith(heads) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        if role != "face":
            raise Unfit("no_sound", "this is a picture, it has no sound", "choose a sound file")
        return _picture(path, limits)
    return _media(path, role, limits)


def _picture(path: str, limits: dict) -> dict:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own bound, below, comes before any pixel
    try:
        with Image.open(path, formats=PICTURES) as picture:
            width, height = picture.size
            _check_pixels(width, height, limits["max_picture_pixels"])
            picture.draft("RGB", (64, 64))  # a JPEG is decoded at an eighth of its size
            picture.load()
    except Unfit:
        raise
    except Exception as error:  # decoders fail in countless ways, all of them the file's
        fix = "save it again as JPEG or PNG"
        raise Unfit("damaged", "the picture cannot be decoded", fix) from error
    return {"kind": "picture", "width": width, "height": height, "seconds": 0.0, "sound": False}


def _check_pixels(width: int, height: int, most: int) -> None:
    if width * height > most:
        message = f"the picture has {width}×{height} pixels"
        fix = f"use at most {most / 1e6:.1f} million pixels (Full HD has 2.1)"
        raise Unfit("too_many_pixels", message, fix)
    if width < 1 or height < 1:
        raise Unfit("damaged", "the picture has no size")


def _media(path: str, role: str, limits: dict) -> dict:
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    options["max_streams"] = str(4 * MAX_STREAMS)
    try:
        container = av.open(path, metadata_errors="ignore", options=options)
    except Exception as error:
        message = "this is not a picture, video or sound file that can be opened"
        raise Unfit("unsupported_media", message, f"use {SUPPORTED}") from error
    with container:
        if len(container.streams) > MAX_STREAMS:
            raise Unfit("invalid", "the file has too many streams")
        try:
            return _streams(container, role, limits)
        except av.error.FFmpegError as error:
            raise Unfit("damaged", "the file is damaged", "export or record it again") from error


def _streams(container, role: str, limits: dict) -> dict:
    from av.stream import Disposition

    cover = Disposition.attached_pic
    video = [s for s in container.streams.video if not s.disposition & cover][:1]
    sound = list(container.streams.audio[:1])
    if role != "voice" and not video:
        raise Unfit("no_picture", "this file has no picture", "choose a video or a picture")
    if role != "face" and not sound:
        raise Unfit("no_sound", "this file has no sound", "choose or record a sound")
    video, sound = (video if role != "voice" else []), (sound if role != "face" else [])
    for stream, known in [*((s, VIDEO_CODECS) for s in video), *((s, AUDIO_CODECS) for s in sound)]:
        name = stream.codec_context.name if stream.codec_context else "an unknown codec"
        if name not in known.split():
            message = f"{name} inside is not supported"
            raise Unfit("unsupported_media", message, "use H.264 with AAC")
        stream.codec_context.thread_count = 1
    width = height = 0
    if video:
        width, height = video[0].codec_context.width, video[0].codec_context.height
        _check_pixels(width, height, limits["max_video_pixels"])
    seen = _walk(container, video, sound, limits)
    if video and not seen["pictures"]:
        raise Unfit("damaged", "no picture could be decoded", "export the video again")
    if sound and seen["sound_s"] < limits["min_sound_s"]:
        fix = f"use at least {limits['min_sound_s']:g} s"
        raise Unfit("too_short", f"the sound lasts {seen['sound_s']:.2f} s", fix)
    return {
        "kind": "video" if video else "sound",
        "width": width,
        "height": height,
        "seconds": round(seen["sound_s"] if role == "voice" else seen["video_s"], 3),
        "sound": bool(container.streams.audio),
    }


def _walk(container, video: list, sound: list, limits: dict) -> dict:
    """Every packet once: the first picture and all sound are decoded, lengths are measured."""
    seen = {"pictures": 0, "video_s": 0.0, "sound_s": 0.0}
    first_s: float | None = None
    n_packets, samples_s = 0, 0.0
    for packet in container.demux([*video, *sound]):
        if packet.pts is not None:
            time_s = float(packet.pts * packet.time_base)
            first_s = time_s if first_s is None else min(first_s, time_s)
            end_s = time_s + float((packet.duration or 0) * packet.time_base) - first_s
            key = "video_s" if packet.stream in video else "sound_s"
            seen[key] = max(seen[key], end_s)
        if packet.stream in video:
            n_packets += packet.size > 0
            if not seen["pictures"]:
                for frame in _decoded(packet):
                    _check_pixels(frame.width, frame.height, limits["max_video_pixels"])
                    seen["pictures"] += 1
        else:
            samples_s += sum(frame.samples / frame.sample_rate for frame in _decoded(packet))
            seen["sound_s"] = max(seen["sound_s"], samples_s)
        for what in ("sound", "video"):
            most = limits[f"max_{what}_s"]
            if seen[f"{what}_s"] > most + 0.5:
                message = f"the {what} is longer than {most:g} s"
                raise Unfit("too_long", message, f"cut it to {most:g} s")
        if n_packets > MAX_FPS * limits["max_video_s"]:
            raise Unfit("too_long", f"the video has more than {n_packets - 1} pictures")
    seen["sound_s"] = samples_s
    return seen


def _decoded(packet) -> list:
    """Its frames; none from a damaged packet, of which a few are normal."""
    import av

    try:
        return packet.decode()
    except (av.error.FFmpegError, ValueError):
        return []


def main() -> None:
    """Answer one task: `{"files": [{"path", "role"}], "limits": {…}}` → a list of answers."""
    limit_this_process()
    task = json.load(sys.stdin)
    answers = []
    for file in task["files"]:
        try:
            answers.append(examine(file["path"], file["role"], task["limits"]))
        except Unfit as unfit:
            answers.append(unfit.answer)
        except MemoryError:
            answers.append(Unfit("too_many_pixels", "the file needs too much memory").answer)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
