"""Sound to mel, and the one function that says which mel a frame hears.

Paper: §3.1 (speech input); the numbers are the released code's (`config.AudioConfig`). Everything
that pairs pictures with sound, in training, generation and evaluation, asks `window_start`.
"""

from __future__ import annotations

from functools import lru_cache
from math import floor

import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import AudioError, ConfigError
from emolib.media.audio import MIN_SAMPLES, as_mono

SILENCE = -AUDIO.max_abs  # the value of a mel step in which nothing sounds
ALIGNMENTS = {"centred": -2, "released_training": -1, "released_inference": 0}  # frames


def melspectrogram(samples: np.ndarray) -> np.ndarray:
    """The normalised log-mel spectrogram: (80, M) float32 in [-4, 4], M = 1 + n // 200 steps.

    Pre-emphasis, magnitude STFT (50 ms Hann window every 12.5 ms, step *m* centred on `m / 80` s),
    80 Slaney mel bands of 55–7600 Hz, decibels, and -100…0 dB laid onto -4…4. Before and after the
    sound lies silence.

    Args:
        samples: (n,) float at 16 kHz, within [-1, 1].

    Raises:
        AudioError: shorter than 200 ms (one window), not mono, or not finite.

    Paper: §3.1; method as in Wav2Lip's released code.
    Deviation: the STFT's ends are padded with zeros; old librosa versions mirrored the sound there.
    """
    import librosa

    samples = as_mono(samples)
    if samples.size < MIN_SAMPLES:
        raise AudioError(
            f"{samples.size} samples are too few for a mel window",
            expected=f"at least {MIN_SAMPLES} (200 ms)",
            fix="use a longer recording",
        )
    if not np.isfinite(samples).all():
        raise AudioError("the sound holds values that are not finite", fix="export it again")
    # as librosa.effects.preemphasis with zi=0, whose import alone would take seconds
    emphasised = samples - AUDIO.preemphasis * np.concatenate([[0.0], samples[:-1]])
    spectrum = librosa.stft(
        emphasised.astype(np.float32),
        n_fft=AUDIO.n_fft,
        hop_length=AUDIO.hop_samples,
        win_length=AUDIO.win_samples,
        pad_mode="constant",
    )  # (401, M)
    mel = _filters() @ np.abs(spectrum)  # (80, M), magnitude and not power
    level_db = librosa.amplitude_to_db(
        mel,
        ref=10 ** (AUDIO.ref_level_db / 20),
        amin=10 ** (AUDIO.min_level_db / 20),
        top_db=None,
    )
    scaled = 2 * AUDIO.max_abs * (level_db / -AUDIO.min_level_db + 1) - AUDIO.max_abs
    return scaled.clip(-AUDIO.max_abs, AUDIO.max_abs).astype(np.float32)


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    """(80, 401) float32 mel filters."""
    import librosa

    return librosa.filters.mel(
        sr=AUDIO.sample_rate_hz,
        n_fft=AUDIO.n_fft,
        n_mels=AUDIO.n_mels,
        fmin=AUDIO.fmin_hz,
        fmax=AUDIO.fmax_hz,
    )


def window_start(
    frame: int, fps: float = VIDEO.fps, n_frames: int = 1, alignment: str = "centred"
) -> int:
    """The first of the 16 mel steps that belong to a frame, or to five frames from it on.

    A frame begins at step `80 · frame / fps` (3.2 a frame at 25 fps), a window at the whole step
    before it: 0, 0.2, 0.4, 0.6 or 0.8 steps early, on average 5 ms and at most 10. All released
    and shipped weights have learned from windows that begin so.

    Args:
        frame: index of the (first) frame; may lie outside the clip.
        fps: rate of the frames.
        n_frames: 5 for these five frames' sound; 1 for the sound around one frame, which
            `alignment` places.
        alignment: `"centred"` begins two frames earlier, so that equally much is heard before and
            after; `"released_training"` one frame earlier and `"released_inference"` at the frame
            itself, as the released scripts do.

    Raises:
        ConfigError: another `n_frames` or `alignment`.
    """
    if n_frames not in (1, VIDEO.n_frames) or alignment not in ALIGNMENTS:
        raise ConfigError(
            f"no mel window for n_frames={n_frames}, alignment={alignment!r}",
            expected=f"1 or {VIDEO.n_frames}; one of " + ", ".join(ALIGNMENTS),
        )
    first = frame + ALIGNMENTS[alignment] if n_frames == 1 else frame
    return floor(AUDIO.mel_steps_per_s * first / fps + 1e-9)


def mel_windows(
    mel: np.ndarray,
    frames,
    fps: float = VIDEO.fps,
    n_frames: int = 1,
    alignment: str = "centred",
) -> np.ndarray:
    """The windows of many frames at once: (T, 1, 80, 16) float32.

    Steps before the sound begins or after it ends are silence (-4): nothing was recorded there.
    (Repeating the last window instead, as the released code does, shifts sound against picture
    exactly where both end.)

    Args:
        mel: (80, M) of the whole clip.
        frames: T frame indices.
        fps, n_frames, alignment: see `window_start`.
    """
    starts = [window_start(int(frame), fps, n_frames, alignment) for frame in frames]
    steps = np.asarray(starts, dtype=int)[:, None] + np.arange(VIDEO.mel_steps)  # (T, 16)
    n_steps = mel.shape[1]
    inside = (steps >= 0) & (steps < n_steps)
    windows = mel.T[steps.clip(0, n_steps - 1)]  # (T, 16, 80)
    windows = np.where(inside[..., None], windows, np.float32(SILENCE))
    return windows.swapaxes(1, 2)[:, None].astype(np.float32)  # (T, 1, 80, 16)
