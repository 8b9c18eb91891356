"""Crop and paste are exact inverses, at any sub-pixel place, and touch nothing else."""

import numpy as np
import pytest

from emolib.base.errors import ConfigError, FaceError
from emolib.media.compose import CropTransform, crop_face, feather_weight, paste_face

HEIGHT, WIDTH = 90, 120
BOXES = [
    (20.0, 10.0, 68.0, 58.0),
    (20.3, 10.7, 75.9, 66.2),
    (-14.5, -9.25, 40.0, 45.5),
    (80.2, 50.0, 150.0, 119.0),
    (5.0, 5.0, 14.0, 14.0),
    (10.0, 4.0, 50.0, 84.0),
]


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def ramp() -> np.ndarray:
    """x in channel 0, y in channel 1, at pixel centres."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) + 0.5
    return np.stack([x, y, x + y], axis=-1)


def inside(box: tuple, margin: float = 0.0) -> np.ndarray:
    """Pixels whose whole area lies in the box."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    x0, y0, x1, y1 = box
    wide = (x >= x0 - margin) & (x + 1 <= x1 + margin)
    return wide & (y >= y0 - margin) & (y + 1 <= y1 + margin)


def test_a_crop_shows_what_lies_under_each_of_its_pixels():
    box = (20.3, 10.7, 68.3, 58.7)  # 48 px, at a fraction of a pixel
    crop = crop_face(ramp(), box, 96)
    centres = (np.arange(96) + 0.5) * 0.5
    assert np.abs(crop[:, :, 0] - (20.3 + centres)).max() < 0.02
    assert np.abs(crop[:, :, 1] - (10.7 + centres)[:, None]).max() < 0.02


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("size", [24, 96])
def test_outside_the_box_nothing_changes_nor_does_an_unchanged_face(noise, box, size):
    pasted = paste_face(noise, np.zeros((size, size, 3), np.uint8), box)
    far = ~inside(box, margin=1.0)
    assert np.array_equal(pasted[far], noise[far])
    assert pasted.dtype == np.uint8 and pasted.shape == noise.shape
    crop = crop_face(noise, box, size)
    assert np.array_equal(paste_face(noise, crop, box, reference=crop), noise)


@pytest.mark.parametrize("box", BOXES[:3])
@pytest.mark.parametrize("size", [48, 96, 131])
def test_crop_then_paste_gives_a_smooth_picture_back(box, size):
    frame = ramp()
    back = paste_face(frame, crop_face(frame, box, size), box)
    x0, y0, x1, y1 = box
    inner = (max(x0, 0) + 3, max(y0, 0) + 3, x1 - 3, y1 - 3)
    error_px = np.abs(back - frame)[inside(inner)][:, :2]
    assert error_px.max() < 0.1  # OpenCV samples at 1/32 px, here twice


def test_at_native_size_a_crop_is_the_pixels_and_comes_back_exactly(noise):
    box = (20, 10, 68, 58)
    crop = crop_face(noise, box, 48)
    assert np.array_equal(crop, noise[10:58, 20:68])
    posed = CropTransform.from_pose(np.array([44.0, 34.0, 48.0, 0.2]))
    assert np.array_equal(posed.crop(noise, 48), crop)
    assert np.array_equal(paste_face(noise, crop, box), noise)
    assert np.array_equal(paste_face(noise, crop, box, feather=0), noise)


def test_with_a_reference_only_the_change_is_added():
    frame = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    frame[::2] += 20  # detail finer than the crop can hold
    box = (20, 10, 68, 58)
    crop = crop_face(frame, box, 12)
    pasted = paste_face(frame, crop + np.uint8(30), box, reference=crop)
    middle = np.s_[28:40, 38:50]
    assert np.array_equal(pasted[middle], frame[middle] + 30)


def test_a_new_face_arrives_in_the_middle_and_fades_at_the_edge():
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    white = np.full((96, 96, 3), 255, np.uint8)
    pasted = paste_face(frame, white, (20, 10, 68, 58))[..., 0].astype(int)
    assert pasted[34, 44] == 255
    row = pasted[34, 20:44]
    assert row[0] < 10 and (np.diff(row) >= 0).all()
    assert np.array_equal(pasted[10:58, 20:68], pasted[10:58, 20:68][::-1, ::-1])  # symmetric


def test_shrinking_averages_instead_of_skipping():
    board = np.indices((HEIGHT, WIDTH)).sum(axis=0) % 2 * 255
    frame = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    crop = crop_face(frame, (0, 0, 80, 80), 20).astype(float)
    assert np.abs(crop - 127.5).max() < 2


def test_beyond_the_picture_its_edge_goes_on(noise):
    crop = crop_face(noise, (-40, 10, 8, 58), 48)
    assert crop.shape == (48, 48, 3)
    assert np.array_equal(crop[:, 0], noise[10:58, 0])
    assert np.array_equal(crop[:, 40:], noise[10:58, :8])
    beside = (200, 10, 248, 58)
    assert np.array_equal(paste_face(noise, crop_face(noise, beside, 48), beside), noise)


@pytest.mark.parametrize(
    "box", [(5, 5, 5, 20), (5, 5, 2, 20), (0, 0, np.nan, 5), (0, 0, np.inf, 5)]
)
def test_an_empty_box_is_refused(noise, box):
    with pytest.raises(FaceError, match="holds no picture"):
        crop_face(noise, np.array(box), 48)


def test_inputs_are_left_alone(noise):
    frame, face = noise.copy(), np.zeros((32, 32, 3), np.uint8)
    reference = np.full_like(face, 7)
    paste_face(frame, face, (20, 10, 68, 58), reference=reference)
    assert np.array_equal(frame, noise)
    assert not face.any() and (reference == 7).all()


@pytest.mark.parametrize("geometry", ["box", "tight", "aligned"])
def test_points_go_to_the_crop_and_back(geometry):
    transform = CropTransform.from_pose(np.array([60.2, 44.1, 37.5, 0.3]), geometry)
    points = np.random.default_rng(1).uniform(0, 90, (7, 2))
    back = transform.to_frame(transform.to_crop(points, 96), 96)
    assert np.allclose(back, points)
    unit = transform.to_crop(transform.corners, 96)
    assert np.allclose(unit, [[0, 0], [96, 0], [96, 96], [0, 96]])
    with pytest.raises(ConfigError, match="aligned"):
        CropTransform.from_pose(np.array([1, 1, 1, 0]), "oval")


def test_aligned_makes_the_eye_line_level_and_keeps_the_shape():
    roll = 0.4
    pose = np.array([60, 45, 40, roll])
    aligned = CropTransform.from_pose(pose, "aligned")
    along = np.array([np.cos(roll), np.sin(roll)])
    left, right = aligned.to_crop(np.stack([pose[:2] - 5 * along, pose[:2] + 5 * along]), 96)
    assert right[1] == pytest.approx(left[1])
    assert right[0] - left[0] == pytest.approx(10 * 96 / 40)
    assert aligned.side_px == pytest.approx(40)
    linear = aligned.matrix[:, :2] * 40
    assert np.allclose(linear @ linear.T, np.eye(2))  # a turn, no squeeze
    back = aligned.paste(ramp(), aligned.crop(ramp(), 96))
    assert np.abs(back - ramp())[..., :2].max() < 0.1


def test_maps_of_two_channels_can_be_cropped_too():
    flow = np.random.default_rng(2).normal(size=(HEIGHT, WIDTH, 2)).astype(np.float32)
    crop = crop_face(flow, (20, 10, 68, 58), 48)
    assert crop.dtype == np.float32 and np.allclose(crop, flow[10:58, 20:68], atol=1e-6)


def test_the_feather_is_zero_at_the_edge_and_one_inside():
    transform = CropTransform.from_box(np.array([0, 0, 100, 100]))
    weight = feather_weight(transform.matrix, (100, 100), 0.2)
    assert weight[0].max() < 0.01 and weight[:, -1].max() < 0.01
    assert (weight[25:75, 25:75] == 1).all()
    assert np.allclose(weight, weight.T)
