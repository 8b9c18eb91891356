"""Films in notebooks: the right frames, late by as many as asked, with their sound, and small."""

import numpy as np
import pytest

from emolib.media.audio import load_audio
from emolib.media.video import read_video
from emolib.notebook.film import watch_crops


@pytest.fixture
def clip():
    grey = np.linspace(20, 230, 50).astype(np.uint8)
    frames = np.broadcast_to(grey[:, None, None, None], (50, 96, 96, 3)).copy()
    samples = np.zeros(50 * 640, np.float32)
    samples[10 * 640 : 30 * 640] = 0.5 * np.sin(np.arange(20 * 640) * 0.2)
    return frames, samples


def levels_of(film, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(film.data)
    frames, _ = read_video(path)
    return path, frames.mean((1, 2, 3))


@pytest.mark.parametrize("late", [0, 5, -5])
def test_the_picture_is_as_late_as_asked(clip, tmp_path, late):
    frames, samples = clip
    film = watch_crops(frames, samples, first=10, n_frames=20, late=late)
    path, levels = levels_of(film, tmp_path)
    assert film.embed and len(film.data) < 60_000
    expected = frames[10 - late : 30 - late].mean((1, 2, 3))
    np.testing.assert_allclose(levels, expected, atol=4)
    sound = load_audio(path)
    assert np.abs(sound[2000:10_000]).mean() > 0.2  # frames 10 to 30: the tone alone


def test_at_the_ends_the_picture_stands(clip, tmp_path):
    frames, samples = clip
    _, levels = levels_of(watch_crops(frames, samples, n_frames=10, late=4), tmp_path)
    np.testing.assert_allclose(levels[:5], frames[0].mean(), atol=4)
