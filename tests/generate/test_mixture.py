"""Emotions as six weights, and which picture is shown when."""

import json
from pathlib import Path

import numpy as np
import pytest

from emolib.base.emotions import EMOTIONS, NAMES
from emolib.base.errors import ConfigError
from emolib.generate.order import (
    Order,
    SpokenText,
    emotion_weights,
    mixture_name,
    parse_mixture,
    shares_by_code,
    weights_per_frame,
)
from emolib.generate.schedule import describe_fit, fit_frames


@pytest.mark.parametrize("index", range(6))
def test_a_name_is_one_hot_and_strength_walks_to_neutral(index):
    name, neutral = NAMES[EMOTIONS[index]], np.eye(6)[EMOTIONS.index("NEU")]
    assert emotion_weights(name) == pytest.approx(np.eye(6)[index])
    assert emotion_weights(name.upper(), 0.0) == pytest.approx(neutral)
    assert emotion_weights(name, 0.25) == pytest.approx(0.25 * np.eye(6)[index] + 0.75 * neutral)


def test_mixtures_are_scaled_to_one():
    given = emotion_weights(mixture={"joy": 3, "SAD": 1})
    assert given[EMOTIONS.index("HAP")] == pytest.approx(0.75)
    assert given.sum() == pytest.approx(1)
    same = emotion_weights(mixture=np.array([0, 0, 0, 3, 0, 1.0]))
    assert same == pytest.approx(given)
    assert emotion_weights(mixture=parse_mixture("happy=3, sad=1")) == pytest.approx(given)
    assert shares_by_code(given) == {"HAP": 0.75, "SAD": 0.25}
    with pytest.raises(ConfigError, match=r"happiness=0\.7"):
        parse_mixture("happiness:0.7")


def test_a_walk_passes_its_stations():
    stations = np.eye(6)[[0, 3, 5]]
    walk = weights_per_frame(emotion_weights(mixture=stations), 5)
    assert walk.shape == (5, 6)
    assert walk[[0, 2, 4]] == pytest.approx(stations)
    assert walk[1] == pytest.approx((stations[0] + stations[1]) / 2)
    assert walk.sum(axis=1) == pytest.approx(1)
    named = emotion_weights(mixture=["anger", "HAP", "sad"])
    assert (named == stations).all()
    assert emotion_weights(mixture=["neutral", "joy"], strength=0.5)[1, 3] == 0.5
    assert weights_per_frame(emotion_weights("sad"), 3) == pytest.approx(np.eye(6)[[5, 5, 5]])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"emotion": "joyfull"}, "did you mean 'happiness'"),
        ({"emotion": 7}, "does not exist"),
        ({"emotion": "sad", "strength": 1.2}, "0 .neutral. to 1"),
        ({"emotion": "sad", "strength": float("nan")}, "strength is nan"),
        ({"emotion": "sad", "mixture": {"sad": 1}}, "exactly one"),
        ({"mixture": {"sad": -1, "joy": 2}}, "0 or more"),
        ({"mixture": {"sad": 0}}, "not all 0"),
        ({"mixture": np.ones(5)}, r"\(6,\)"),
        ({"mixture": np.ones((2, 5))}, r"\(6,\)"),
        ({"mixture": np.full(6, np.inf)}, "0 or more"),
        ({"mixture": []}, "no stations"),
        ({"mixture": {}}, "not all 0"),
        ({"mixture": ["neutral", "hunger"]}, "unknown emotion"),
        ({"fit": "stretch"}, "loop, trim, hold"),
        ({"on_missing": "skip"}, "pass, error, hold"),
        ({"face_index": -1}, "0 or more"),
        ({"box": (1, 2, 3)}, "x y width height"),
        ({"max_seconds": 0}, "above 0"),
        ({"max_seconds": float("nan")}, "above 0"),
    ],
)
def test_mistakes_need_no_file(options, says):
    with pytest.raises(ConfigError, match=says):
        Order("no such film.mp4", "no such sound.wav", **options)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"emotion": "joy"}, "happiness"),
        ({"emotion": "sad", "strength": 0.25}, "neutral 75% + sadness 25%"),
        ({"mixture": {"HAP": 3, "SAD": 1, "ANG": 0}}, "happiness 75% + sadness 25%"),
        ({"mixture": ["neutral", "joy", "neutral"]}, "neutral → happiness → neutral"),
    ],
)
def test_an_emotion_in_words(asked, name):
    assert mixture_name(emotion_weights(**asked)) == name


def test_a_loop_runs_back_and_forth_without_a_jump():
    plan = fit_frames(4, 12, "loop")
    assert plan.tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]
    for n_source in (2, 3, 7):
        steps = np.diff(fit_frames(n_source, 40, "loop"))
        assert set(steps) == {-1, 1}


def test_hold_trim_stills_and_longer_videos():
    assert fit_frames(3, 6, "hold").tolist() == [0, 1, 2, 2, 2, 2]
    assert fit_frames(3, 6, "trim").tolist() == [0, 1, 2]
    for fit in ("loop", "hold"):
        assert fit_frames(1, 3, fit).tolist() == [0, 0, 0]
        assert fit_frames(9, 3, fit).tolist() == [0, 1, 2]
    with pytest.raises(ConfigError, match="loop, trim, hold"):
        fit_frames(3, 6, "stretch")


def test_what_was_done_is_said():
    assert describe_fit(1, 9, "loop").startswith("a still picture")
    assert "runs back and forth" in describe_fit(25, 50, "loop")
    assert "2.00 s, the video 1.00 s" in describe_fit(25, 50, "hold")
    assert "longer than the sound" in describe_fit(50, 25, "loop")
    assert describe_fit(25, 25, "loop") == ""


def test_frames_need_a_sound_and_videos_bring_one():
    with pytest.raises(ConfigError, match="pass the audio"):
        Order(np.zeros((2, 8, 8, 3), np.uint8))
    asked = Order("film.mp4", emotion="joy")
    assert asked.sound == "film.mp4"
    assert asked.files == (Path("film.mp4"),)
    assert asked.weights == pytest.approx([0, 0, 0, 1, 0, 0])
    with pytest.raises(ConfigError, match="exactly one"):
        _ = Order("film.mp4").weights  # a network without emotions needs none


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
