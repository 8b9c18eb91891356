"""From a synthesiser's sound to a recording: effort, breath, a small room, and CREMA-D's level."""

from __future__ import annotations

import numpy as np

from emolib.base.config import AUDIO
from emolib.synthetic.prosody import Prosody
from emolib.synthetic.voice import Voice

SPEECH_LEVEL_DB = -26.0  # RMS of the speaking part re full scale, as in CREMA-D's quieter half
_TONE_DB = -68.0
_SPLIT_HZ = 1500  # effort lifts or lowers what lies above
_BREATH_HZ = (1500, 6500)


def record(sound: np.ndarray, rate_hz: float, voice: Voice, prosody: Prosody) -> np.ndarray:
    """Resample, colour, put into a room, level, add silence and room tone: float32 (n,), 16 kHz."""
    import librosa
    from scipy.signal import fftconvolve

    target_hz = AUDIO.sample_rate_hz
    rng = np.random.default_rng([voice.seed, 0x100D])
    dry = librosa.resample(sound, orig_sr=round(rate_hz), target_sr=target_hz)
    dry = _colour(dry, prosody.effort_db, prosody.breath, np.random.default_rng([voice.seed, 0xA1]))
    time_s = np.arange(int(0.15 * target_hz)) / target_hz
    room = rng.normal(size=len(time_s)) * np.exp(-time_s / rng.uniform(0.02, 0.035)) * 0.025
    room[0] = 1.0  # the direct sound comes first, at once: no delay against the picture
    lead, tail = round(voice.lead_s * target_hz), round(voice.tail_s * target_hz)
    wet = fftconvolve(np.pad(dry, (0, tail)), room)[: len(dry) + tail]
    speaking = np.abs(dry) > 0.02 * np.abs(dry).max()
    level = np.sqrt(np.mean(dry[speaking] ** 2))
    wet *= 10 ** ((SPEECH_LEVEL_DB + prosody.gain_db) / 20) / level
    tone = np.convolve(rng.normal(size=lead + len(wet)), [0.25, 0.5, 0.25], "same")
    samples = np.pad(wet, (lead, 0)) + tone * 10 ** (_TONE_DB / 20)
    peak = np.abs(samples).max()
    return (samples * min(1.0, 0.9 / peak)).astype(np.float32)


def _colour(
    dry: np.ndarray, effort_db: float, breath: float, rng: np.random.Generator
) -> np.ndarray:
    """A pressed voice is brighter, a soft one duller; breath is noise as loud as the voice."""
    from scipy.signal import butter, sosfilt

    rate_hz = AUDIO.sample_rate_hz
    if effort_db:
        above = sosfilt(butter(1, _SPLIT_HZ, "high", fs=rate_hz, output="sos"), dry)
        dry = dry + (10 ** (effort_db / 20) - 1) * above
    if breath:
        loudness = sosfilt(butter(1, 30, fs=rate_hz, output="sos"), np.abs(dry))
        band = butter(2, _BREATH_HZ, "band", fs=rate_hz, output="sos")
        dry = dry + breath * np.maximum(loudness, 0) * sosfilt(band, rng.normal(size=len(dry)))
    return dry
