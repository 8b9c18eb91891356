"""The sound as the generator hears it, and as the clip plays it.

Deviation: the released code lets the mouth follow whatever noise fills a pause. Here steps far
below the voice become true silence, which the network knows from every sentence's ends as rest.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import AudioError
from emolib.base.files import file_sha256
from emolib.media.audio import as_mono, check_speech, load_audio
from emolib.media.mel import SILENCE, melspectrogram

PLAY_HZ = 48_000  # sound files keep their brightness; only the network hears 16 kHz
MAX_SECONDS = 1800.0
REST_LEVEL = -2.0  # mel value that no band of a resting step reaches: noise of about -60 dB
REST_BELOW_PEAK = 4.0  # and at least 50 dB below the loudest band of the clip


@dataclass(frozen=True)
class Sound:
    """One voice, twice.

    Attributes:
        heard: (80, M) float32 mel for the network, with rests set to silence.
        played: (n,) float32, mono, at `rate_hz`.
        sha256: hash of the file or of the samples.
    """

    heard: np.ndarray
    played: np.ndarray
    rate_hz: int
    sha256: str

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.played) / self.rate_hz


def hear(
    audio: str | os.PathLike | np.ndarray,
    track: int | None = None,
    max_seconds: float = MAX_SECONDS,
) -> Sound:
    """The sound of a file (or of a video's track), or of samples (n,) float at 16 kHz.

    What is odd but usable (silence, a low level, several tracks) is an `EmolibWarning`.

    Raises:
        AudioError: none, empty, shorter than 200 ms, longer than `max_seconds`, or not finite.
    """
    if isinstance(audio, (str, os.PathLike)):
        file, sha256, rate_hz = Path(audio), None, PLAY_HZ
        samples = load_audio(file, track)
        played = load_audio(file, track, PLAY_HZ)
    else:
        file, rate_hz = None, AUDIO.sample_rate_hz
        samples = played = as_mono(audio)
        sha256 = hashlib.sha256(np.ascontiguousarray(samples)).hexdigest()
    report = check_speech(samples, file)
    if report.seconds > max_seconds:
        raise AudioError(
            f"the sound lasts {report.seconds:.0f} s",
            file=file,
            expected=f"at most {max_seconds:g} s",
            fix="cut it, or raise max_seconds",
        )
    mel = rest_in_pauses(melspectrogram(samples))
    if report.silent:
        mel = np.full_like(mel, SILENCE)
    return Sound(mel, played, rate_hz, sha256 or file_sha256(file))


def rest_in_pauses(mel: np.ndarray) -> np.ndarray:
    """A mel (80, M) whose quiet steps, far below the voice, are silence (-4)."""
    limit = min(REST_LEVEL, float(mel.max()) - REST_BELOW_PEAK)
    resting = mel.max(axis=0) < limit  # (M,)
    return np.where(resting, np.float32(SILENCE), mel)
