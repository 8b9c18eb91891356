"""The paper's five augmentations, drawn once for a whole window.

Target and reference get the same change in all their frames: otherwise the network would have to
guess a colour that nothing tells it, and a window would flicker.
Paper: §4.2.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

P_GENERATOR, P_CLASSIFIER = 0.4, 0.2  # chance of each change, as released
P_ANY = 0.8  # chance that anything at all is changed
NOISE_STD = (10**0.5 / 255, 50**0.5 / 255)  # variance 10 to 50 on the scale of bytes


@lru_cache
def pipeline(p: float, p_any: float):
    """The five changes, each with chance `p`, as one of albumentations' pipelines."""
    import albumentations as A

    changes = [
        A.RandomBrightnessContrast(p=p),
        A.RandomGamma(p=p),
        A.ChannelShuffle(p=p),
        A.RGBShift(p=p),
        A.GaussNoise(std_range=NOISE_STD, p=p),
    ]
    return A.Compose(changes, p=p_any)


@dataclass(frozen=True)
class Augment:
    """Brightness and contrast, gamma, channel shuffle, RGB shift, Gaussian noise.

    Args:
        p: chance of each of the five.
        p_any: chance that the window is changed at all.

    Paper: §4.2 names the five. Deviation: the released list has four more (CLAHE, hue-saturation,
    brightness and contrast once again) and treats BGR pictures as RGB.
    """

    p: float = P_GENERATOR
    p_any: float = P_ANY

    def __call__(self, frames: np.ndarray, seed: int) -> np.ndarray:
        """All frames changed alike: (N, S, S, 3) uint8 RGB → the same. Equal seed, equal change."""
        change = pipeline(self.p, self.p_any)
        # One stream for all five: set_random_seed would give each the same draws, so that they
        # would come all together or not at all.
        change.set_random_state(np.random.default_rng(seed), random.Random(seed))
        return change(images=frames)["images"]
