"""Expression, mouth detail and mouth colour against the same person's own."""

import cv2
import numpy as np
import pytest

from emolib.base.errors import FaceError
from emolib.evaluation.real_video import FaceLook, look_at_face, mouth_against_own
from emolib.media.mesh import FaceUnits
from emolib.models.face_nets import ExpressionNet
from emolib.synthetic.head import recipe_units, sides
from emolib.synthetic.people import Person, Stage


@pytest.fixture(scope="module")
def look():
    measure = FaceUnits()
    return lambda frames: look_at_face(np.stack(frames), measure)


@pytest.fixture(scope="module")
def against():
    net = ExpressionNet.load()
    return lambda made, own: mouth_against_own(made, own, net.feature_maps)


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


@pytest.fixture(scope="module")
def smile(filmed, look):
    return look(filmed[1])


def test_the_change_is_the_units_that_were_moved(filmed, look, smile):
    change = smile.change_from(look(filmed[0]))
    assert change.shape == (52,)
    assert change[sides("mouthSmile")].mean() > 0.3
    assert abs(change[sides("eyeBlink")]).max() < 0.15
    assert abs(smile.change_from(smile)).max() == 0


def test_a_blurred_mouth_has_less_detail_and_the_same_colour(filmed, look, against, smile):
    found = {
        sigma: against(look([cv2.GaussianBlur(f, (0, 0), sigma) for f in filmed[1]]), smile)
        for sigma in (0.8, 2.0)
    }
    assert found[2.0]["mouth_detail"] < found[0.8]["mouth_detail"] < 0.9
    assert found[2.0]["mouth_ssim"] < found[0.8]["mouth_ssim"] < 1
    assert found[2.0]["mouth_psnr_db"] < found[0.8]["mouth_psnr_db"] < 60
    assert found[2.0]["mouth_perceptual"] > found[0.8]["mouth_perceptual"] > 0.01
    assert found[2.0]["mouth_colour"] < 1
    own = against(smile, smile)
    assert own["mouth_detail"] == own["mouth_ssim"] == 1
    assert own["mouth_a"] == own["mouth_b"] == own["mouth_colour"] == own["mouth_perceptual"] == 0


def test_a_bluish_mouth_is_told_by_b_alone(filmed, look, against, smile):
    lab = [cv2.cvtColor(f.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for f in filmed[1]]
    blue = [cv2.cvtColor(p - np.float32([0, 0, 6]), cv2.COLOR_LAB2RGB).clip(0, 1) for p in lab]
    found = against(look([(p * 255).round().astype(np.uint8) for p in blue]), smile)
    assert found["mouth_b"] == pytest.approx(-6, abs=1)
    assert abs(found["mouth_a"]) < 1
    assert found["mouth_colour"] == pytest.approx(6, abs=1)


def test_size_and_tilt_of_the_picture_do_not_matter(filmed, look, against, smile):
    turn = cv2.getRotationMatrix2D((180, 135), 12, 0.98)
    how = cv2.INTER_CUBIC
    turned = look([cv2.warpAffine(f, turn, (360, 270), flags=how) for f in filmed[1]])
    found = against(turned, smile)
    assert found["mouth_detail"] == pytest.approx(1, abs=0.2)
    assert found["mouth_colour"] < 1.5
    assert found["mouth_ssim"] > 0.9


def test_clips_without_a_face_are_refused_and_frames_without_one_left_out(filmed, look, against):
    wall = np.full_like(filmed[0][0], 120)
    with pytest.raises(FaceError, match="0 of 3"):
        look([wall] * 3)
    some = look([*filmed[1][:2], wall])
    assert some.seen.tolist() == [True, True, False]
    own = look(filmed[1][:3])
    assert against(some, own)["mouth_ssim"] == 1
    gone = FaceLook(own.units, own.mouths, np.full_like(own.colour, np.nan))
    with pytest.raises(FaceError, match="no frame shows both"):
        against(gone, own)
