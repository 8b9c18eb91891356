"""Sound files read and checked: mono float32 at 16 kHz, in time with the pictures.

Any container that PyAV opens is a sound file, a video's track included. A track that starts
later or earlier than the pictures is shifted, so sample 0 is the moment of frame 0.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import AudioError
from emolib.base.files import atomic_path, check_output
from emolib.media.audio_decoder import decode, seconds_of, too_long, warn

MIN_SAMPLES = round(VIDEO.mel_steps / AUDIO.mel_steps_per_s * AUDIO.sample_rate_hz)  # 200 ms
SILENT_DB = -60.0  # loudest 50 ms below this: nothing is said
QUIET_DB = -45.0
MAX_DC = 0.05
MAX_SECONDS = 1800.0  # of sound in memory, unless the caller says otherwise


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
    return load_rates(path, (sample_rate_hz,), track, max_seconds)[0]


def load_rates(
    path: str | os.PathLike,
    rates_hz: Sequence[int],
    track: int | None = None,
    max_seconds: float = MAX_SECONDS,
) -> list[np.ndarray]:
    """The same sound at several rates, decoded once: a (n,) array for each. See `load_audio`."""
    seconds = seconds_of(path, track, max_seconds)
    if seconds > max_seconds:
        raise too_long(path, seconds, max_seconds)
    samples, rate_hz, offset_s = decode(path, track, max_seconds)
    if not samples.size:
        raise AudioError("the sound is empty (0 samples)", file=path, fix="record it again")
    _check_finite(samples, rate_hz, path)
    peak = float(np.abs(samples).max())
    if peak > 1:
        if peak > 1.01:
            warn(path, f"samples reach {peak:.2f}, beyond ±1: scaled down")
        samples = samples / np.float32(peak)
    found = []
    for wanted_hz in rates_hz:
        # a full-scale sound overshoots a little between its own samples
        heard = resample(samples, rate_hz, wanted_hz).clip(-1, 1)
        shift = round(offset_s * wanted_hz)
        found.append(np.pad(heard, (shift, 0)) if shift > 0 else heard[-shift:])
    return found


def check_speech(samples: np.ndarray, file: str | os.PathLike | None = None) -> bool:
    """Refuse sound that cannot drive a face; warn of sound that drives it badly.

    Args:
        samples: (n,) float32 at 16 kHz.
        file: named in messages.

    Returns:
        whether it is silent. Silence, a low level and an offset give an `EmolibWarning` each.

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
    silent = loudest_db < SILENT_DB
    if silent:
        warn(file, "the sound is silent: the mouth will rest")
    elif loudest_db < QUIET_DB:
        warn(file, f"the sound is very low (loudest 50 ms at {loudest_db:.0f} dB)")
    if abs(dc) > MAX_DC:
        warn(file, f"the sound has a constant offset of {dc:+.2f}")
    return silent


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
