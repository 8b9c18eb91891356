"""The measure of a lip-sync expert: constructed experts get the marks they deserve."""

import numpy as np
import pytest
import small_world
import torch
from torch import nn

from emolib.base.errors import ConfigError, DatasetError
from emolib.data.store import ClipStore
from emolib.evaluation import sync_expert as expert
from emolib.evaluation.sync_expert import FAR, OFFSETS, SHIFTS, ClipEmbeddings, sync_accuracy
from emolib.models.syncnet import SyncNet, SyncNetConfig

N = 40


def clip(late=0, n=N):
    """A perfect expert on a clip whose picture is `late` frames late: one-hot events."""
    sound = torch.eye(n)
    return ClipEmbeddings("9001_IEO_ANG_XX", "9001", sound.roll(late, dims=0), sound)


def test_cosines_are_laid_out_by_how_late_the_picture_is():
    table = clip(late=2).cosines()
    assert table.shape == (N, 31)
    assert np.nanmean(table, axis=0).argmax() == 15 + 2 and OFFSETS[17] == 2
    assert np.isnan(table[0, OFFSETS > 0]).all()  # no sound before the first
    assert np.isnan(table[-1, OFFSETS < 0]).all()
    assert not np.isnan(table[20]).any()


def test_a_perfect_expert_and_one_that_always_says_yes():
    right = sync_accuracy([clip().cosines()], border=0.5, actors=["9001"])
    assert (right["in_sync"], right["off_sync"], right["accuracy"], right["auc"]) == (1, 1, 1, 1)
    yes = sync_accuracy([clip().cosines()], border=-1.0, actors=["9001"])
    assert (yes["in_sync"], yes["off_sync"], yes["accuracy"]) == (1, 0, 0.5)


def test_accuracy_by_hand():
    """Two clips of two windows: three of four true pairs, and 5 of 6 and 6 of 6 wrong ones."""
    tables = [np.full((2, 31), np.nan) for _ in range(2)]
    for table, true in zip(tables, ([0.9, 0.2], [0.8, 0.7]), strict=True):
        table[:, 15] = true
        table[:, [15 - FAR, 15 + FAR, 15 + FAR + 1]] = 0.1
        table[:, 15 + FAR - 1] = 1.0  # too near to count as wrong
    tables[0][0, 15 + FAR] = 0.6
    found = sync_accuracy(tables, border=0.5, actors=["9001", "9002"])
    assert found["in_sync"] == 0.75
    assert found["off_sync"] == pytest.approx((5 / 6 + 1) / 2)
    assert found["accuracy"] == pytest.approx((0.75 + 11 / 12) / 2)
    pairs = 4 * 12  # of true and wrong; 0.2 loses against 0.6
    assert found["auc"] == pytest.approx((pairs - 1) / pairs)
    assert found["interval"]["low"] < found["accuracy"] < found["interval"]["high"]


def test_what_was_said_at_each_offset():
    tables = [np.tile(np.linspace(0, 1, 31), (2, 1)), np.zeros((1, 31))]
    tables[0][0, 30] = np.nan
    assert expert.said_in_sync(tables, 0.5) == [0.0] * 16 + [pytest.approx(2 / 3)] * 14 + [0.5]


def test_the_best_border_by_hand():
    table = np.full((4, 31), 0.2)
    table[:, 15] = [0.1, 0.5, 0.7, 0.9]  # one true pair is lost whatever we do
    table[0, :3] = 0.4
    border = expert.best_border([table])
    assert 0.4 <= border < 0.5
    found = sync_accuracy([table], border, ["9001"])
    assert (found["in_sync"], found["off_sync"]) == (0.75, 1.0)


def test_the_border_moves_and_with_it_the_probability():
    net = SyncNet(SyncNetConfig(width=1 / 16, score="logits")).eval()
    with torch.no_grad():
        net.bias.fill_(-4.0)
    assert net.border == pytest.approx(0.4)  # scale 10
    expert.set_border(net, 0.3)
    assert net.border == pytest.approx(0.3)
    mel, faces = torch.randn(2, 1, 80, 16), torch.rand(2, 15, 48, 96)
    cosines = (net(mel, faces)[0] * net(mel, faces)[1]).sum(1)
    assert ((net.prob(mel, faces) > 0.5) == (cosines > 0.3)).all()
    without = SyncNet(SyncNetConfig(width=1 / 16))
    assert without.border == 0.5
    with pytest.raises(ConfigError, match="no bias"):
        expert.set_border(without, 0.3)


@pytest.mark.parametrize("late", [0, -3, 2])
def test_planted_shifts_are_found_on_top_of_the_clip_s_own(late):
    found = expert.found_shifts([clip(late)])
    assert list(found) == [str(shift) for shift in SHIFTS]
    assert [one["pooled"] for one in found.values()] == [shift + late for shift in SHIFTS]
    own = [one["exact"] for one in found.values()]
    assert set(own) == ({1.0} if late == 0 else {0.0})


def test_clips_vote_together_where_one_alone_errs():
    share = pytest.approx(2 / 3)
    found = expert.found_shifts([clip(0), clip(0), clip(4)], [1])["1"]
    assert found == {"pooled": 1, "exact": share, "within_1": share}


class MouthReader(nn.Module):
    """Compares how high the dark mouth is with how loud it is, frame by frame."""

    border = 0.3

    def forward(self, mel, faces):
        loud = nn.functional.adaptive_avg_pool1d(mel[:, 0].mean(1, keepdim=True), 5)[:, 0]
        dark = -faces.unflatten(1, (5, 3))[..., 24:33, 40:60].mean((2, 3, 4))
        return self.unit(loud), self.unit(dark)

    @staticmethod
    def unit(values):
        return nn.functional.normalize(values - values.mean(1, keepdim=True), dim=1)


def test_a_store_from_end_to_end(tmp_path, monkeypatch):
    short, _ = small_world.make_world(tmp_path / "short", actors=("9001",))
    with pytest.raises(DatasetError, match="lasts long enough"):
        expert.measure_sync_expert(MouthReader(), ClipStore(short))
    monkeypatch.setattr(small_world, "N_FRAMES", {"IEO": 36, "MTI": 40})
    store, _ = small_world.make_world(tmp_path, actors=("9001",))
    found = expert.measure_sync_expert(MouthReader(), ClipStore(store))
    assert (found["clips"], found["people"], found["windows"]) == (12, 1, 6 * (30 + 35))
    assert found["border_cosine"] == 0.3 and len(found["curve"]) == 31
    assert OFFSETS[int(np.argmax(found["curve"]))] == 0
    assert [one["pooled"] for one in found["shifts"].values()] == list(SHIFTS)
    assert found["clip"]["accuracy"] > 0.95 > found["window"]["accuracy"] > 0.7
