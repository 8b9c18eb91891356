"""Small films inside a notebook, and limits that are read, never typed."""

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.generate import Clip
from emolib.media.audio import load_audio
from emolib.media.provenance import Facts
from emolib.media.verify import verify
from emolib.media.video import read_video
from emolib.notebook.film import watch, watch_crops, write_small
from emolib.notebook.limits import HELD_OUT, REAL, held_out_people, real_people, told_by


@pytest.fixture
def clip():
    """Ten smooth frames with a face square near the left edge."""
    ramp = np.linspace(0, 200, 160)[None, None, :, None] + np.arange(10)[:, None, None, None]
    frames = np.broadcast_to(ramp, (10, 120, 160, 3)).astype(np.uint8)
    boxes = np.tile(np.array([20, 30, 80, 90], np.float32), (10, 1))
    sound = np.random.default_rng(0).normal(0, 0.1, 6400).astype(np.float32)
    return Clip(frames, sound, 25, boxes, {}, Facts({"HAP": 1.0}), 16_000)


def test_a_small_film_is_square_labelled_and_short_of_bytes(clip, tmp_path):
    written = write_small(clip, tmp_path / "small.mp4")
    frames, info = read_video(written.path)
    assert frames.shape == (10, 208, 208, 3)
    assert info.has_audio
    assert verify(written.path).generated
    shown = watch(written.path)._repr_html_()
    assert "data:video/mp4;base64," in shown and "controls" in shown
    assert str(tmp_path) not in shown


def test_a_large_film_stays_outside(tmp_path):
    (tmp_path / "large.mp4").write_bytes(bytes(151_000))
    with pytest.raises(ConfigError, match="at most 150 KB"):
        watch(tmp_path / "large.mp4")


def test_limits_are_those_that_were_measured(tmp_path):
    assert held_out_people(tmp_path).empty and real_people(tmp_path).empty
    assert told_by(tmp_path) == []
    record = run_record(corpus="somebody", seed=0) | {"profile": "lite"}
    rows = {
        "generated": {"emoacc/expression net": {"mean": 0.42}, "psnr_db": {"mean": 30.04}},
        "truth": {"emoacc/expression net": {"mean": 0.81}},
        "copy": {"emoacc/expression net": {"mean": 0.17}, "psnr_db": {"mean": 28.0}},
    }
    numbers = {"rows": rows, "checkpoint": {"name": "lite-generator"}}
    save_result(tmp_path / HELD_OUT, numbers, record)
    group = {"emoacc": 0.25, "mouth_follows": 0.5, "mouth_follows_source": 0.1, "detail": None}
    group["per_emotion"] = {"ANG": 0.0, "SAD": 1.0}
    numbers = {"groups": {"painting": group, "all": {"emoacc": 0.25}}, "checkpoint": "lite"}
    save_result(tmp_path / REAL, numbers, record)
    synthetic, real = held_out_people(tmp_path), real_people(tmp_path)
    assert synthetic.iloc[0].tolist() == ["42%", "81%", "17%"]
    assert synthetic.loc["likeness to the true answer, PSNR in dB"].tolist() == [
        "30.0",
        "–",
        "28.0",
    ]
    assert real["painting"].tolist() == ["25%", "0%", "100%", "0.50 (0.10)"]
    assert real["all"].tolist() == ["25%", "–", "–", "–"]
    assert "… anger" in real.index
    assert "network lite-generator" in told_by(tmp_path)[0]
    assert "profile lite" in told_by(tmp_path)[1]


@pytest.fixture
def recording():
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
def test_the_picture_is_as_late_as_asked(recording, tmp_path, late):
    frames, samples = recording
    film = watch_crops(frames, samples, first=10, n_frames=20, late=late)
    path, levels = levels_of(film, tmp_path)
    assert film.embed and len(film.data) < 60_000
    expected = frames[10 - late : 30 - late].mean((1, 2, 3))
    np.testing.assert_allclose(levels, expected, atol=4)
    sound = load_audio(path)
    assert np.abs(sound[2000:10_000]).mean() > 0.2  # frames 10 to 30: the tone alone


def test_at_the_ends_the_picture_stands(recording, tmp_path):
    frames, samples = recording
    _, levels = levels_of(watch_crops(frames, samples, n_frames=10, late=4), tmp_path)
    np.testing.assert_allclose(levels[:5], frames[0].mean(), atol=4)
