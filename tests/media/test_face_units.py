"""Face units measured in pictures: MediaPipe's own answers, and what rendered faces really do."""

import numpy as np
import pytest
from face_scenes import HEAD, background, put_head

from emolib.media.mesh import N_UNITS, FaceUnits
from emolib.synthetic.expressions import recipe_units, sides
from emolib.synthetic.head import UNITS
from emolib.synthetic.people import Person, Stage

# What mediapipe 1.2.3 itself measures on the same picture with the same networks.
MEDIAPIPE = {
    **{"mouthSmileLeft": 0.89, "mouthSmileRight": 0.88, "mouthUpperUpLeft": 0.59},
    **{"mouthUpperUpRight": 0.58, "eyeSquintLeft": 0.41, "eyeSquintRight": 0.22},
    **{"mouthLowerDownRight": 0.10, "mouthPucker": 0.0, "browInnerUp": 0.0, "jawOpen": 0.0},
}


@pytest.fixture(scope="module")
def measure():
    return FaceUnits()


def test_a_real_smile_as_mediapipe_measures_it(measure):
    (weights,) = measure([HEAD])
    assert weights.shape == (N_UNITS,) == (len(UNITS),) and weights.dtype == np.float32
    for name, expected in MEDIAPIPE.items():
        assert weights[UNITS.index(name)] == pytest.approx(expected, abs=0.08), name


def test_units_that_a_rendered_face_moves_are_the_ones_measured(measure):
    stage = Stage(Person.from_seed(12), 480, 360)
    posed = ("jawOpen", "mouthSmile", "browInnerUp", "eyeBlink", "mouthPucker")
    weights = [np.zeros(len(UNITS))] + [recipe_units({name: 0.8}) for name in posed]
    frames = [stage.render(w.astype(np.float32), np.zeros(6, np.float32)) for w in weights]
    change = measure(frames)[1:] - measure(frames[:1])
    for name, row in zip(posed, change, strict=True):
        assert row[sides(name)].mean() > 0.2, name
        others = [change[k, sides(name)].mean() for k, n in enumerate(posed) if n != name]
        assert row[sides(name)].mean() > max(others) + 0.1, name


def test_left_is_the_persons_left(measure):
    stage = Stage(Person.from_seed(12), 480, 360)
    wink = recipe_units({"eyeBlinkLeft": 1.0}).astype(np.float32)
    (weights,) = measure([stage.render(wink, np.zeros(6, np.float32))])
    left, right = sides("eyeBlink")
    assert weights[left] > weights[right] + 0.2


def test_frames_without_a_face_are_rows_of_nan_and_the_face_is_found_again(measure):
    wall = background()
    face = put_head(wall, 160, 120, 110)
    moved = put_head(wall, 90, 120, 110)
    weights = measure([wall, face, wall, moved])
    assert np.isnan(weights).any(1).tolist() == [True, False, True, False]
    smile = weights[[1, 3]][:, sides("mouthSmile")]
    assert (smile > 0.6).all()
    assert measure([]).shape == (0, N_UNITS)
