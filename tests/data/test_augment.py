"""Augmentation: one draw a window, repeatable, RGB, and nothing else changed. Masks: exact."""

import pickle

import numpy as np
import pytest
import torch

from emolib.base.errors import ConfigError
from emolib.data.augment import Augment, pipeline
from emolib.data.inputs import hidden, masked_input, to_unit


def window(seed=0, n=10):
    """(N, 96, 96, 3) uint8: every frame the same picture."""
    picture = np.random.default_rng(seed).integers(40, 200, (96, 96, 3), np.uint8)
    return np.repeat(picture[None], n, axis=0)


@pytest.mark.parametrize("seed", range(8))
def test_all_frames_get_the_same_draw(seed):
    changed = Augment(p=1.0, p_any=1.0)(window(), seed)
    assert changed.dtype == np.uint8 and changed.shape == (10, 96, 96, 3)
    assert not np.array_equal(changed[0], window()[0])
    for frame in changed[1:]:
        assert np.abs(frame.astype(int) - changed[0]).max() <= 1


def test_equal_seeds_give_equal_changes_and_others_do_not():
    augment = Augment()
    results = [augment(window(), seed) for seed in (5, 6, 5)]
    assert np.array_equal(results[0], results[2])
    drawn = {augment(window(), seed)[0].tobytes() for seed in range(40)}
    assert len(drawn) > 20
    frames = window()
    Augment(p=1.0, p_any=1.0)(frames, 3)
    assert np.array_equal(frames, window())  # the input is left alone
    assert np.array_equal(pickle.loads(pickle.dumps(augment))(window(), 5), results[0])


def test_the_five_changes_come_independently():
    augment, frames = Augment(p=0.4, p_any=1.0), window(n=2)[:, :32, :32]
    results = [augment(frames, seed) for seed in range(300)]
    untouched = np.mean([np.array_equal(result, frames) for result in results])
    assert 0.03 < untouched < 0.14  # 0.6⁵ = 0.078; all five by one draw would leave 0.6


def test_some_windows_stay_as_they_are():
    augment = Augment(p=1.0, p_any=0.5)
    kept = sum(np.array_equal(augment(window(), seed), window()) for seed in range(40))
    assert 8 < kept < 32
    assert all(np.array_equal(Augment(p_any=0.0)(window(), seed), window()) for seed in range(5))


def test_the_five_changes_are_the_papers():
    names = [type(change).__name__ for change in pipeline(0.4, 0.8).transforms]
    assert names == [
        "RandomBrightnessContrast",
        "RandomGamma",
        "ChannelShuffle",
        "RGBShift",
        "GaussNoise",
    ]


# --- masks ---------------------------------------------------------------------------------------


def test_the_full_mask_hides_all_and_the_half_mask_the_lower_half():
    half = hidden("half")
    assert (hidden("full") == 1).all() and (half[:48] == 0).all() and (half[48:] == 1).all()
    with pytest.raises(ConfigError, match="full, half, aligned"):
        hidden("left")


def test_the_aligned_mask_leaves_the_border_and_hides_brows_to_chin():
    mask = hidden("aligned")
    border = np.concatenate([mask[0], mask[:, 0], mask[:, -1], mask[:3].ravel()])
    assert border.max() == 0
    assert (mask[26:36, 26:70] == 1).all()  # brows and eyes
    assert (mask[60:84, 34:62] == 1).all()  # mouth and chin
    assert np.allclose(mask, mask[:, ::-1])
    assert 0.3 < mask.mean() < 0.7


def test_the_masked_input_is_target_then_reference():
    rng = np.random.default_rng(0)
    target, reference = torch.from_numpy(rng.integers(0, 255, (2, 2, 5, 3, 96, 96), np.uint8))
    faces = masked_input(target, reference, "half")
    assert faces.shape == (2, 5, 6, 96, 96) and faces.dtype == torch.float32
    assert torch.equal(faces[:, :, :3, :48], target[..., :48, :] / 255)
    assert (faces[:, :, :3, 48:] == 0).all()
    assert torch.equal(faces[:, :, 3:], reference / 255)
    assert torch.equal(masked_input(to_unit(target), to_unit(reference), "half"), faces)
    assert (masked_input(target, reference)[:, :, :3] == 0).all()
