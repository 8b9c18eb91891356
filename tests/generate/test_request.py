"""What is asked for is checked before anything is opened."""

import json
from pathlib import Path

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.generate.order import Order, SpokenText


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"fit": "stretch"}, "loop, trim, hold"),
        ({"on_missing": "skip"}, "pass, error, hold"),
        ({"face_index": -1}, "0 or more"),
        ({"box": (1, 2, 3)}, "x y width height"),
        ({"max_seconds": 0}, "above 0"),
        ({"max_seconds": float("nan")}, "above 0"),
        ({"emotion": "hapy"}, "did you mean 'happiness'"),
        ({"emotion": "sad", "strength": 2}, "0 .neutral. to 1"),
        ({"emotion": "sad", "mixture": {"sad": 1}}, "exactly one"),
        ({"mixture": np.ones((2, 5))}, r"\(6,\)"),
    ],
)
def test_mistakes_need_no_file(options, says):
    with pytest.raises(ConfigError, match=says):
        Order("no such film.mp4", "no such sound.wav", **options)


def test_options_that_do_not_exist_are_named():
    with pytest.raises(TypeError, match="fitt"):
        Order("film.mp4", fitt="loop")


def test_frames_need_a_sound_and_videos_bring_one():
    with pytest.raises(ConfigError, match="pass the audio"):
        Order(np.zeros((2, 8, 8, 3), np.uint8))
    asked = Order("film.mp4", emotion="joy")
    assert asked.sound == "film.mp4"
    assert asked.files == (Path("film.mp4"),)
    assert asked.weights == pytest.approx([0, 0, 0, 1, 0, 0])


def test_an_emotion_may_be_left_out_where_none_is_known():
    asked = Order("film.mp4")
    assert not asked.labelled
    with pytest.raises(ConfigError, match="exactly one"):
        _ = asked.weights


@pytest.mark.parametrize(
    "order",
    [
        Order("a.mp4", "b.wav", "HAP", strength=0.5, max_picture_px=320, remember=False),
        Order(Path("a.mp4"), None, mixture={"HAP": 1, "SAD": 2}, box=[1, 2, 3, 4]),
        Order("a.png", SpokenText("Hello", "de", "male"), mixture=np.eye(6)[[0, 3]], fit="hold"),
        Order("a.png", "b.wav", mixture=["neutral", "joy"]),
    ],
)
def test_an_order_of_files_comes_back_from_json(order):
    again = Order.from_json(json.loads(json.dumps(order.as_json())))
    assert again.files == order.files
    assert (again.weights == order.weights).all()
    for name in ("strength", "box", "fit", "max_picture_px", "remember"):
        assert getattr(again, name) == getattr(order, name)
    assert isinstance(again.audio, SpokenText) == isinstance(order.audio, SpokenText)
