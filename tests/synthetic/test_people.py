"""People: determined by their seed, distinct, and filmed with exact landmarks."""

import subprocess
import sys
import zlib

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.synthetic.head import UNITS, recipe_units
from emolib.synthetic.people import Person, Stage

STILL = np.zeros(6, np.float32)
REST = np.zeros(len(UNITS), np.float32)


def units(**amounts):
    return recipe_units(amounts).astype(np.float32)


def pose(yaw=0, pitch=0, roll=0, x=0, y=0, z=0):
    return np.array([yaw, pitch, roll, x, y, z], np.float32)


@pytest.fixture(scope="module")
def stage():
    return Stage(Person.from_seed(3))


def test_a_seed_is_a_person_and_people_use_the_demographic_words_and_vary():
    people = [Person.from_seed(s) for s in range(60)]
    assert people[5] == Person.from_seed(5) != people[6]
    assert {p.sex for p in people} == {"Male", "Female"}
    assert {p.race for p in people} == {"Caucasian", "African American", "Asian"}
    assert {p.ethnicity for p in people} <= {"Hispanic", "Not Hispanic"}
    assert all(20 <= p.age <= 74 for p in people)
    assert len({p.hair.style for p in people}) >= 7
    assert len({p.clothes.kind for p in people}) == 5
    assert any(p.hair.grey > 0.5 for p in people)
    assert all(p.skin.beard == "none" for p in people if p.sex == "Female")


def test_same_pixels_in_another_process(stage):
    weights, turned = units(jawOpen=0.4, browInnerUp=0.5), pose(yaw=0.2, x=0.03)
    code = (
        "import numpy as np, zlib; from emolib.synthetic.people import *; "
        f"w = np.array({weights.tolist()}, np.float32); "
        f"p = np.array({turned.tolist()}, np.float32); "
        "print(zlib.crc32(Stage(Person.from_seed(3)).render(w, p).tobytes()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    stage.render(units(mouthPucker=1), pose(yaw=-0.4))  # what came before leaves no trace
    assert int(run.stdout) == zlib.crc32(stage.render(weights, turned).tobytes())


def test_a_frame_shows_somebody_before_the_green_screen(stage):
    frame = stage.render(REST, STILL)
    assert frame.shape == (360, 480, 3) and frame.dtype == np.uint8
    corner = frame[5, 5].astype(int)
    assert corner[1] > corner[0] + 40 and corner[1] > corner[2] + 40
    face = frame[150:190, 220:260].reshape(-1, 3).mean(0)
    assert face[0] > face[1] > face[2]  # skin
    assert (frame[300:, 200:280].std() < 90) and frame[320, 240, 1] < 200


def test_the_face_fills_the_share_of_the_frame_that_it_should(stage):
    points = stage.landmarks(REST, STILL)
    assert points.shape == (68, 2) and points.dtype == np.float32
    brows_to_chin = points[8, 1] - points[17:27, 1].mean()
    assert 0.24 * 360 < brows_to_chin < 0.40 * 360
    eyes = points[36:48].mean(0)
    assert abs(eyes[0] - 240) < 12 and abs(eyes[1] - 0.44 * 360) < 14


def test_landmarks_go_where_the_pose_says(stage):
    rest = stage.landmarks(REST, STILL)
    assert (stage.landmarks(REST, pose(x=0.1)) - rest)[:, 0].min() > 10
    assert (stage.landmarks(REST, pose(y=0.1)) - rest)[:, 1].max() < -10
    assert stage.landmarks(REST, pose(yaw=0.3))[30, 0] > rest[30, 0] + 5
    assert stage.landmarks(REST, pose(pitch=0.3))[30, 1] < rest[30, 1] - 5
    tilted = stage.landmarks(REST, pose(roll=0.3))
    assert tilted[45, 1] > tilted[36, 1] + 5  # clockwise: the right eye goes down
    near = stage.landmarks(REST, pose(z=0.5))
    assert np.ptp(near[:, 0]) > np.ptp(rest[:, 0]) * 1.03


def test_pictures_agree_with_landmarks(stage):
    """An open mouth is dark or toothed between the inner lips, and only there."""
    weights = units(jawOpen=0.6)
    points = stage.landmarks(weights, STILL)
    before, after = (stage.render(w, STILL).astype(int) for w in (REST, weights))
    inside = points[[62, 66]].mean(0).astype(int)
    change = np.abs(after - before).sum(2)
    assert change[inside[1] - 2 : inside[1] + 3, inside[0] - 4 : inside[0] + 5].mean() > 60
    assert change[: int(points[19, 1]) - 12].max() < 12  # the forehead stands still


def test_lips_meet_at_rest_and_lids_meet_in_a_blink():
    for seed in (1, 2, 4):
        stage = Stage(Person.from_seed(seed), 96, 72)
        rest = stage.landmarks(REST, STILL)
        assert abs(rest[66, 1] - rest[62, 1]) < 0.6
        shut = stage.landmarks(units(eyeBlink=1), STILL)
        for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
            wide = rest[lower, 1] - rest[upper, 1]
            assert shut[lower, 1] - shut[upper, 1] < 0.3 * wide + 0.1


def test_eyes_are_open_as_real_ones_are_and_a_scowl_does_not_shut_them():
    """Seeds of small and of narrow eyes among them."""
    scowl = units(eyeSquint=1, cheekSquint=1, noseSneer=1, browDown=1)
    for seed in (400, 401, 408, 431):
        stage = Stage(Person.from_seed(seed), 480, 360)
        calm, hard = stage.landmarks(REST, STILL), stage.landmarks(scowl, STILL)
        for corners, pairs in _LIDS:
            width = np.ptp(calm[list(corners), 0])
            gap, left = (
                np.mean([points[low, 1] - points[up, 1] for up, low in pairs])
                for points in (calm, hard)
            )
            assert 0.23 < gap / width < 0.37
            assert left > 0.15 * gap


_ROOM = ("background", "light", "camera")
_LIDS = (((36, 39), ((37, 41), (38, 40))), ((42, 45), ((43, 47), (44, 46))))


def test_gaze_turns_the_eyeballs(stage):
    ahead = stage.render(REST, STILL).astype(int)
    aside = stage.render(units(eyeLookOutLeft=1, eyeLookInRight=1), STILL).astype(int)
    points = stage.landmarks(REST, STILL)
    for corners in ((36, 39), (42, 45)):
        (x0, y0), (x1, _) = points[list(corners)].astype(int)
        eye = (slice(y0 - 3, y0 + 4), slice(x0, x1 + 1))
        dark = lambda frame, eye=eye: (255 * 3 - frame[eye].sum(2)).clip(0).astype(float)  # noqa: E731
        middle = lambda d: (d.sum(0) * np.arange(d.shape[1])).sum() / d.sum()  # noqa: E731
        assert middle(dark(aside)) > middle(dark(ahead)) + 0.3


def test_two_people_look_different_and_backgrounds_can_vary(stage):
    other, again = (Stage(Person.from_seed(4), randomise=_ROOM) for _ in range(2))
    frame = other.render(REST, STILL)
    assert (frame == again.render(REST, STILL)).all()
    assert np.abs(frame.astype(int) - stage.render(REST, STILL)).mean() > 10


def test_other_sizes_and_nonsense(stage):
    for width, height in ((96, 96), (64, 160)):
        frame = Stage(Person.from_seed(3), width, height).render(REST, STILL)
        assert frame.shape == (height, width, 3)
    with pytest.raises(ConfigError, match="shapes"):
        stage.render(np.zeros(51, np.float32), STILL)
    with pytest.raises(ConfigError, match="not numbers"):
        stage.render(np.full(52, np.nan, np.float32), STILL)
    with pytest.raises(ConfigError, match="32 to 4096"):
        Stage(Person.from_seed(0), 8, 8)
