"""Which windows make up step k: a pure function, shared among processes without overlap."""

import numpy as np
import pytest
import torch
from drawn_store import make_drawn_store

from emolib.base.errors import DatasetError
from emolib.data.store import ClipStore
from emolib.media.mel import mel_windows
from emolib.training.degrade import Jitter
from emolib.training.loader import Order, chunk, fixed_batches, make_loader
from emolib.training.syncnet import OffsetWindows


class Numbers:
    def __len__(self):
        return 10

    def item(self, epoch, index):
        return {"x": np.float32(100 * epoch + index)}


def test_each_epoch_visits_every_window_once_and_in_another_order():
    order = Order(10, 4, seed=3)
    keys = [key for step in range(5) for key in order.keys(step)]  # 20 = two epochs
    for epoch in (0, 1):
        assert sorted(i for e, i in keys if e == epoch) == list(range(10))
    assert [i for e, i in keys if e == 0] != [i for e, i in keys if e == 1]
    assert keys != [key for step in range(5) for key in Order(10, 4, seed=4).keys(step)]


def test_any_step_can_be_asked_without_the_ones_before():
    whole = Order(7, 3, seed=1)
    batches = [whole.keys(step) for step in range(12)]
    assert [Order(7, 3, seed=1).keys(step) for step in (11, 2, 5)] == [
        batches[k] for k in (11, 2, 5)
    ]
    late = iter(Order(7, 3, seed=1, start_step=9))
    assert [next(late), next(late)] == batches[9:11]


def test_two_processes_share_the_steps_of_one_with_twice_the_batch():
    one = Order(11, 6, seed=2)
    two = [Order(11, 3, seed=2, rank=rank, world=2) for rank in (0, 1)]
    for step in range(8):
        assert one.keys(step) == two[0].keys(step) + two[1].keys(step)


def test_balanced_sampling_draws_by_probability():
    chances = np.array([0.7, 0.1, 0.1, 0.1])
    order = Order(4, 100, seed=0, probabilities=chances)
    drawn = [i for step in range(40) for _, i in order.keys(step)]
    np.testing.assert_allclose(np.bincount(drawn) / 4000, chances, atol=0.03)


def test_no_windows_is_a_clear_error():
    with pytest.raises(DatasetError, match="no training window"):
        Order(0, 4)


def test_the_loader_delivers_the_order_and_draws_nothing_from_the_training_s_random_numbers():
    order, before = Order(10, 4, seed=3, start_step=2), torch.get_rng_state()
    batch = next(iter(make_loader(Numbers(), order, workers=0)))
    assert batch["x"].tolist() == [100 * e + i for e, i in order.keys(2)]
    assert torch.equal(before, torch.get_rng_state())


def test_evaluation_sees_the_same_windows_spread_over_the_data():
    batches = [list(fixed_batches(Numbers(), 4, 3)) for _ in range(2)]
    assert [b["x"].tolist() for b in batches[0]] == [[0, 3, 6], [9]]
    assert all(torch.equal(a["x"], b["x"]) for a, b in zip(*batches, strict=True))
    more = [value for b in fixed_batches(Numbers(), 12, 5) for value in b["x"].tolist()]
    assert more == [*range(10), 100, 109]  # another moment of the first and the last clip


def test_chunks_keep_order_and_lose_nothing():
    batch = {"x": torch.arange(7), "name": list("abcdefg")}
    parts = chunk(batch, 3)
    assert torch.equal(torch.cat([part["x"] for part in parts]), batch["x"])
    assert [letter for part in parts for letter in part["name"]] == batch["name"]
    assert len(chunk(batch, 99)) == 7


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ClipStore(make_drawn_store(tmp_path_factory.mktemp("drawn") / "store"))


def test_the_first_sound_is_right_and_the_others_are_far(store):
    data = OffsetWindows(store, seed=1, n_sounds=6)
    for index in range(0, len(data), 7):
        item = data.item(2, index)
        assert item["mels"].shape == (6, 1, 80, 16) and item["frames"].dtype == np.uint8
        assert item["offset_frames"][0] == 0 and (np.abs(item["offset_frames"][1:]) >= 3).all()
        again = OffsetWindows(store, seed=1, n_sounds=6).item(2, index)
        assert all(np.array_equal(item[key], again[key]) for key in item)


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
    torch.testing.assert_close(Jitter(0, 0, 0, 0)(frames)[0], frames)
    torch.testing.assert_close(Jitter(0, 0, 0, 1)(frames)[0], frames.flip(-1))


def test_jitter_turns_without_stretching():
    frames = torch.zeros(64, 1, 3, 32, 32)
    frames[..., 12:20, 12:20] = 1  # a square in the middle keeps its area, not its outline
    turned = Jitter(zoom=0, turn_deg=40, shift=0)(frames)[0]
    torch.testing.assert_close(turned.mean(), frames.mean(), rtol=0.01, atol=0)
    assert (turned - frames).abs().amax((1, 2, 3, 4)).max() > 0.5
