"""Degrade pictures: one draw a window, another for each, and nothing that tells the emotion."""

import pytest
import torch

from emolib.training.degrade import Degrade

CALM = {"colour": 0, "light": 0, "grey": 0, "blur": 0, "noise": 0, "cover": 0}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def still(B=6, T=3):
    """Windows whose frames are all alike, (B, T, 3, 96, 96)."""
    return torch.rand(B, 1, 3, 96, 96).repeat(1, T, 1, 1, 1)


def test_nothing_asked_nothing_changed_and_the_input_is_left_alone():
    frames = still(2)
    before = frames.clone()
    torch.testing.assert_close(Degrade(**CALM)(frames), frames)
    Degrade(blur=1, cover=1, noise=1, grey=1)(frames)
    assert torch.equal(frames, before)


def test_all_frames_of_a_window_change_alike_and_windows_differently():
    frames = still()
    rough = Degrade(noise=0)(frames)
    assert torch.equal(rough[:, :1].expand_as(rough), rough)
    same = torch.zeros(6, 1, 3, 96, 96) + 0.5
    changed = Degrade(**CALM | {"colour": 0.25, "light": 0.15})(same).mean((1, 3, 4))
    assert len({tuple(row.tolist()) for row in changed}) == 6
    assert rough.min() >= 0 and rough.max() <= 1


def test_blur_takes_fine_detail_from_some_rows_and_keeps_the_light():
    frames = still(12, 1)
    soft = Degrade(**CALM | {"blur": 1})(frames)
    detail = (soft - soft.roll(1, -1)).abs().mean((1, 2, 4))  # (B, H): by row
    fresh = (frames - frames.roll(1, -1)).abs().mean((1, 2, 4))
    blurred = detail < 0.8 * fresh
    assert blurred.any(1).all()  # something of every window
    assert not blurred.all()  # but not all of all
    light = [pictures.mean((1, 2, 3, 4)) for pictures in (soft, frames)]
    torch.testing.assert_close(*light, atol=0.01, rtol=0)


def test_a_cover_is_one_rectangle_of_one_colour():
    frames = still(1, 2)
    changed = (Degrade(**CALM | {"cover": 1})(frames) != frames).any(2)[0]  # (T, H, W)
    rows, columns = changed[0].any(1), changed[0].any(0)
    assert torch.equal(changed[0], rows[:, None] & columns[None])
    assert torch.equal(changed[0], changed[1])
    assert 0 < changed[0].float().mean() <= 0.45**2


def test_noise_is_new_in_each_frame_and_grey_loses_colour():
    noisy = Degrade(**CALM | {"noise": 1})(still(1, 2))
    assert not torch.equal(noisy[0, 0], noisy[0, 1])
    frames = still(8, 1)
    grey = Degrade(**CALM | {"grey": 1})(frames)
    assert (grey.std(2).mean((1, 2, 3)) < frames.std(2).mean((1, 2, 3))).all()


def test_equal_random_state_equal_pictures():
    frames = still()
    torch.manual_seed(5)
    once = Degrade()(frames)
    torch.manual_seed(5)
    assert torch.equal(Degrade()(frames), once)
