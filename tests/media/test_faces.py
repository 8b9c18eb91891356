"""Faces: found, followed, lost and found again, in clips whose truth is known."""

import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from face_scenes import background, clip_of, put_head

from emolib.base.errors import ConfigError, FaceError, MediaError, MultiFaceError, SmallFaceError
from emolib.media.detect import BlazeFaceDetector, make_detector
from emolib.media.face import Face, fill_gaps, iou, jitter_px, runs, smooth_centred, without_nested
from emolib.media.faces import track_faces
from emolib.media.mesh import RIGID, FaceMesh, pose_of_landmarks, roi_of_face

STILL = (160.0, 120.0, 110.0)


@pytest.fixture(scope="module")
def blazeface() -> BlazeFaceDetector:
    return BlazeFaceDetector()


def places(n: int, dx: float = 0.0, start=STILL) -> list:
    return [(start[0] + dx * i, start[1], start[2]) for i in range(n)]


# one picture


def test_a_face_is_found_in_its_standard_square_and_none_in_a_wall(blazeface):
    face = blazeface.detect(put_head(background(), *STILL))[0]
    truth = np.array([[160 - 55, 120 - 55, 160 + 55, 120 + 55]], dtype=np.float64)
    assert iou(face.box.astype(np.float64), truth)[0] > 0.6
    assert 0.5 < face.score <= 1
    assert blazeface.detect(background()) == []


def test_small_and_large_faces_are_found_the_smallest_in_a_tile(blazeface):
    for size in (40, 60, 150, 230):
        faces = blazeface.detect(put_head(background(360, 480), 240, 180, size))
        assert [face.size_px for face in faces] == [pytest.approx(size, rel=0.2)]
    frame = put_head(background(1080, 720), 500, 300, 56)
    assert [f.size_px for f in blazeface.detect(frame)] == [pytest.approx(56, rel=0.25)]


def test_a_box_around_a_better_box_is_dropped_and_unknown_detectors_are_refused():
    spans = (10, 20), (0, 40), (50, 60)
    faces = [Face(np.float32([a, a, b, b]), 0.9, np.zeros((0, 2))) for a, b in spans]
    assert without_nested(faces) == faces[::2]
    assert make_detector("auto").name == make_detector("blazeface").name == "blazeface"
    with pytest.raises(ConfigError, match="auto or blazeface"):
        make_detector("haar")


def test_threads_do_not_disturb_each_other_and_detectors_travel(blazeface):
    frames = [put_head(background(), 100 + 4 * i, 120, 100) for i in range(12)]
    alone = [blazeface.detect(frame)[0].box for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        together = [faces[0].box for faces in pool.map(blazeface.detect, frames * 3)]
    assert np.array_equal(np.stack(alone * 3), np.stack(together))
    copy = pickle.loads(pickle.dumps(blazeface))
    assert np.array_equal(copy.detect(frames[0])[0].box, alone[0])


# the mesh


def look(blazeface, x: float, y: float, size: float, roll: float = 0):
    frame = put_head(background(), x, y, size, roll)
    return FaceMesh().landmarks(frame, roi_of_face(blazeface.detect(frame)[0]))


def test_the_mesh_moves_with_the_face_and_denies_a_wall(blazeface):
    here, score = look(blazeface, *STILL)
    there, _ = look(blazeface, STILL[0] + 10.5, STILL[1] - 7.25, STILL[2])
    assert here.shape == (468, 3) and here.dtype == np.float32 and score > 0.95
    moved = (there - here)[RIGID, :2].mean(axis=0)
    assert moved == pytest.approx([10.5, -7.25], abs=0.6)
    assert FaceMesh().landmarks(background(), np.array([160, 120, 150, 0]))[1] < 0.5


def test_the_pose_knows_size_and_roll(blazeface):
    straight = pose_of_landmarks(look(blazeface, *STILL)[0])
    assert straight[:3] == pytest.approx(STILL, abs=6)
    turned = pose_of_landmarks(look(blazeface, *STILL, roll=0.3)[0])
    assert turned[3] - straight[3] == pytest.approx(0.3, abs=0.04)
    assert turned[2] == pytest.approx(straight[2], rel=0.04)
    larger = pose_of_landmarks(look(blazeface, 160, 120, 143)[0])
    assert larger[2] / straight[2] == pytest.approx(1.3, rel=0.04)


# a whole clip


def test_a_moving_face_is_followed_to_the_very_ends(blazeface):
    speed = 1.5
    track = track_faces(clip_of(places(24, speed, (120, 120, 110))), blazeface)
    x = track.poses[:, 0]
    truth = 120 + speed * np.arange(24)
    error = (x - truth) - (x - truth).mean()
    assert np.abs(error).max() < 1.2  # nothing lags, at the ends least of all
    assert abs(error[:3].mean() - error[-3:].mean()) < 1.0
    assert track.found.all() and track.seen.all() and track.n_faces == 1
    assert track.boxes.shape == (24, 4) and track.boxes.dtype == np.float32


def test_a_still_face_gives_a_still_box(blazeface):
    rng = np.random.default_rng(0)
    frames = [
        np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)
        for frame in clip_of(places(20))
    ]
    assert jitter_px(track_faces(frames, blazeface).boxes) < 0.2


def test_no_face_says_what_was_looked_at(blazeface):
    said = r"wall\.mp4.*7 frames.*blazeface.*--box"
    with pytest.raises(FaceError, match=said) as caught:
        track_faces(clip_of([None] * 7), blazeface, file="wall.mp4")
    assert caught.value.reason == "no_face"
    with pytest.raises(FaceError, match="no face"):  # nor in a blank picture
        track_faces([np.zeros((120, 160, 3), np.uint8)] * 5, blazeface)


def test_a_short_gap_is_filled_in_time(blazeface):
    there = places(30, 2.0, (110, 120, 80))
    gap = range(10, 16)
    track = track_faces(clip_of([None if i in gap else p for i, p in enumerate(there)]), blazeface)
    assert len(track) == 30 and track.found.all()
    assert not track.seen[10:16].any() and track.seen[:10].all() and track.seen[16:].all()
    steps = np.diff(track.poses[8:18, 0])
    assert steps == pytest.approx(np.full(9, 2.0), abs=0.8)
    assert any("10-15" in text for text in track.warnings)


def test_a_long_gap_and_the_ends_are_left_alone(blazeface):
    there = places(40, start=(160, 120, 80))
    gap = [None if 12 <= i < 28 else p for i, p in enumerate(there)]
    track = track_faces(clip_of(gap), blazeface)
    assert track.missing == [(12, 28)]
    assert np.isfinite(track.poses).all()
    assert any("12-27" in text for text in track.warnings)
    ends = track_faces(clip_of([None] * 4 + there[:12] + [None] * 4), blazeface)
    assert ends.missing == [(0, 4), (16, 20)]


def two_people(n: int, left_size: float = 110, right_size: float = 80) -> list[np.ndarray]:
    wall = background(240, 400)
    return [
        put_head(put_head(wall, 100 + i, 110, left_size), 300, 120, right_size) for i in range(n)
    ]


def test_the_largest_person_is_taken_or_the_one_asked_for_and_training_refuses_two(blazeface):
    with pytest.raises(MultiFaceError, match="2 people") as caught:
        track_faces(two_people(12), blazeface, require_single=True)
    assert caught.value.reason == "multi_face"
    largest = track_faces(two_people(15), blazeface)
    other = track_faces(two_people(15), blazeface, face_index=1)
    assert np.abs(largest.poses[:, 0] - (100 + np.arange(15))).max() < 6
    assert np.abs(other.poses[:, 0] - 300).max() < 6
    assert largest.n_faces == 2 and any("--face-index" in text for text in largest.warnings)
    with pytest.raises(FaceError, match="expected 0 to 1"):
        track_faces(two_people(15), blazeface, face_index=2)


def test_it_never_jumps_to_the_other_person(blazeface):
    lone = put_head(background(240, 400), 300, 120, 85)
    # 115 to 69 px: the left one is larger on the whole, but not all the time
    frames = [put_head(lone, 100, 110, 115 - 2 * i) for i in range(24)]
    x = track_faces(frames, blazeface).poses[:, 0]
    assert x.max() < 130


def test_a_cut_starts_anew(blazeface):
    before = [*clip_of(places(12, start=(90, 110, 100)))]
    after = [put_head(255 - background() // 2, 230, 130, 130)] * 12
    track = track_faces(before + after, blazeface)
    assert track.cuts == (12,)
    alone = track_faces(after, blazeface)
    assert np.allclose(track.poses[12:], alone.poses, atol=1e-3)  # nothing leaks across
    assert np.abs(track.poses[11, 0] - track.poses[:11, 0].mean()) < 1


def test_a_flash_is_no_cut(blazeface):
    frames = [*clip_of(places(16, 1.0))]
    for i in (7, 8):
        frames[i] = np.zeros_like(frames[i])
    track = track_faces(frames, blazeface)
    assert track.cuts == () and track.found.all()
    assert runs(~track.seen) == [(7, 9)]


def test_tiny_faces_are_refused_and_small_ones_reported(blazeface):
    with pytest.raises(SmallFaceError, match=r"only \d\d px") as caught:
        track_faces([put_head(background(40, 48), 24, 20, 21)] * 3, blazeface)
    assert caught.value.reason == "small_face"
    track = track_faces([put_head(background(), 160, 120, 36)] * 3, blazeface)
    assert any("small" in text for text in track.warnings)


@pytest.mark.parametrize("x", [12.0, 305.0])
def test_a_face_cut_by_the_edge_gives_a_full_crop(blazeface, x):
    track = track_faces(clip_of([(x, 120, 110)] * 4), blazeface)
    assert track.boxes[0, 0] < 0 or track.boxes[0, 2] > 320
    frame = next(clip_of([(x, 120, 110)]))
    crop = track.transform(0).crop(frame, 96)
    assert crop.shape == (96, 96, 3) and crop.std() > 10


def test_one_frame_is_a_video_too_and_a_frozen_one_is_noticed(blazeface):
    track = track_faces(clip_of([STILL]), blazeface)
    assert len(track) == 1 and track.found.all()
    assert track.boxes[0] == pytest.approx([105, 65, 215, 175], abs=7)
    frozen = track_faces([put_head(background(), *STILL)] * 10, blazeface)
    assert frozen.frozen == 1.0
    assert any("stands still" in text for text in frozen.warnings)


def test_landmarks_come_when_asked_for(blazeface):
    frames = [*clip_of([*places(5), None, *places(5)])]
    track = track_faces(frames, blazeface, keep_landmarks=True)
    assert track.landmarks.shape == (11, 468, 3)
    assert np.isnan(track.landmarks[5]).all()
    assert np.isfinite(track.landmarks[track.seen]).all()
    assert track_faces(frames, blazeface).landmarks is None


def test_memory_does_not_grow_with_the_video(blazeface):
    frame = put_head(background(720, 960), 480, 360, 200)
    tracemalloc.start()
    track = track_faces((frame.copy() for _ in range(40)), blazeface)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(track) == 40
    assert peak < 6 * frame.nbytes  # forty frames went by


def test_odd_frames_are_named(blazeface):
    for frames, said in (
        ([], "no frames"),
        ([background(), background(120, 160)], r"frame 1.*changes size"),
        ([background().astype(np.float32)], "uint8"),
    ):
        with pytest.raises(MediaError, match=said):
            track_faces(frames, blazeface)


def test_the_detector_runs_only_where_needed(blazeface):
    class Counting:
        name, calls = "counting", 0

        def detect(self, frame):
            Counting.calls += 1
            return blazeface.detect(frame)

    track_faces(clip_of(places(36)), Counting())
    assert Counting.calls == 3


# time series


def test_smoothing_keeps_a_straight_motion_and_calms_noise_alike_in_both_directions():
    line = np.linspace([0, 5], [90, -4], 10)
    for half in (1, 2, 4):
        assert np.allclose(smooth_centred(line, half), line)  # at the ends too
    values = np.random.default_rng(0).normal(size=(200, 2))
    assert np.allclose(smooth_centred(values), smooth_centred(values[::-1])[::-1])
    assert jitter_px(smooth_centred(values)) < 0.3 * jitter_px(values)
    steps = np.repeat([[0.0], [100.0]], 6, axis=0)
    assert np.array_equal(smooth_centred(steps, 2, breaks=[6]), steps)
    assert not np.array_equal(smooth_centred(steps, 2), steps)


def test_motion_above_the_noise_is_left_alone():
    rng = np.random.default_rng(0)
    jumps = np.repeat(np.arange(20) * 10.0, 2)[:, None]  # a video with every frame doubled
    noisy = jumps + rng.normal(0, 0.2, jumps.shape)
    calm = smooth_centred(noisy, 2, noise=1.0)
    assert np.abs(calm - jumps).mean() < np.abs(noisy - jumps).mean()
    assert np.abs(calm - jumps).max() < 1


def test_gaps_are_filled_by_a_straight_line():
    seen = np.array([0, 1, 0, 0, 1, 0, 0, 0, 1, 0], dtype=bool)
    values = np.where(seen, np.arange(10.0), 0)[:, None]
    filled, found = fill_gaps(values, seen, max_gap=2)
    assert filled[:, 0] == pytest.approx([1, 1, 2, 3, 4, 5, 6, 7, 8, 8])
    assert runs(~found) == [(0, 1), (5, 8), (9, 10)]
