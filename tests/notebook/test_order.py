"""What is asked for, at both ends of every control, and what is made of it."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import emolib.notebook
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import Cancelled, ConfigError, EmolibError
from emolib.generate.mixture import NEUTRAL
from emolib.media.verify import verify
from emolib.media.video import read_video
from emolib.notebook.cast import sample_faces, sample_voices
from emolib.notebook.order import (
    OWN,
    Order,
    blend,
    close_up,
    make_film,
    make_preview,
    make_six,
    one_emotion,
    slug,
    walk,
)

PURE = ("cast", "intake", "jobs", "looks", "order")


@pytest.fixture
def order(face, voice):
    return Order(face, voice, one_emotion("happiness"))


@pytest.mark.parametrize("module", PURE)
def test_what_widgets_stand_on_needs_no_widgets(module):
    source = (Path(emolib.notebook.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
        names.append(getattr(node, "module", None) or "")
        assert not [n for n in names if n.startswith(("ipywidgets", "anywidget", "IPython"))]
        lab = [n for n in names if n.startswith("emolib.notebook.")]
        assert all(n.split(".")[2] in (*PURE, "data") for n in lab)


def test_strength_from_end_to_end():
    assert one_emotion("HAP").weights.tolist() == np.eye(6)[3].tolist()
    none = one_emotion("HAP", 0)
    assert none.weights[NEUTRAL] == 1 and none.name == "happiness 0%"
    assert one_emotion("sad", 0.25).weights[[NEUTRAL, 5]].tolist() == [0.75, 0.25]
    assert one_emotion("neutral", 0.3).weights[NEUTRAL] == 1
    for strength in (-0.01, 1.01, float("nan")):
        with pytest.raises(ConfigError, match="strength"):
            one_emotion("HAP", strength)


def test_mixtures_of_any_size():
    assert blend({"HAP": 0.001}).weights[3] == 1
    even = blend(dict.fromkeys(EMOTIONS, 1.0))
    assert np.allclose(even.weights, 1 / 6) and even.name.count("17%") == 6
    assert blend({"HAP": 3, "SAD": 1, "ANG": 0}).name == "happiness 75% + sadness 25%"
    for shares in (dict.fromkeys(EMOTIONS, 0.0), {}, {"HAP": -1, "SAD": 2}, {"HAP": np.inf}):
        with pytest.raises(ConfigError, match="shares"):
            blend(shares)


def test_walks_of_any_length():
    with pytest.raises(ConfigError, match="no stations"):
        walk([])
    with pytest.raises(ConfigError, match="unknown emotion"):
        walk(["neutral", "hunger"])
    assert walk(["joy"]).weights.shape == (1, 6) and walk(["joy"]).stations == ("HAP",)
    there_and_back = walk(["neutral", "happiness", "neutral"], 0.5)
    assert there_and_back.weights[:, 3].tolist() == [0, 0.5, 0]
    assert there_and_back.name == "neutral → happiness → neutral"
    assert len(walk(EMOTIONS * 20).weights) == 120


def test_an_order_says_what_is_missing(order, silent_face):
    with pytest.raises(ConfigError, match="no face yet"):
        replace(order, face=None).check()
    with pytest.raises(ConfigError, match="no voice yet"):
        replace(order, voice=None).check()
    with pytest.raises(ConfigError, match="no sound of its own"):
        replace(order, face=silent_face, voice=OWN).check()
    with pytest.raises(ConfigError, match="fit"):
        replace(order, fit="stretch").request()
    assert replace(order, voice=OWN).request().audio is None


def test_a_preview_follows_the_feeling(talker, order):
    happy = make_preview(talker, order)
    assert happy.before.shape == happy.after.shape and happy.before.shape[2] == 3
    calm = make_preview(talker, replace(order, feeling=one_emotion("HAP", 0)))
    neutral = make_preview(talker, replace(order, feeling=one_emotion("neutral")))
    assert np.array_equal(calm.after, neutral.after) and not np.array_equal(calm.after, happy.after)
    walked = make_preview(talker, replace(order, feeling=walk(["SAD", "HAP"])))
    assert walked.after.shape == happy.after.shape
    with pytest.raises(EmolibError, match="face"):
        make_preview(talker, replace(order, face_index=7))


def test_a_film_is_new_labelled_and_counted(talker, order, tmp_path, spoken_face):
    told = []
    film = make_film(talker, order, tmp_path, lambda *step: told.append(step))
    assert film.path.name == f"{order.face.stem}_happiness.mp4" and film.seconds == 0.4
    assert told[-1] == ("frames", 10, 10) and told[0][0] == "faces"
    assert verify(film.path).state not in ("tampered", "unmarked")
    second = make_film(talker, replace(order, feeling=walk(["ANG", "FEA"])), tmp_path)
    again = make_film(talker, order, tmp_path)
    assert [second.path.name, again.path.name] == [
        f"{order.face.stem}_anger_fear.mp4",
        f"{order.face.stem}_happiness-2.mp4",
    ]
    own = make_film(talker, replace(order, face=spoken_face, voice=OWN), tmp_path)
    assert own.seconds == pytest.approx(0.6, abs=0.04)
    assert all(film.path.parent == tmp_path for film in (second, again, own))


@pytest.mark.parametrize("maker", [make_film, make_six])
def test_cancelled_or_wrong_leaves_nothing(talker, order, tmp_path, spoken_face, maker):
    with pytest.raises(Cancelled):
        maker(talker, order, tmp_path, cancel=lambda: True)
    stops = iter([False] * 16 + [True] * 99)  # the faces are found, the first batch is painted
    with pytest.raises(Cancelled):
        own = replace(order, face=spoken_face, voice=OWN)
        maker(talker, own, tmp_path, cancel=lambda: next(stops))
    with pytest.raises(EmolibError, match="face"):
        maker(talker, replace(order, face_index=7), tmp_path)
    assert not list(tmp_path.iterdir())


def test_six_side_by_side(talker, order, tmp_path):
    told = []
    film = make_six(talker, order, tmp_path, lambda *step: told.append(step))
    frames, info = read_video(film.path)
    assert frames.shape == (10, 532, 720, 3) and info.has_audio
    assert [step for step in told if step[0] == "frames"] == [("frames", 8, 10), ("frames", 10, 10)]
    cells = [frames[:, y : y + 200, x : x + 240] for y in (30, 296) for x in (0, 240, 480)]
    for n, cell in enumerate(cells):
        for other in cells[n + 1 :]:
            assert np.abs(cell.astype(int) - other).mean() > 0.1
    assert verify(film.path).state not in ("tampered", "unmarked")


def test_a_network_without_emotions_refuses_six(order, tmp_path, talker_of):
    plain = talker_of(emotion=None)
    with pytest.raises(ConfigError, match="knows no emotions"):
        make_six(plain, order, tmp_path / "out")
    assert make_preview(plain, order).after.size


@pytest.mark.parametrize(
    "box", [(10, 10, 50, 50), (-40, -40, 30, 30), (600, 300, 700, 420), (0, 0, 640, 360)]
)
def test_a_close_up_stays_inside(box):
    rows, columns = close_up(np.array(box, float), (360, 640, 3))
    assert 0 <= rows.start < rows.stop <= 360 and 0 <= columns.start < columns.stop <= 640
    assert rows.stop - rows.start == columns.stop - columns.start


def test_names_of_files():
    assert slug("happiness 40% → fear") == "happiness_40_fear"
    assert slug("…") == "" and len(slug("a" * 99)) == 60


def test_the_cast_is_there():
    assert len(sample_faces()) == 4 and len(sample_voices()) == 8
    assert all(role.path.is_file() and role.name for role in sample_faces() + sample_voices())
