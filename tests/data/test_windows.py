"""Windows: each is a function of (seed, epoch, index), and pairs what belongs together."""

import numpy as np
import pytest
import torch
from tiny_store import clip_of, make_store, places_of
from torch.utils.data import DataLoader

from emolib.base.errors import ConfigError, DatasetError
from emolib.data.augment import Augment
from emolib.data.inputs import hidden
from emolib.data.store import ClipStore
from emolib.data.windows import (
    EmotionWindows,
    GeneratorSettings,
    GeneratorWindows,
    SyncWindows,
    finished,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ClipStore(make_store(tmp_path_factory.mktemp("numbers") / "store"))


@pytest.fixture(scope="module")
def unpaired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbers") / "unpaired"
    return ClipStore(make_store(folder, sentences=("IEO", "MTI", "TAI"), paired=False))


def first_step(mel):
    """Which mel step a window (…, 80, 16) begins with."""
    return round((float(mel[..., 0, 0].ravel()[0]) + 4) * 100)


def equal(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


ALL = [
    lambda store: SyncWindows(store, seed=3),
    lambda store: SyncWindows(store, seed=3, other_clips=0.5, augment=Augment()),
    lambda store: EmotionWindows(store, seed=3, augment=Augment(p=0.2)),
    lambda store: GeneratorWindows(store, seed=3),
    lambda store: GeneratorWindows(store, GeneratorSettings("other_emotion"), 3, Augment()),
]


@pytest.mark.parametrize("make", ALL)
def test_an_item_depends_on_seed_epoch_and_index_alone(store, make):
    data, again = make(store), make(store)
    forwards = [data.item(2, k) for k in range(len(data))]
    backwards = [again.item(2, k) for k in reversed(range(len(again)))][::-1]
    assert all(equal(a, b) for a, b in zip(forwards, backwards, strict=True))
    other_epoch = [data.item(3, k) for k in range(len(data))]
    assert sum(equal(a, b) for a, b in zip(forwards, other_epoch, strict=True)) < 4
    other_seed = make(store)
    other_seed.seed = 4
    assert not all(equal(forwards[k], other_seed.item(2, k)) for k in range(len(data)))
    for items in (forwards, other_epoch):  # the index alone chooses the clip
        assert [int(item["clip_idx"]) for item in items] == list(range(24))
    with pytest.raises(IndexError):
        data.item(0, 24)


@pytest.mark.parametrize("make", ALL)
def test_workers_change_nothing(store, make):
    data = make(store)
    data.set_epoch(5)
    alone = next(iter(DataLoader(data, batch_size=6)))
    loader = DataLoader(data, batch_size=6, num_workers=1, persistent_workers=True)
    helped = next(iter(loader))
    assert all(torch.equal(alone[key], helped[key]) for key in alone)
    data.set_epoch(6)  # the worker that lives on hears of it
    later = next(iter(loader))
    assert any(not torch.equal(later[key], helped[key]) for key in later)
    assert torch.equal(later["clip_idx"], helped["clip_idx"])


def test_two_splits_never_share_a_clip(store):
    train = GeneratorWindows(store.split("train"))
    test = GeneratorWindows(store.split("test"))
    seen = {data: set() for data in (train, test)}
    for data, clips in seen.items():
        for epoch in range(3):
            for k in range(len(data)):
                clips |= clip_of(data.item(epoch, k)["target_frames"])
                clips |= clip_of(data.item(epoch, k)["reference_frames"])
    assert seen[train] == set(range(12)) and seen[test] == set(range(12, 24))


# --- SyncNet -------------------------------------------------------------------------------------


def sync_items(data, epochs=6):
    return [data.item(epoch, k) for epoch in range(epochs) for k in range(len(data))]


def test_sync_windows_pair_sound_and_picture(store):
    data = SyncWindows(store)
    positives = 0
    for item in sync_items(data):
        assert item["frames"].shape == (5, 3, 96, 96) and item["frames"].dtype == np.uint8
        assert item["mel"].shape == (1, 80, 16) and item["mel"].dtype == np.float32
        places = places_of(item["frames"])
        assert places == list(range(places[0], places[0] + 5))
        assert clip_of(item["frames"]) == {int(item["clip_idx"])}
        assert item["mel"][0, 1, 0] == np.float32(int(item["clip_idx"]) / 100)
        heard = places[0] - int(item["offset_frames"])
        assert first_step(item["mel"]) == heard * 80 // 25
        if item["in_sync"]:
            assert item["offset_frames"] == 0
            positives += 1
        else:
            assert abs(item["offset_frames"]) >= 3
    assert 0.35 < positives / len(sync_items(data)) < 0.65


def test_negatives_may_come_from_other_clips(store):
    data = SyncWindows(store, negatives=1.0, other_clips=1.0)
    for item in sync_items(data, 2):
        assert item["in_sync"] == 0 and item["offset_frames"] == SyncWindows.OTHER_CLIP
        assert round(float(item["mel"][0, 1, 0]) * 100) != int(item["clip_idx"])
    only = SyncWindows(store, negatives=0.0)
    assert all(item["in_sync"] for item in sync_items(only, 2))


def test_a_clip_too_short_to_be_out_of_sync_borrows_sound(tmp_path):
    short = ClipStore(make_store(tmp_path / "s", lengths={"IEO": 6, "MTI": 7}))
    for item in sync_items(SyncWindows(short, negatives=1.0), 2):
        assert item["in_sync"] == 0 and item["offset_frames"] == SyncWindows.OTHER_CLIP


def test_silent_clips_teach_no_sync(tmp_path):
    silent = ("9001_IEO_ANG_XX", "9002_MTI_SAD_XX")
    store = ClipStore(make_store(tmp_path / "s", silent=silent))
    quiet = {0, 23}
    for data in (SyncWindows(store, other_clips=1.0), GeneratorWindows(store)):
        assert len(data) == 22 and not quiet & set(data.clip_idx)
    heard = {round(float(i["mel"][0, 1, 0]) * 100) for i in sync_items(SyncWindows(store), 3)}
    assert not quiet & heard
    assert len(EmotionWindows(store)) == 24
    everything = ClipStore(make_store(tmp_path / "q", ("9001",), ("IEO",), silent=silent[:1]))
    with pytest.raises(DatasetError, match=r"none of 1 clips serves.*with sound"):
        SyncWindows(everything.select(everything.clips["emotion"] == "ANG"))


# --- emotion -------------------------------------------------------------------------------------


def test_emotion_windows_carry_the_clips_own_label(store):
    data = EmotionWindows(store)
    for k in range(len(data)):
        item = data.item(0, k)
        assert item["frames"].shape == (5, 3, 96, 96)
        assert int(item["emotion_idx"]) == k % 6 == int(store.emotion_idx[k])


def test_unlabelled_clips_serve_the_generator_only(tmp_path):
    store = ClipStore(make_store(tmp_path / "lrs2", emotions=("",)))
    assert GeneratorWindows(store)[0]["emotion"].sum() == 0
    assert int(GeneratorWindows(store)[0]["emotion_idx"]) == -1
    with pytest.raises(DatasetError, match="labelled"):
        EmotionWindows(store)
    with pytest.raises(DatasetError, match="labelled"):
        GeneratorWindows(store, GeneratorSettings("other_emotion"))


def test_balanced_chances_are_even_over_emotions(store):
    uneven = store.select((store.clips["emotion"] != "SAD") | (store.clips["actor"] == "9001"))
    data = EmotionWindows(uneven)
    chances = data.probabilities()
    assert len(chances) == len(data) and chances.sum() == pytest.approx(1)
    sad = uneven.clips["emotion"].to_numpy()[data.clip_idx] == "SAD"
    assert chances[sad].sum() == pytest.approx(1 / 6)


# --- generator -----------------------------------------------------------------------------------


def test_generator_windows_hold_sound_around_each_frame(store):
    data = GeneratorWindows(store)
    for k in range(len(data)):
        item = data.item(1, k)
        start = int(item["start"])
        assert places_of(item["target_frames"]) == list(range(start, start + 5))
        assert first_step(item["sync_mel"]) == start * 80 // 25
        assert item["mel_windows"].shape == (5, 1, 80, 16)
        for t, window in enumerate(item["mel_windows"]):
            first = (start + t - 2) * 80 // 25  # centred: two frames earlier
            steps = np.arange(first, first + 16)
            n_mels = store.spans[k, 3]
            inside = (steps >= 0) & (steps < n_mels)
            expected = np.where(inside, -4 + steps / 100, -4)
            assert np.allclose(window[0, 0], expected, atol=1e-5)
        assert item["emotion"].sum() == 1 and item["emotion"][int(item["emotion_idx"])] == 1
    item = GeneratorWindows(store, GeneratorSettings(alignment="released_inference")).item(0, 4)
    assert first_step(item["mel_windows"][0]) == int(item["start"]) * 80 // 25


def test_references_of_the_same_clip(store):
    overlapping = 0
    for strategy in ("same_clip", "same_clip_apart"):
        data = GeneratorWindows(store, GeneratorSettings(strategy))
        for epoch in range(4):
            for k in range(len(data)):
                item = data.item(epoch, k)
                away = abs(int(item["start"]) - int(item["reference_start"]))
                assert clip_of(item["reference_frames"]) == {k}
                assert places_of(item["reference_frames"])[0] == int(item["reference_start"])
                assert away > 0
                assert strategy == "same_clip" or away >= 5
                overlapping += strategy == "same_clip" and away < 5
    assert overlapping > 0


@pytest.mark.parametrize("which", ["store", "unpaired"])
def test_counterfactual_references_show_another_emotion_and_where_paired_the_same_pose(
    which, request
):
    store = request.getfixturevalue(which)
    data = GeneratorWindows(store, GeneratorSettings("other_emotion"))
    partners, elsewhere = set(), 0
    for item in sync_items(data):
        k, other_k = int(item["clip_idx"]), int(item["reference_idx"])
        target, other = store.clips.iloc[k], store.clips.iloc[other_k]
        assert other["actor"] == target["actor"] and other["emotion"] != target["emotion"]
        assert other["sentence"] != target["sentence"]
        elsewhere += places_of(item["reference_frames"]) != places_of(item["target_frames"])
        partners.add((k, other_k))
    assert len(partners) > 60
    assert elsewhere == 0 if store.paired else elsewhere > 3 * len(data)


def test_an_actor_of_one_emotion_has_no_counterfactual(tmp_path):
    store = ClipStore(make_store(tmp_path / "one", emotions=("HAP",)))
    with pytest.raises(DatasetError, match=r"actor 9001 shows one emotion only.*fix"):
        GeneratorWindows(store, GeneratorSettings("other_emotion"))
    one_sentence = ClipStore(make_store(tmp_path / "two", sentences=("IEO",)))
    item = GeneratorWindows(one_sentence, GeneratorSettings("other_emotion")).item(0, 0)
    assert one_sentence.clips.iloc[int(item["reference_idx"])]["emotion"] != "ANG"


@pytest.mark.parametrize("mask", ["full", "half", "aligned"])
def test_finished_items_are_floats_with_the_masked_input(store, mask):
    data = GeneratorWindows(store, GeneratorSettings(mask=mask))
    item, raw = data[7], data.item(0, 7)
    assert item["target_frames"].dtype == torch.float32
    back = (item["target_frames"].numpy() * 255).round()
    assert np.array_equal(back, raw["target_frames"])
    faces = item["faces"]
    assert faces.shape == (5, 6, 96, 96) and faces.min() >= 0 and faces.max() <= 1
    assert torch.equal(faces[:, 3:], item["reference_frames"])
    seen = torch.from_numpy(1 - hidden(mask))
    assert torch.equal(faces[:, :3], item["target_frames"] * seen)


def test_a_batch_of_bytes_is_finished_on_the_device(store):
    data = GeneratorWindows(store)
    items = [data.item(0, k) for k in range(4)]
    batch = torch.utils.data.default_collate(items)
    assert batch["target_frames"].dtype == torch.uint8
    floats = finished(batch)
    assert floats["target_frames"].shape == (4, 5, 3, 96, 96)
    assert torch.equal(floats["target_frames"][2], data[2]["target_frames"])
    assert batch["target_frames"].dtype == torch.uint8  # the batch itself is as it was


@pytest.mark.parametrize(
    "wrong",
    [
        lambda store: GeneratorWindows(store, GeneratorSettings("elsewhere")),
        lambda store: GeneratorWindows(store, GeneratorSettings(mask="left"))[0],
        lambda store: SyncWindows(store, negatives=1.5),
    ],
)
def test_unknown_settings_are_refused(store, wrong):
    with pytest.raises(ConfigError, match="expected"):
        wrong(store)


def test_clips_shorter_than_a_window_are_left_out(tmp_path):
    store = ClipStore(make_store(tmp_path / "s", lengths={"IEO": 4, "MTI": 12}))
    for data in (SyncWindows(store), EmotionWindows(store), GeneratorWindows(store)):
        assert set(store.clips["sentence"].to_numpy()[data.clip_idx]) == {"MTI"}
