"""Face units measured in pictures: MediaPipe's own answers, and what rendered faces really do."""

import numpy as np
import pytest
from face_scenes import HEAD, background, put_head

from emolib.base.files import data_dir
from emolib.data.corpora import open_corpus
from emolib.media.faces import jitter_px, make_detector, track_faces
from emolib.media.mesh import N_UNITS, FaceUnits
from emolib.media.video import read_frames
from emolib.synthetic.head import UNITS, recipe_units, sides
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
    weights = [recipe_units(r) for r in ({}, {"eyeBlinkLeft": 1.0}, *({n: 0.8} for n in posed))]
    frames = [stage.render(w.astype(np.float32), np.zeros(6, np.float32)) for w in weights]
    rest, wink, *measured = measure(frames)
    left, right = sides("eyeBlink")
    assert wink[left] > wink[right] + 0.2  # left is the person's left
    change = np.array(measured) - rest
    for name, row in zip(posed, change, strict=True):
        assert row[sides(name)].mean() > 0.2, name
        others = [change[k, sides(name)].mean() for k, n in enumerate(posed) if n != name]
        assert row[sides(name)].mean() > max(others) + 0.1, name


def test_frames_without_a_face_are_rows_of_nan_and_the_face_is_found_again(measure):
    wall = background()
    weights = measure([wall, put_head(wall, 160, 120, 110), wall, put_head(wall, 90, 120, 110)])
    assert np.isnan(weights).any(1).tolist() == [True, False, True, False]
    smile = weights[[1, 3]][:, sides("mouthSmile")]
    assert (smile > 0.6).all()
    assert measure([]).shape == (0, N_UNITS)


BONES = [27, 28, 29, 30, 36, 39, 42, 45]


@pytest.fixture(scope="module")
def followed():
    """A track of the sample's first clip, and the true landmarks (N, 68, 2)."""
    clip = open_corpus(data_dir() / "sample").clips()[0]
    track = track_faces(read_frames(clip.video), make_detector(), keep_landmarks=True)
    truth = np.load(clip.truth)["landmarks"].astype(np.float64)
    return track, truth[: len(track)]


def test_the_box_moves_with_the_skull_and_with_nothing_else(followed):
    track, truth = followed
    head = truth[:, BONES].mean(axis=1)
    off = track.poses[: len(truth), :2] - head
    off -= off.mean(axis=0)
    size = track.poses[:, 2].mean()
    assert np.sqrt((off**2).mean()) < 0.008 * size
    assert jitter_px(off) < 0.003 * size


def test_landmarks_lie_on_the_face(followed):
    track, truth = followed
    mesh, ibug = [33, 133, 362, 263, 61, 291, 13, 14], [36, 39, 42, 45, 48, 54, 62, 66]
    off = np.linalg.norm(track.landmarks[: len(truth), mesh, :2] - truth[:, ibug], axis=2)
    assert off.mean() < 0.04 * track.poses[:, 2].mean()


def test_the_mouth_does_not_move_the_box(followed):
    track, truth = followed
    head, opening = truth[:, BONES].mean(axis=1), truth[:, 66, 1] - truth[:, 62, 1]
    off = track.poses[: len(truth), 1] - head[:, 1]
    leak = np.polyfit(opening, off, 1)[0]  # pixels of box for a pixel of mouth
    assert abs(leak) < 0.1
