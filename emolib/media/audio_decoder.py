"""Sound out of any container: how long it is, and mono samples at their own rate.

Sound and picture stay in time: a track's start against the pictures is measured, and a hole in its
time stamps becomes silence.
"""

from __future__ import annotations

import math
import os
import warnings

import av
import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError, EmolibWarning
from emolib.media.files import DECODE_ERRORS, MAX_JUMP_S, check_damage, open_media, picture_streams

GAP_S = 0.04  # a hole in the time stamps wider than a video frame becomes silence


def seconds_of(
    path: str | os.PathLike, track: int | None = None, limit_s: float = math.inf
) -> float:
    """How long a sound lasts, without decoding any of it.

    What the file declares is taken where it is within `limit_s`. Beyond that, or where the file
    declares nothing, packets are counted until their time passes `limit_s`: so a wrong header
    refuses no short sound, and a long sound costs no more time than the limit.

    Raises:
        AudioError: no sound, or no such track.
    """
    with open_media(path, AudioError) as container:
        stream = sound_stream(container, path, track)
        declared_s = 0.0
        if stream.duration:
            declared_s = float(stream.duration * stream.time_base)
        elif container.duration:
            declared_s = container.duration / av.time_base
        if 0 < declared_s <= limit_s:
            return declared_s
        counted_s = 0.0
        try:
            for packet in container.demux(stream):
                counted_s += float((packet.duration or 0) * stream.time_base)
                if counted_s > limit_s:
                    return max(counted_s, declared_s)
        except DECODE_ERRORS:  # decoding tells what is wrong
            pass
        return counted_s


def sound_stream(container, path, track: int | None):
    """The sound track of that number; the first where none is asked for."""
    tracks = container.streams.audio
    if not tracks:
        raise AudioError("has no sound", file=path, fix="pass a sound file with --audio")
    if track is not None and not 0 <= track < len(tracks):
        raise AudioError(
            f"has no sound track {track}", file=path, expected=f"0 to {len(tracks) - 1}"
        )
    return tracks[track or 0]


def decode(path, track: int | None, max_seconds: float) -> tuple[np.ndarray, int, float]:
    """Mono samples (n,), their rate in Hz, and the track's start after the first picture in s."""
    with open_media(path, AudioError) as container:
        stream = sound_stream(container, path, track)
        if track is None and len(container.streams.audio) > 1:
            warn(path, f"has {len(container.streams.audio)} sound tracks: using track 0")
        video = picture_streams(container)
        video_start_s = 0.0
        if video and video[0].start_time is not None:
            video_start_s = float(video[0].start_time * video[0].time_base)
        parts, rate_hz, start_s = _decode_stream(container, stream, path, max_seconds)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    offset_s = start_s - video_start_s if video else 0.0
    if abs(offset_s) > MAX_JUMP_S:
        warn(path, f"sound and picture start {offset_s:.0f} s apart: taken as starting together")
        offset_s = 0.0
    return samples, rate_hz, offset_s


def _decode_stream(
    container, stream, path, max_seconds: float
) -> tuple[list[np.ndarray], int, float]:
    parts, rate_hz, start_s, n_samples = [], stream.rate or AUDIO.sample_rate_hz, 0.0, 0
    n_packets = n_bad = 0
    power_in = power_out = 0.0
    for packet in container.demux(stream):
        n_packets += packet.size > 0
        try:
            frames = packet.decode()
        except DECODE_ERRORS:
            n_bad += 1
            continue
        for frame in frames:
            rate_hz = frame.sample_rate
            channels = _as_float(frame)  # (channels, n)
            if frame.pts is not None:
                time_s = float(frame.pts * frame.time_base)
                if not parts:
                    start_s = time_s
                hole = round((time_s - start_s) * rate_hz) - n_samples
                if GAP_S * rate_hz < hole < MAX_JUMP_S * rate_hz:
                    parts.append(np.zeros(hole, np.float32))
                    n_samples += hole
            mono = channels.mean(axis=0, dtype=np.float32)
            power_in += float(np.square(channels).mean() * mono.size)
            power_out += float(np.square(mono).sum())
            parts.append(mono)
            n_samples += mono.size
            if n_samples > (max_seconds + 1) * rate_hz:  # more than its packets said
                raise too_long(path, n_samples / rate_hz, max_seconds)
    check_damage(n_bad, n_packets, path, AudioError)
    if power_in > 0 and power_out < 0.01 * power_in:
        warn(path, "the channels cancel each other (one is inverted): almost nothing is left")
    return parts, rate_hz, start_s


def _as_float(frame) -> np.ndarray:
    """(channels, n) float32 within ±1 for whole-number formats."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        return samples.astype(np.float32) / np.float32(-float(np.iinfo(samples.dtype).min))
    return samples.astype(np.float32, copy=False)


def too_long(path, seconds: float, max_seconds: float) -> AudioError:
    """The refusal of a sound of `seconds`."""
    return AudioError(
        f"the sound lasts {seconds:.0f} s",
        file=path,
        expected=f"at most {max_seconds:g} s",
        fix="cut it, or raise max_seconds",
    )


def warn(file, note: str) -> None:
    """An `EmolibWarning` that names the file."""
    name = f"{os.fspath(file)}: " if file is not None else ""
    warnings.warn(name + note, EmolibWarning, stacklevel=3)
