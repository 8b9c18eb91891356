"""Settings as frozen dataclasses: the paper's values are the defaults.

Geometry (96 px, T = 5, mel 80×16, 25 fps, 16 kHz) is fixed by the networks and shared by all
profiles; a profile only says how wide the networks are and how much data and time to spend.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass

from emolib.base.errors import ConfigError


@dataclass(frozen=True)
class AudioConfig:
    """Sound and mel settings. Source: Wav2Lip's and EmoGen's shared audio settings (released)."""

    sample_rate_hz: int = 16_000
    n_fft: int = 800
    hop_samples: int = 200  # 12.5 ms
    win_samples: int = 800  # 50 ms
    n_mels: int = 80
    fmin_hz: float = 55.0
    fmax_hz: float = 7600.0
    preemphasis: float = 0.97
    min_level_db: float = -100.0
    ref_level_db: float = 20.0
    max_abs: float = 4.0  # the normalised mel lies in [-4, 4]; silence is -4

    @property
    def mel_steps_per_s(self) -> float:
        """Mel frames a second: 80."""
        return self.sample_rate_hz / self.hop_samples


@dataclass(frozen=True)
class VideoConfig:
    """Picture settings. Source: paper §4 and the released code."""

    fps: int = 25
    face_px: int = 96
    n_frames: int = 5  # T, frames in a training window
    mel_steps: int = 16  # mel frames a network sees at once: 200 ms = T frames


AUDIO = AudioConfig()
VIDEO = VideoConfig()


@dataclass(frozen=True)
class Profile:
    """How large to think: network width, and what data a notebook reaches for."""

    name: str
    width: float  # multiplies the paper's channel counts
    corpus: str  # "sample", "synthetic" or "real"
    purpose: str


PROFILES = {
    "tiny": Profile("tiny", 1 / 8, "sample", "first read and tests, any laptop CPU"),
    "lite": Profile("lite", 1 / 4, "synthetic", "laptop or one GPU, the shipped checkpoints"),
    "paper": Profile("paper", 1.0, "real", "GPUs with CREMA-D (and LRS2 for PRE)"),
}


def current_profile() -> Profile:
    """The profile named by `EMOLIB_PROFILE` (default `tiny`).

    Raises:
        ConfigError: the variable names no profile.
    """
    name = os.environ.get("EMOLIB_PROFILE", "tiny").strip().lower()
    if name not in PROFILES:
        raise ConfigError(
            f"EMOLIB_PROFILE={name!r} is no profile",
            expected="one of " + ", ".join(PROFILES),
            fix="unset EMOLIB_PROFILE or set it to one of these",
        )
    return PROFILES[name]


def settings_hash(*settings) -> str:
    """A short stable hash of dataclasses and plain values: equal settings, equal hash."""
    plain = [asdict(s) if hasattr(s, "__dataclass_fields__") else s for s in settings]
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
