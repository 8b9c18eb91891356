"""Maps onto a picture: one resampling, no seam, no second outline, no combs, no twitching."""

import numpy as np
import pytest

from emolib.generate.render import FlowSmoother, blend
from emolib.media.compose import CropTransform

BOX = (60.0, 40.0, 300.0, 280.0)


def maps(flow=(0.0, 0.0), weight=0.0, colour=0.0):
    """Maps that say the same everywhere."""
    constant = {"flow": np.array(flow), "weight": [weight], "colour": [colour] * 3}
    full = {
        k: np.asarray(v, np.float32)[:, None, None] + np.zeros((1, 96, 96), np.float32)
        for k, v in constant.items()
    }
    return full | {"frames": full["colour"]}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (320, 360, 3), dtype=np.uint8)


def test_no_change_is_no_change_to_the_last_bit(noise):
    transform = CropTransform.from_box(np.array([60.3, 40.6, 300.1, 281.7]))
    assert (blend(noise, transform, maps()) == noise).all()


def test_a_flow_of_whole_pixels_moves_the_pixels_themselves(noise):
    transform = CropTransform.from_box(np.array(BOX))
    moved = blend(noise, transform, maps(flow=(6 / 240, -12 / 240)))
    middle = (slice(100, 220), slice(120, 240))
    assert (moved[middle] == noise[88:208, 126:246]).all()


def test_a_turned_crop_moves_along_its_own_axes(noise):
    pose = np.array([180, 160, 200, np.pi / 2])  # the head lies on its side
    transform = CropTransform.from_pose(pose, "aligned")
    moved = blend(noise, transform, maps(flow=(10 / 200, 0)))
    middle = (slice(120, 200), slice(140, 220))
    assert np.abs(moved[middle].astype(int) - noise[130:210, 140:220]).max() <= 1


def test_flow_and_weight_end_before_the_edge(noise):
    smooth = np.zeros_like(noise)
    smooth[:] = np.linspace(0, 255, 360)[None, :, None]
    transform = CropTransform.from_box(np.array(BOX))
    out = blend(smooth, transform, maps(flow=(0.05, 0), weight=0.5, colour=1.0))
    change = np.abs(out.astype(int) - smooth)[160, :, 0]
    assert change[180] > 40
    assert (change[:60] == 0).all() and (change[300:] == 0).all()
    assert np.diff(change[58:180]).max() <= 8  # it comes gradually


def test_a_share_goes_part_of_the_way(noise):
    grey = np.full_like(noise, 100)
    transform = CropTransform.from_box(np.array(BOX))
    asked = maps(weight=1.0, colour=1.0)
    half, none = (blend(grey, transform, asked, share=share) for share in (0.5, 0.0))
    assert half[160, 180, 0] == pytest.approx(178, abs=1)
    assert (none == grey).all()
    pasted = blend(grey, transform, {"frames": asked["colour"]}, share=0.5)
    assert pasted[160, 180, 0] == pytest.approx(178, abs=1)


def test_faces_outside_the_picture_are_left_alone(noise):
    transform = CropTransform.from_box(np.array([500.0, 20, 600, 120]))
    assert (blend(noise, transform, maps(weight=1.0)) == noise).all()


def test_the_upper_face_remembers_and_the_mouth_does_not():
    smoother = FlowSmoother()
    before = smoother(maps(flow=(0, 0)))
    after = smoother(maps(flow=(0.1, 0), weight=0.3))
    assert (before["flow"] == 0).all()
    assert after["flow"][0, 20] == pytest.approx(0.3 * 0.1)
    assert after["flow"][0, 70] == pytest.approx(0.1)
    assert after["weight"] == pytest.approx(0.3)
    held = smoother(maps(flow=(0, 0)), rest=1.0)["flow"]
    assert held[0, 20] == pytest.approx(0.98 * 0.03)  # an expression outlasts a pause
    assert held[0, 70] == pytest.approx(0)
    smoother.forget()
    assert smoother(maps(flow=(0.1, 0)))["flow"][0, 20] == pytest.approx(0.1)
    upper = after["flow"][0, :, 0]  # (96,): top to bottom
    assert (np.diff(upper) >= 0).all() and upper[0] < upper[-1]


def test_colours_alone_pass_through_unheeded():
    plain = {"frames": np.ones((3, 96, 96), np.float32)}
    assert FlowSmoother()(plain) is plain
