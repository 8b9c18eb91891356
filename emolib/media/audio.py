"""Sound files read and checked: mono float32 at 16 kHz, in time with the pictures.

Any container that PyAV opens is a sound file, a video's track included. A track that starts
later or earlier than the pictures is shifted, so sample 0 is the moment of frame 0.
"""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import AudioError, EmolibWarning
from emolib.base.files import atomic_path, check_output
from emolib.media.files import (
    DECODE_ERRORS,
    MAX_JUMP_S,
    check_damage,
    open_media,
    picture_streams,
)

MIN_SAMPLES = round(VIDEO.mel_steps / AUDIO.mel_steps_per_s * AUDIO.sample_rate_hz)  # 200 ms
SILENT_DB = -60.0  # loudest 50 ms below this: nothing is said
QUIET_DB = -45.0
MAX_DC = 0.05
MAX_SECONDS = 1800.0  # of sound in memory, unless the caller says otherwise
GAP_S = 0.04  # a hole in the time stamps wider than a video frame becomes silence


@dataclass(frozen=True)
class SoundReport:
    """What `check_speech` found: seconds, peak, loudest 50 ms (dB), mean, whether all is still."""

    seconds: float
    peak: float
    loudest_db: float
    dc: float
    silent: bool


def load_audio(
    path: str | os.PathLike,
    track: int | None = None,
    sample_rate_hz: int = AUDIO.sample_rate_hz,
    max_seconds: float = MAX_SECONDS,
) -> np.ndarray:
    """A file's sound: (n,) float32, mono (mean of channels), 16 kHz, within [-1, 1].

    In a video, sample 0 is the moment of the first picture: a track that starts 200 ms later is
    preceded by 200 ms of silence, one that starts earlier is cut.

    Args:
        path: any sound or video file that PyAV reads.
        track: which sound track; the default is the first, with a warning if there are several.
        sample_rate_hz: another rate, to play the sound rather than to analyse it.
        max_seconds: longer sound is refused, before any of it is decoded where the file tells its
            length or its packets do.

    Raises:
        AudioError: no sound, no such track, empty, damaged, longer than `max_seconds`, or samples
            that are not finite.
    """
    seconds = seconds_of(path, track, max_seconds)
    if seconds > max_seconds:
        raise _too_long(path, seconds, max_seconds)
    samples, rate_hz, offset_s = _decode(path, track, max_seconds)
    if not samples.size:
        raise AudioError("the sound is empty (0 samples)", file=path, fix="record it again")
    _check_finite(samples, rate_hz, path)
    peak = float(np.abs(samples).max())
    if peak > 1:
        if peak > 1.01:
            _warn(path, f"samples reach {peak:.2f}, beyond ±1: scaled down")
        samples = samples / np.float32(peak)
    # a full-scale sound overshoots a little between its own samples
    samples = resample(samples, rate_hz, sample_rate_hz).clip(-1, 1)
    shift = round(offset_s * sample_rate_hz)
    return np.pad(samples, (shift, 0)) if shift > 0 else samples[-shift:]


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
        stream = _sound_stream(container, path, track)
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


def check_speech(samples: np.ndarray, file: str | os.PathLike | None = None) -> SoundReport:
    """Refuse sound that cannot drive a face; warn of sound that drives it badly.

    Args:
        samples: (n,) float32 at 16 kHz.
        file: named in messages.

    Returns the report; silence, a low level and an offset give an `EmolibWarning` each.

    Raises:
        AudioError: empty, shorter than one mel window (200 ms), or not finite.
    """
    samples = as_mono(samples, file)
    if samples.size == 0:
        raise AudioError("the sound is empty (0 samples)", file=file, fix="record it again")
    _check_finite(samples, AUDIO.sample_rate_hz, file)
    if samples.size < MIN_SAMPLES:
        raise AudioError(
            f"the sound lasts {1000 * samples.size / AUDIO.sample_rate_hz:.0f} ms",
            file=file,
            expected=f"at least {1000 * MIN_SAMPLES / AUDIO.sample_rate_hz:.0f} ms, one mel window",
            fix="use a longer recording",
        )
    dc = float(samples.mean())
    loudest_db = _loudest_db(samples - dc)
    report = SoundReport(
        seconds=samples.size / AUDIO.sample_rate_hz,
        peak=float(np.abs(samples).max()),
        loudest_db=loudest_db,
        dc=dc,
        silent=loudest_db < SILENT_DB,
    )
    if report.silent:
        _warn(file, "the sound is silent: the mouth will rest")
    elif loudest_db < QUIET_DB:
        _warn(file, f"the sound is very low (loudest 50 ms at {loudest_db:.0f} dB)")
    if abs(dc) > MAX_DC:
        _warn(file, f"the sound has a constant offset of {dc:+.2f}")
    return report


def resample(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    """(n,) float32 at another rate (soxr, high quality)."""
    if from_hz == to_hz:
        return samples
    import librosa

    return librosa.resample(samples, orig_sr=from_hz, target_sr=to_hz, res_type="soxr_hq")


def as_mono(samples: np.ndarray, file: str | os.PathLike | None = None) -> np.ndarray:
    """(n,) float32, or an `AudioError` that says what shape came instead."""
    samples = np.asarray(samples)
    if samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(
            f"the sound is {samples.dtype} {samples.shape}", file=file, expected="float (n,) mono"
        )
    return samples.astype(np.float32, copy=False)


def write_wav(
    path: str | os.PathLike,
    samples: np.ndarray,
    sample_rate_hz: int = AUDIO.sample_rate_hz,
    *,
    overwrite: bool = True,
) -> Path:
    """Write (n,) float samples as 16-bit mono WAV, whole or not at all. Returns the path.

    Raises:
        AudioError: samples outside [-1, 1] or not finite.
    """
    import soundfile

    samples = as_mono(samples, path)
    _check_finite(samples, sample_rate_hz, path)
    if samples.size and np.abs(samples).max() > 1.001:
        raise AudioError(
            f"samples reach {np.abs(samples).max():.2f}", file=path, expected="[-1, 1]"
        )
    check_output(path, overwrite=overwrite)
    with atomic_path(path) as temporary:
        soundfile.write(
            temporary, samples.clip(-1, 1), sample_rate_hz, subtype="PCM_16", format="WAV"
        )
    return Path(path)


def _sound_stream(container, path, track: int | None):
    """The sound track of that number; the first where none is asked for."""
    tracks = container.streams.audio
    if not tracks:
        raise AudioError("has no sound", file=path, fix="pass a sound file with --audio")
    if track is not None and not 0 <= track < len(tracks):
        raise AudioError(
            f"has no sound track {track}", file=path, expected=f"0 to {len(tracks) - 1}"
        )
    return tracks[track or 0]


def _too_long(path, seconds: float, max_seconds: float) -> AudioError:
    return AudioError(
        f"the sound lasts {seconds:.0f} s",
        file=path,
        expected=f"at most {max_seconds:g} s",
        fix="cut it, or raise max_seconds",
    )


def _decode(path, track: int | None, max_seconds: float) -> tuple[np.ndarray, int, float]:
    """Mono samples (n,), their rate in Hz, and the track's start after the first picture in s."""
    with open_media(path, AudioError) as container:
        stream = _sound_stream(container, path, track)
        if track is None and len(container.streams.audio) > 1:
            _warn(path, f"has {len(container.streams.audio)} sound tracks: using track 0")
        video = picture_streams(container)
        video_start_s = 0.0
        if video and video[0].start_time is not None:
            video_start_s = float(video[0].start_time * video[0].time_base)
        parts, rate_hz, start_s = _decode_stream(container, stream, path, max_seconds)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    offset_s = start_s - video_start_s if video else 0.0
    if abs(offset_s) > MAX_JUMP_S:
        _warn(path, f"sound and picture start {offset_s:.0f} s apart: taken as starting together")
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
                raise _too_long(path, n_samples / rate_hz, max_seconds)
    check_damage(n_bad, n_packets, path, AudioError)
    if power_in > 0 and power_out < 0.01 * power_in:
        _warn(path, "the channels cancel each other (one is inverted): almost nothing is left")
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


def _check_finite(samples: np.ndarray, rate_hz: int, file) -> None:
    bad = np.flatnonzero(~np.isfinite(samples))
    if bad.size:
        raise AudioError(
            f"{bad.size} samples are not finite numbers (NaN or infinite)",
            file=file,
            where=f"at {bad[0] / rate_hz:.3f} s",
            fix="export the sound again",
        )


def _loudest_db(samples: np.ndarray) -> float:
    """Level in dB (full scale = 0) of the loudest 50 ms."""
    n = AUDIO.win_samples
    blocks = np.pad(samples, (0, -samples.size % n)).reshape(-1, n)
    power = np.square(blocks, dtype=np.float64).mean(axis=1).max()
    return float(10 * np.log10(power + 1e-12))


def _warn(file, note: str) -> None:
    name = f"{os.fspath(file)}: " if file is not None else ""
    warnings.warn(name + note, EmolibWarning, stacklevel=3)
