"""Boxes and landmarks against the truth of rendered faces."""

import numpy as np
import pytest

from emolib.base.files import data_dir
from emolib.data.corpora import open_corpus
from emolib.media.faces import jitter_px, make_detector, track_faces
from emolib.media.video import read_frames

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
