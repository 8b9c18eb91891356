"""A finished film read back: length, sync, what was touched, how sharp, how the mouth follows."""

import numpy as np
import pytest

from emolib.evaluation.film import (
    detail,
    follows,
    loudness_db,
    outside_change,
    read_film,
    sound_lag,
)
from emolib.media.video import write_video

RATE_HZ = 16_000


def chirps(seconds=1.0):
    """(n,) float32: four bursts of noise."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(0).uniform(-1, 1, len(t))
    return (0.3 * noise * (np.sin(2 * np.pi * 4 * t) > 0)).astype(np.float32)


@pytest.mark.parametrize("late_ms", [0, 40, 130, -80])
def test_a_late_sound_is_found_late(late_ms):
    shift = round(late_ms * RATE_HZ / 1000)
    sound = chirps()
    heard = np.roll(np.pad(sound, 4000), shift)[4000:-4000]
    assert sound_lag(heard, sound, RATE_HZ) == pytest.approx(late_ms / 1000, abs=1e-4)
    assert np.isnan(sound_lag(np.zeros(100), sound, RATE_HZ))


def test_a_film_is_read_back(tmp_path):
    frames = np.random.default_rng(1).integers(0, 255, (25, 48, 64, 3), dtype=np.uint8)
    path = write_video(tmp_path / "film.mp4", frames, audio=chirps())
    film = read_film(path, chirps(), RATE_HZ)
    assert film.n_frames == 25
    assert film.sound_s == pytest.approx(1.0, abs=0.03)
    assert abs(film.start_apart_s) < 0.02
    assert abs(film.sound_lag_s) < 0.005
    late = read_film(path, np.pad(chirps(), (1600, 0)), RATE_HZ)
    assert late.sound_lag_s == pytest.approx(-0.1, abs=0.005)


def test_only_changes_outside_the_box_count():
    sources = np.full((2, 40, 50, 3), 90, np.uint8)
    frames, boxes = sources.copy(), np.array([[10.2, 10, 30, 30.5]] * 2)
    frames[:, 10:31, 10:30] = 0
    assert outside_change(frames, sources, boxes) == 0
    frames[1, 31, 20, 1] = 93
    assert outside_change(frames, sources, boxes) == 3


def test_blur_takes_detail():
    import cv2

    sharp = np.random.default_rng(2).integers(0, 255, (2, 60, 60, 3), dtype=np.uint8)
    soft = np.stack([cv2.GaussianBlur(picture, (0, 0), 1.0) for picture in sharp])
    assert detail(soft) < 0.3 * detail(sharp)


def test_loudness_is_that_of_each_frames_own_moment():
    sound = np.zeros(RATE_HZ, np.float32)
    sound[8000:9600] = 0.5  # 0.5 to 0.6 s: frames 12.5 to 15
    level = loudness_db(sound, 25, RATE_HZ)
    assert level.max() == 0
    assert (level[13:15] > -2).all()
    assert (level[:11] == -50).all() and (level[17:] == -50).all()


def test_a_mouth_that_rests_follows_nothing():
    loud = np.linspace(-40, 0, 30)
    assert np.isnan(follows(np.full(30, 0.05), loud))
    assert follows(0.2 + 0.005 * loud, loud) == pytest.approx(1)
    assert follows(-0.01 * loud, loud) == pytest.approx(-1)
