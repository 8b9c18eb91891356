"""Expression, mouth detail and mouth colour against the same person's own."""

import cv2
import numpy as np
import pytest

from emolib.base.errors import ConfigError, FaceError
from emolib.evaluation.real_video import (
    look_at_mouth,
    mouth_against_own,
    over_people,
    unit_change,
)
from emolib.media.mesh import FaceUnits
from emolib.synthetic.expressions import recipe_units, sides
from emolib.synthetic.people import Person, Stage


@pytest.fixture(scope="module")
def filmed():
    """Four calm and four smiling frames of one rendered person."""
    stage = Stage(Person.from_seed(12), 360, 270)
    smile = recipe_units({"mouthSmile": 0.7, "jawOpen": 0.15})
    return [
        [
            stage.render((w + recipe_units({"jawOpen": 0.02 * k})).astype(np.float32), np.zeros(6))
            for k in range(4)
        ]
        for w in (np.zeros(52), smile)
    ]


def test_the_change_is_the_units_that_were_moved(filmed):
    calm, smiling = filmed
    change = unit_change(FaceUnits(), smiling, calm)
    assert change.shape == (52,)
    assert change[sides("mouthSmile")].mean() > 0.3
    assert abs(change[sides("eyeBlink")]).max() < 0.15
    assert abs(unit_change(FaceUnits(), calm, calm)).max() == 0


def test_a_blurred_mouth_has_less_detail_and_the_same_colour(filmed):
    _, smiling = filmed
    own = look_at_mouth(smiling)
    soft = look_at_mouth([cv2.GaussianBlur(f, (0, 0), 1.5) for f in smiling])
    against = mouth_against_own(soft, own)
    assert against["detail"] < 0.8
    assert abs(against["a"]) < 1 and abs(against["b"]) < 1
    assert mouth_against_own(own, own) == {"detail": 1, "a": 0, "b": 0}


def test_a_bluish_mouth_is_told_by_b_alone(filmed):
    _, smiling = filmed
    lab = [cv2.cvtColor(f.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for f in smiling]
    blue = [cv2.cvtColor(p - np.float32([0, 0, 6]), cv2.COLOR_LAB2RGB).clip(0, 1) for p in lab]
    against = mouth_against_own(
        look_at_mouth([(p * 255).round().astype(np.uint8) for p in blue]), look_at_mouth(smiling)
    )
    assert against["b"] == pytest.approx(-6, abs=1)
    assert abs(against["a"]) < 1


def test_size_and_tilt_of_the_picture_do_not_matter(filmed):
    _, smiling = filmed
    own = look_at_mouth(smiling)
    turn = cv2.getRotationMatrix2D((180, 135), 12, 0.98)
    how = cv2.INTER_CUBIC
    turned = look_at_mouth([cv2.warpAffine(f, turn, (360, 270), flags=how) for f in smiling])
    assert mouth_against_own(turned, own)["detail"] == pytest.approx(1, abs=0.2)
    assert turned.a == pytest.approx(own.a, abs=1.5)


def test_clips_without_a_face_are_refused(filmed):
    wall = [np.full((90, 120, 3), 120, np.uint8)] * 3
    with pytest.raises(FaceError, match="0 of 3"):
        look_at_mouth(wall)
    with pytest.raises(FaceError, match="0 of 3"):
        unit_change(FaceUnits(), filmed[0], wall)
    with pytest.raises(FaceError):
        look_at_mouth([])


def test_intervals_are_over_people():
    rows = {"a": [{"detail": 0.8}, {"detail": 0.9}], "b": [{"detail": 1.0}], "c": [{"detail": 0.9}]}
    told = over_people(rows)["detail"]
    assert told.mean == pytest.approx(0.9) and (told.n, told.actors) == (4, 3)
    assert told.low < 0.9 < told.high
    with pytest.raises(ConfigError, match="0 clips"):
        over_people({})
    with pytest.raises(ConfigError, match="2 sets"):
        over_people({"a": [{"detail": 1.0}], "b": [{"b": 1.0}]})
