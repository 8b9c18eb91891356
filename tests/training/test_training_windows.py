"""Several sounds for one face, and one geometric draw for a whole window."""

import numpy as np
import pytest
import torch
from drawn_store import make_drawn_store

from emolib.data.store import ClipStore
from emolib.media.mel import mel_windows
from emolib.training.degrade import Jitter
from emolib.training.syncnet import OffsetWindows


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ClipStore(make_drawn_store(tmp_path_factory.mktemp("drawn") / "store"))


def test_the_first_sound_is_right_and_the_others_are_far(store):
    data = OffsetWindows(store, seed=1, n_sounds=6)
    for index in range(0, len(data), 7):
        item = data.item(2, index)
        assert item["mels"].shape == (6, 1, 80, 16) and item["frames"].dtype == np.uint8
        assert item["offset_frames"][0] == 0 and (np.abs(item["offset_frames"][1:]) >= 3).all()


def test_a_window_is_a_function_of_seed_epoch_and_index(store):
    a, b = OffsetWindows(store, seed=1), OffsetWindows(store, seed=1)
    b.item(0, 3)
    one, two = a.item(5, 9), b.item(5, 9)
    assert all(np.array_equal(one[key], two[key]) for key in one)
    assert not np.array_equal(one["offset_frames"], a.item(6, 9)["offset_frames"])


def test_fixed_offsets_shift_the_sound_by_as_many_frames(store):
    data = OffsetWindows(store, offsets=(-3, 0, 2))
    item = data.item(0, 4)
    clip = store[int(item["clip_idx"])]
    frames = item["frames"].transpose(0, 2, 3, 1)
    start = next(k for k in range(24) if np.array_equal(clip.frames[k : k + 5], frames))
    for mel, offset in zip(item["mels"], (-3, 0, 2), strict=True):
        np.testing.assert_array_equal(
            mel[0], mel_windows(clip.mel, [start - offset], n_frames=5)[0, 0]
        )


def test_clips_too_short_for_all_offsets_are_left_out(store):
    assert len(OffsetWindows(store, offsets=tuple(range(-7, 8)))) == len(store)
    assert len(OffsetWindows(store, offsets=tuple(range(-15, 16)))) == 0


def test_jitter_moves_every_picture_of_a_window_alike():
    frames = torch.rand(2, 1, 3, 32, 32).expand(2, 5, 3, 32, 32)
    torch.manual_seed(0)
    target, reference = Jitter()(frames, frames)
    assert torch.equal(target, reference)
    assert torch.equal(target[:, 0], target[:, 4]) and not torch.equal(target[:, 0], frames[:, 0])
    still, _ = Jitter()(frames[:1], frames[:1])
    assert still.shape == (1, 5, 3, 32, 32) and still.min() >= 0 and still.max() <= 1


def test_jitter_of_nothing_is_the_picture_and_a_mirror_is_a_mirror():
    frames = torch.rand(2, 5, 3, 16, 16)
    torch.testing.assert_close(Jitter(0, 0, 0, 0)(frames)[0], frames)
    torch.testing.assert_close(Jitter(0, 0, 0, 1)(frames)[0], frames.flip(-1))


def test_jitter_turns_without_stretching():
    frames = torch.zeros(64, 1, 3, 32, 32)
    frames[..., 12:20, 12:20] = 1  # a square in the middle keeps its area, not its outline
    turned = Jitter(zoom=0, turn_deg=40, shift=0)(frames)[0]
    torch.testing.assert_close(turned.mean(), frames.mean(), rtol=0.01, atol=0)
    assert (turned - frames).abs().amax((1, 2, 3, 4)).max() > 0.5
