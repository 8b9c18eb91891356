"""Arrays in files, and the cache of answers: damage, keys, eviction, a cache out of order."""

import logging
import os
import zipfile

import numpy as np
import pytest

from emolib.base import arrays as module
from emolib.base.arrays import ArrayCache, code_sha256, load_arrays, save_arrays
from emolib.base.errors import DatasetError

ANSWER = {"seen": np.arange(6.0).reshape(2, 3), "name": np.array("HAP")}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))


def damaged_files(path):
    """Ways in which an .npz file is found on disks: name → bytes."""
    save_arrays(path, {"x": np.arange(5000)})
    whole = path.read_bytes()
    body = bytearray(whole)
    middle = len(whole) // 3
    body[middle : middle + 40] = bytes(40)
    return {
        "empty": b"",
        "cut": whole[: len(whole) // 2],
        "text": b"not an archive",
        "archive of nothing": b"PK\x05\x06" + bytes(18),
        "bad archive": b"PK\x03\x04" + bytes(40),
        "one array, cut": b"\x93NUMPY\x01\x00",
        "changed inside": bytes(body),
        "a pickle": b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00K\x01.",
    }


def test_a_damaged_file_of_any_kind_is_one_clear_error(tmp_path):
    path = tmp_path / "a.npz"
    for how, content in damaged_files(path).items():
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=r"a\.npz.*damaged"):
            load_arrays(path, "x")
            pytest.fail(how)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': oops!!}")
    with pytest.raises(DatasetError, match=r"expected an \.npz file with x"):
        load_arrays(path, "x")
    with pytest.raises(DatasetError, match="no such file"):
        load_arrays(tmp_path / "absent.npz")
    with pytest.raises(DatasetError, match=r"expected an \.npz file with x, y"):
        save_arrays(path, {"x": np.zeros(3)})
        load_arrays(path, "x", "y")


def test_an_answer_is_made_once_and_known_afterwards():
    made = []

    def make():
        made.append(1)
        return ANSWER

    first, known = ArrayCache("looks", ("media",)).recall({"clip": "a"}, make)
    assert not known
    again, known = ArrayCache("looks", ("media",)).recall({"clip": "a"}, make)
    assert known
    assert len(made) == 1
    for found in (first, again):
        np.testing.assert_array_equal(found["seen"], ANSWER["seen"])
        assert str(found["name"]) == "HAP"
    ArrayCache("looks", ("media",)).recall({"clip": "b"}, make)
    assert len(made) == 2


def test_changed_code_and_libraries_ask_anew(tmp_path, monkeypatch):
    package = tmp_path / "package"
    (package / "metrics").mkdir(parents=True)
    source = package / "metrics" / "sharp.py"
    source.write_text("x = 1")
    (package / "base.py").write_text("")
    monkeypatch.setattr(module, "PACKAGE", package)

    def known() -> bool:
        code_sha256.cache_clear()
        return ArrayCache("looks", ("metrics", "base")).recall("clip", lambda: ANSWER)[1]

    assert [known(), known()] == [False, True]
    source.write_text("x = 2")
    assert [known(), known()] == [False, True]
    (package / "base.py").write_text("y = 1")
    assert [known(), known()] == [False, True]
    (package / "metrics" / "net.bin").write_bytes(b"weights")
    assert [known(), known()] == [False, True]
    monkeypatch.setattr(module, "package_version", lambda name: "next")
    assert [known(), known()] == [False, True]
    code_sha256.cache_clear()


def test_the_least_recently_used_answers_go_first(tmp_path):
    cache = ArrayCache("looks", ("base",), max_bytes=3 * 8_200)
    noise = {name: np.random.default_rng(i).random(1000) for i, name in enumerate("abcd")}

    def known(name: str) -> bool:
        return cache.recall(name, lambda: {"x": noise[name]})[1]

    folder = tmp_path / "cache" / "looks"
    assert [known(name) for name in "abc"] == [False] * 3
    for age, path in enumerate(sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime_ns)):
        os.utime(path, (age, age))  # a, b, c in this order, long ago
    assert known("a")  # used now
    assert not known("d")  # b is the oldest and makes room
    assert sum(path.stat().st_size for path in folder.iterdir()) <= cache.max_bytes
    assert [known(name) for name in "acd"] == [True] * 3
    assert not known("b")


def test_a_damaged_answer_is_made_again(tmp_path):
    cache = ArrayCache("looks", ("base",))
    cache.recall("a", lambda: ANSWER)
    (path,) = (tmp_path / "cache" / "looks").iterdir()
    for content in damaged_files(tmp_path / "x.npz").values():
        path.write_bytes(content)
        assert not cache.recall("a", lambda: ANSWER)[1]
        assert cache.recall("a", lambda: ANSWER)[1]


@pytest.mark.parametrize("fault", ["no folder", "full"])
def test_a_cache_that_cannot_be_used_only_costs_time(tmp_path, monkeypatch, caplog, fault):
    if fault == "no folder":
        (tmp_path / "cache").write_text("a file stands where the cache should be")
    else:
        monkeypatch.setattr(np, "savez_compressed", _disk_full)
    cache = ArrayCache("looks", ("base",))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found, known = cache.recall("a", lambda: ANSWER)
            assert not known
            np.testing.assert_array_equal(found["seen"], ANSWER["seen"])
    assert len(caplog.records) == 1
    assert "not kept in the cache" in caplog.text


def _disk_full(*_, **__):
    raise OSError(28, "No space left on device")
