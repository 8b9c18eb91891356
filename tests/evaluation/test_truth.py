"""Against known truth: geometry by hand, and the instrument's reading of a real crop."""

import cv2
import numpy as np
import pytest
from skimage import data
from small_world import face68

from emolib.base.errors import ConfigError, DatasetError, MediaError
from emolib.evaluation import truth
from emolib.evaluation.landmarks import FaceMotion, motion_of_frames, motion_of_points
from emolib.media.faces import FaceMesh, crop_face
from emolib.synthetic.visemes import VISEMES


def test_openings_do_not_depend_on_roll_and_size():
    clip = np.stack([face68(), face68(roll=0.5), face68(scale=3.0), face68(lips=20, lids=3)])
    motion = motion_of_points(clip)
    np.testing.assert_allclose(motion.lips, [0.1, 0.1, 0.1, 0.2])
    np.testing.assert_allclose(motion.eyes, [1, 1, 1, 0.5])
    passed = np.stack([face68()] * 9 + [face68(lids=-4)])  # lids that pass each other are shut
    assert motion_of_points(passed).eyes[-1] == 0


def write_truth(path, fps=30.0, lips=(10.0,) * 60, viseme=(12,) * 60):
    landmarks = np.stack([face68(lips=gap) for gap in lips]).astype(np.float32)
    np.savez(path, landmarks=landmarks, viseme=np.array(viseme, np.uint8), fps=np.float64(fps))


def test_truth_is_read_at_the_frames_on_screen(tmp_path):
    write_truth(tmp_path / "a.npz", viseme=range(60))
    loaded = truth.load_truth(tmp_path / "a.npz")
    assert len(loaded) == 50
    # the middle of frame k at 25/s is (k + ½) / 25 s: corpus frame ⌊1.2 k + 0.6⌋
    assert loaded.viseme[:7].tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert truth.load_truth(tmp_path / "a.npz", n_frames=52).viseme[-1] == 59
    write_truth(tmp_path / "b.npz", fps=25.0, viseme=range(60))
    assert truth.load_truth(tmp_path / "b.npz").viseme.tolist() == [*range(60)]


def test_truth_that_is_none_is_named(tmp_path):
    with pytest.raises(DatasetError, match="only synthetic"):
        truth.load_truth(tmp_path / "absent.npz")
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(DatasetError, match=r"other\.npz"):
        truth.load_truth(tmp_path / "other.npz")
    for broken in (b"no archive", b"", b"PK\x03\x04" + bytes(40)):
        (tmp_path / "broken.npz").write_bytes(broken)
        with pytest.raises(DatasetError, match=r"broken\.npz"):
            truth.load_truth(tmp_path / "broken.npz")


def motion(lips, eyes=None, x=0.5, roll=0.0):
    lips = np.asarray(lips, float)
    eyes = np.ones(len(lips)) if eyes is None else np.asarray(eyes, float)
    pose = np.tile([x, 0.5, 1.0, roll], (len(lips), 1))
    return FaceMotion(lips, eyes, pose)


def known(lips, viseme=None, eyes=None):
    n = len(lips)
    return truth.Truth(motion(lips, eyes), np.full(n, 12) if viseme is None else np.array(viseme))


def test_lip_error_counts_gap_course_and_closures():
    true_lips = [0.2, 0.1, 0.0, 0.1, 0.2, 0.0, 0.1, 0.2]
    viseme = [12, 12, 1, 12, 12, 1, 12, 12]
    measured = motion(np.array(true_lips) * 0.5)  # the instrument sees half
    same = truth.lip_error(measured, measured, known(true_lips, viseme))
    assert same == truth.LipError(0.0, pytest.approx(1.0), 2, 2)
    late = measured.lips.copy()
    late[5:8] = 0.1  # the second closure does not happen, nor a frame beside it
    late[4] = 0.1
    one = truth.lip_error(motion(late), measured, known(true_lips, viseme))
    assert (one.closures, one.closures_kept) == (2, 1)
    assert one.opening == pytest.approx((0.1 + 0.05) / 8)
    still = truth.lip_error(motion([0.05] * 8), measured, known(true_lips, viseme))
    assert still.correlation == 0
    silent = truth.lip_error(measured, measured, known([0.0] * 8))
    assert np.isnan(silent.correlation)
    with pytest.raises(ConfigError, match="one length"):
        truth.lip_error(motion([0.1]), measured, known(true_lips))


def test_a_closure_one_frame_off_counts_and_two_frames_off_does_not():
    lips = np.full(11, 0.2)
    lips[5] = 0.0
    viseme = np.where(np.arange(11) == 5, 1, 12)
    for shift, kept in ((-1, 1), (1, 1), (2, 0), (-2, 0)):
        error = truth.lip_error(motion(np.roll(lips, shift)), motion(lips), known(lips, viseme))
        assert error.closures_kept == kept
    assert VISEMES[truth.BILABIAL] == "p b m"


def test_transfer_by_hand():
    source, target = np.zeros((2, 3)), np.zeros((2, 3))
    target[0, 0] = 4.0
    half, beside = source.copy(), source.copy()
    half[0, 0] = 2.0
    beside[1, 1] = 3.0
    assert truth.transfer(target, target, source) == truth.Transfer(0, 1)
    assert truth.transfer(source, target, source) == truth.Transfer(1, 0)
    assert truth.transfer(half, target, source) == truth.Transfer(0.5, 0.5)
    assert truth.transfer(beside, target, source) == truth.Transfer(1.25, 0)  # 3-4-5 triangle
    with pytest.raises(ConfigError, match="the same"):
        truth.transfer(half, source, source)
    source, target = np.full((1, 4, 4, 3), 250, np.uint8), np.full((1, 4, 4, 3), 5, np.uint8)
    assert truth.transfer(source, target, source) == truth.Transfer(1, 0)  # bytes do not wrap


def test_a_pose_that_stays_and_one_that_does_not():
    measured = motion([0.1, 0.2] * 10)
    kept = truth.preservation(measured, measured)
    assert kept == {"pose_centre": 0, "pose_size": 0, "pose_roll_deg": 0}
    moved = truth.preservation(motion([0.1] * 20, x=0.53, roll=np.radians(4)), measured)
    assert moved["pose_centre"] == pytest.approx(0.03)
    assert moved["pose_roll_deg"] == pytest.approx(4)
    with pytest.raises(ConfigError, match="no pose"):
        truth.preservation(FaceMotion(np.ones(20), np.ones(20)), measured)


def winks(lids, sclera=220):
    """Frames of two drawn eyes that are this far open, and their corners; they drift by a pixel."""
    frames, corners = [], []
    for t, lid in enumerate(lids):
        frame = np.full((96, 96, 3), 150, np.uint8)
        drift = t % 2
        for x in (20, 60):
            x, y, half = x + drift, 40, round(5 * lid)
            cv2.ellipse(frame, (x + 8, y), (8, max(half, 1)), 0, 0, 360, (sclera,) * 3, -1)
            cv2.circle(frame, (x + 8, y), min(half, 4), (30, 30, 30), -1)
        frames.append(frame)
        corners.append([[[x + drift, 40], [x + drift + 16, 40]] for x in (20, 60)])
    return np.stack(frames), np.array(corners, float)


def test_blinks_are_read_against_the_persons_own_open_and_shut_eye():
    lids = np.ones(20)
    lids[7:12] = 0.6, 0.1, 0.0, 0.1, 0.6
    frames, corners = winks(lids)
    true = known([0.1] * 20, eyes=lids)
    own = truth.blinks(frames, frames, corners, true)
    assert own["blink_depth"] == pytest.approx(1, abs=0.1)
    assert own["eye_correlation"] > 0.95
    stare = truth.blinks(winks(np.ones(20))[0], frames, corners, true)
    assert abs(stare["blink_depth"]) < 0.1
    half = truth.blinks(winks(0.6 * lids)[0], frames, corners, true)  # narrow eyes shut as well
    assert 0.2 < half["blink_depth"] < 0.8
    assert half["eye_correlation"] > 0.8
    early = truth.blinks(winks(np.roll(lids, -5))[0], frames, corners, true)
    assert early["blink_depth"] < 0.1
    assert truth.blinks(frames, frames, corners, known([0.1] * 20)) == {}
    with pytest.raises(ConfigError, match="corners"):
        truth.blinks(frames, frames, corners[:, :1], true)


@pytest.fixture(scope="module")
def astronaut():
    """A real face, cropped to the standard square of 96 px; her eyes lie in rows 24 to 38."""
    return crop_face(data.astronaut(), np.array([161.7, 62.0, 285.2, 185.5]), 96)


def test_the_mesh_reads_a_real_face_and_refuses_a_wall(astronaut):
    seen = motion_of_frames(np.stack([astronaut] * 4), FaceMesh())
    assert np.ptp(seen.lips) == 0
    assert seen.pose.shape == (4, 4)
    assert seen.eyes is None
    right, left = seen.corners[0]  # her right eye is left on the screen
    assert right[0, 0] < right[1, 0] < left[0, 0] < left[1, 0]
    assert ((seen.corners[0, ..., 1] > 24) & (seen.corners[0, ..., 1] < 38)).all()
    with pytest.raises(MediaError, match="no face in 3 of 3"):
        motion_of_frames(np.full((3, 96, 96, 3), 90, np.uint8), FaceMesh())
