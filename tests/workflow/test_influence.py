"""Dots are told from shapes, things that sit still from things that follow the face."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from studies.ablation_frames import label_effect
from studies.influence import describe, grain, influence_map, specks

RNG = np.random.default_rng(0)
FACE = gaussian_filter(RNG.normal(0, 1, (64, 64)), 6)
FACE = (128 + 40 * FACE / np.abs(FACE).max())[None, None]  # (1, 1, 64, 64)


def clip(patterns, shift=0):
    """(6, 4, 64, 64, 3) uint8: a face, and what each label adds to it."""
    added = np.stack([np.roll(p, shift, axis=1) for p in patterns])[:, None]
    frames = np.broadcast_to(FACE + added, (6, 4, 64, 64))
    return np.repeat(frames[..., None], 3, axis=-1).clip(0, 255).astype(np.uint8)


def dots():
    return [20 * (RNG.random((64, 64)) < 0.05) for _ in range(6)]


def shapes():
    return [60 * gaussian_filter(RNG.normal(0, 1, (64, 64)), 5) for _ in range(6)]


def test_grain_is_high_for_dots_and_low_for_shapes():
    assert grain(np.array(dots())) > 0.6
    assert grain(np.array(shapes())) < 0.05


def test_what_is_stuck_to_the_screen_is_alike_on_everybody():
    patterns = shapes()
    still = describe([clip(patterns), clip(patterns)])
    moved = describe([clip(patterns), clip(patterns, shift=20)])
    assert still["fixed"] > 0.95
    assert moved["fixed"] < 0.5
    assert still["strength"] == pytest.approx(moved["strength"], rel=0.1)


def test_specks_are_dark_and_isolated():
    frame = np.full((32, 32, 3), 150, np.uint8)
    assert specks(frame) == 0
    for y, x in ((3, 3), (10, 20), (25, 7)):
        frame[y, x] = 60
    assert specks(frame) == 3
    frame[12:20, 8:16] = 60  # a mouth is no speck
    assert specks(frame) == 3


def test_the_map_shows_where_and_the_effect_how_much():
    patterns = [np.zeros((64, 64)) for _ in range(6)]
    patterns[2] = np.zeros((64, 64))
    patterns[2][40:50, 20:40] = 30
    picture = influence_map([clip(patterns)])
    assert picture[40:50, 20:40].min() > 5 * picture[:30].max()
    assert label_effect(clip([np.zeros((64, 64))] * 6)) == 0
    assert label_effect(clip(patterns)) == pytest.approx(30 * 200 / 4096 / 3, rel=0.05)


def test_an_influence_too_weak_for_bytes_has_no_shape():
    nothing = describe([clip([np.zeros((64, 64))] * 6)] * 2)
    assert nothing["strength"] == 0
    assert nothing["grain"] is None
    assert nothing["fixed"] is None
