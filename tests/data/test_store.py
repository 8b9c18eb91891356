"""Reading a clip store: views, splits, counts, and each way in which one can be broken."""

import json
import pickle
import tracemalloc

import numpy as np
import pytest
from tiny_store import make_store, message_of

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.parts import pack
from emolib.data.store import ClipStore


@pytest.fixture
def folder(tmp_path):
    return make_store(tmp_path / "store")


def test_a_clip_is_what_was_packed(folder):
    store = ClipStore(folder)
    assert len(store) == 24 and store.frames.shape == (24 * 25, 96, 96, 3)
    for place in (0, 7, 23):
        clip = store[place]
        n_frames = 30 if clip.sentence == "IEO" else 20
        assert clip.frames.shape == (n_frames, 96, 96, 3) and clip.frames.dtype == np.uint8
        assert (clip.frames[..., 0] == 10 + place).all()
        assert clip.mel.shape == (80, 1 + n_frames * 80 // 25)
        assert clip.mel[0, 3] == pytest.approx(-3.97) and clip.mel[1, 0] == np.float32(place / 100)
        assert clip.boxes.shape == (n_frames, 4)
        assert clip.name == f"{clip.actor}_{clip.sentence}_{clip.emotion}_XX"
    with pytest.raises(IndexError):
        store[24]


def test_nothing_is_loaded_or_written(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    try:
        store = ClipStore(folder)
        assert store.split("train")[0].frames.any()
    finally:
        folder.chmod(0o755)
    for array in (store.frames, store.mel, store.boxes):
        assert isinstance(array, np.memmap) and not array.flags.writeable
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_splits_and_selections_share_the_arrays(folder):
    store = ClipStore(folder)
    train, test = store.split("train"), store.split("test")
    assert set(train.clips["actor"]) == {"9001"} and set(test.clips["actor"]) == {"9002"}
    assert len(train) + len(test) == len(store)
    happy = test.select(test.clips["emotion"] == "HAP")
    assert len(happy) == 2 and set(happy.clips["sentence"]) == {"IEO", "MTI"}
    place = list(store.clips["clip"]).index(happy[0].name)
    assert (happy[0].frames[..., 0] == 10 + place).all()
    message_of(lambda: store.split("dev"), "'dev' is empty", "test, train")


def test_a_worker_maps_the_files_anew(folder):
    test = ClipStore(folder).split("test")
    data = pickle.dumps(test)
    assert len(data) < 5000
    again = pickle.loads(data)
    assert list(again.clips["clip"]) == list(test.clips["clip"])
    assert np.array_equal(again[3].frames, test[3].frames)


def test_statistics_and_balance(folder):
    store = ClipStore(folder)
    numbers = store.statistics()
    assert (numbers["clips"], numbers["actors"], numbers["frames"]) == (24, 2, 600)
    assert numbers["minutes"] == 0.4 and numbers["face_px_in_source"] == 120
    balance = store.class_balance()
    assert list(balance.index) == list(EMOTIONS) and (balance["clips"] == 4).all()
    assert balance["seconds"].sum() == pytest.approx(24)


def test_an_empty_class_is_counted_and_imbalance_can_be_evened_out(tmp_path):
    folder = make_store(tmp_path / "five", emotions=EMOTIONS[:5])
    store = ClipStore(folder)
    assert store.class_balance().loc["SAD", "clips"] == 0
    uneven = store.select(np.arange(len(store)) % 5 != 0)  # no anger at all
    uneven = uneven.select((uneven.clips["emotion"] == "DIS") | (uneven.clips["actor"] == "9001"))
    chances = uneven.balanced_probabilities()
    assert chances.sum() == pytest.approx(1)
    for code in ("DIS", "FEA", "HAP", "NEU"):
        assert chances[uneven.clips["emotion"] == code].sum() == pytest.approx(0.25)


def test_a_broken_store_says_what_is_wrong(folder, tmp_path):
    message_of(lambda: ClipStore(tmp_path), "no clip store here", "emolib prepare", "fix")
    (tmp_path / "half" / "parts").mkdir(parents=True)
    message_of(lambda: ClipStore(tmp_path / "half"), "unfinished")
    data = (folder / "frames.npy").read_bytes()
    (folder / "frames.npy").write_bytes(data[: len(data) // 2])
    message_of(lambda: ClipStore(folder), "frames.npy", "prepare it again")
    (folder / "frames.npy").write_bytes(data)
    table = (folder / "clips.csv").read_text().splitlines()
    (folder / "clips.csv").write_text("\n".join(table[:-3]))
    message_of(lambda: ClipStore(folder), "do not belong together")
    (folder / "clips.csv").write_text("clip,actor\nx,y\n")
    message_of(lambda: ClipStore(folder), "clips.csv", "damaged")


@pytest.mark.parametrize("name", ["frames.npy", "mel.npy", "boxes.npy", "clips.csv", "store.json"])
@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\0" * 5000, b"[]", b"\xff\xfe,\n\xff"])
def test_any_damaged_file_of_a_store_is_named_in_one_line(folder, name, data):
    (folder / name).write_bytes(data)
    message_of(lambda: ClipStore(folder), str(folder / name), "prepare it again")


def test_a_clip_of_another_length_than_its_row_is_not_packed(tmp_path):
    row = {"clip": "a", "n_frames": 5, "n_mels": 17}
    arrays = {
        "frames": np.zeros((4, 8, 8, 3)),
        "mel": np.zeros((17, 80)),
        "boxes": np.zeros((5, 4)),
    }
    message_of(lambda: pack(tmp_path, [row], [arrays], 8), "a", "frames", "(5, 8, 8, 3)")


@pytest.mark.parametrize(
    ("change", "error", "part"),
    [
        ({"format": 99}, DatasetError, "format 99"),
        ({"emotions": ["HAP", "SAD"]}, ConfigError, "HAP SAD"),
        ({"counts": None}, DatasetError, "prepare it again"),
    ],
)
def test_a_store_of_another_kind_is_refused(folder, change, error, part):
    info = json.loads((folder / "store.json").read_text())
    (folder / "store.json").write_text(json.dumps({**info, **change}))
    message_of(lambda: ClipStore(folder), part, error=error)


@pytest.mark.parametrize("n_clips", [10, 80])
def test_packing_holds_one_clip_at_a_time(tmp_path, n_clips):
    row = {"clip": "a", "n_frames": 50, "n_mels": 161}

    def arrays():
        for k in range(n_clips):
            yield {
                "frames": np.full((50, 96, 96, 3), k, np.uint8),
                "mel": np.zeros((161, 80), np.float32),
                "boxes": np.zeros((50, 4), np.float32),
            }

    one_clip = 50 * 96 * 96 * 3
    tracemalloc.start()
    pack(tmp_path, [dict(row) for _ in range(n_clips)], arrays(), 96)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * one_clip + 500_000
    assert np.load(tmp_path / "frames.npy", mmap_mode="r").shape == (50 * n_clips, 96, 96, 3)
