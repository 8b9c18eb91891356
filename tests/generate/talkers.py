"""Voices and moving heads for the tests of generation."""

import numpy as np


def voice(seconds=0.4, seed=0, level=0.2):
    """(n,) float32 at 16 kHz: noise in syllables of 125 ms."""
    n_samples = round(16_000 * seconds)
    syllables = np.sin(np.arange(n_samples) / 16_000 * 8 * np.pi) ** 2
    noise = np.random.default_rng(seed).uniform(-1, 1, n_samples)
    return (level * syllables * noise).astype(np.float32)


def places(n_frames, x=150.0, y=120.0, size=100.0, dx=1.0):
    """A head that drifts to the right."""
    return [(x + dx * k, y, size) for k in range(n_frames)]
