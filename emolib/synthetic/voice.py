"""A person's voice: the same for the same seed, in either synthesiser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.base.errors import ConfigError
from emolib.synthetic.kokoro_network import Blend, voice_names

_VARIANTS = {
    "male": ("m1", "m2", "m3", "m4", "m6", "m7", "adam", "edward"),
    "female": ("f1", "f2", "f3", "f4", "steph", "linda"),
}


@dataclass(frozen=True)
class Voice:
    """One person's voice."""

    blend: Blend = (("am_michael", 1.0),)  # Kokoro's voices, and how much of each
    variant: str = "m3"  # espeak's voice
    pitch_st: float = 0.0  # semitones above those voices
    pitch_range: float = 1.0  # times theirs
    pace: float = 1.0  # times theirs
    tract: float = 1.0  # > 1: shorter vocal tract, higher formants
    lead_s: float = 0.3
    tail_s: float = 0.3
    seed: int = 0  # of the room and its tone

    @classmethod
    def from_seed(cls, seed: int, sex: str) -> Voice:
        """A voice that stays the same for the same person; `sex` as `Person` or CREMA-D write it.

        Raises:
            ConfigError: `sex` is neither "male" nor "female", in any case.
        """
        sex = str(sex).lower()
        if sex not in _VARIANTS:
            raise ConfigError(f"no voices for sex {sex!r}", expected="male or female")
        rng = np.random.default_rng([int(seed), 0x5EED])
        names = rng.choice(voice_names(sex), size=3, replace=False).tolist()
        shares = np.round(rng.dirichlet([1.0, 1.0, 0.5]), 3).tolist()
        return cls(
            blend=tuple(zip(names, shares, strict=True)),
            variant=str(rng.choice(_VARIANTS[sex])),
            pitch_st=float(rng.uniform(-2.5, 2.5)),
            pitch_range=float(rng.uniform(0.85, 1.2)),
            pace=float(rng.uniform(0.92, 1.1)),
            tract=float(rng.uniform(0.95, 1.06)),
            lead_s=round(float(rng.uniform(0.24, 0.36)), 3),
            tail_s=round(float(rng.uniform(0.24, 0.38)), 3),
            seed=int(seed),
        )
