"""Files that come into a notebook: whole and readable, or one clear line and nothing on disk."""

import re
import shutil
import subprocess
import tempfile

import pytest

from emolib.base.errors import ResourceError
from emolib.notebook import recorder
from emolib.notebook.recorder import MODULES, Reception, Recorder
from emolib.notebook.server import LocalServer


def begin(desk, name, size, key="a"):
    return desk.hear({"kind": "begin", "id": key, "name": name, "size": size}, [])


def arrive(desk, name, data, piece=100_000):
    """Its last answer, once a file has been sent in pieces."""
    begin(desk, name, len(data))
    for start in range(0, len(data), piece):
        view = memoryview(data)[start : start + piece]
        assert desk.hear({"kind": "piece", "id": "a"}, [view])["kind"] == "more"
    return desk.hear({"kind": "end", "id": "a"}, [])


def test_a_file_arrives_in_pieces(tmp_path, film):
    desk, data = Reception(tmp_path, "face"), film.read_bytes()
    assert begin(desk, "x", 2) == {"kind": "more", "share": 0.0, "id": "a"}
    assert desk.hear({"kind": "piece", "id": "a"}, [b"1"]) == {
        "kind": "more",
        "share": 0.5,
        "id": "a",
    }
    answer = arrive(desk, "me at home.mp4", data, piece=777)
    assert [*tmp_path.iterdir()] == [desk.taken] and desk.taken.read_bytes() == data
    assert (answer["kind"], answer["id"]) == ("done", "a")
    assert answer["text"].startswith("me at home.mp4: a video, 240×180")
    assert "with sound" in answer["text"]
    assert "s of sound" in arrive(Reception(tmp_path, "voice"), "film.mp4", data)["text"]
    assert desk.hear({"kind": "clear"}, []) is None and desk.taken is None


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.mp4", "C:\\me\\passwd.mp4", "", " \n", "x" * 999, "a.<b>"]
)
def test_names_are_never_paths(tmp_path, film, name):
    desk = Reception(tmp_path / "own", "face")
    told = arrive(desk, name, film.read_bytes())["text"].partition(": a video")[0]
    assert desk.taken.parent == tmp_path / "own" and desk.taken.name.startswith("face-")
    assert "/" not in told and 0 < len(told) <= 80
    assert [file.name for file in tmp_path.iterdir()] == ["own"]


@pytest.mark.parametrize(
    ("kind", "name", "data", "told"),
    [
        ("face", "notes.mp4", b"just words\n" * 9, "notes.mp4: face: this is not a picture"),
        ("voice", "noise.wav", bytes(range(256)) * 40, "noise.wav: voice: "),
    ],
)
def test_what_is_no_media_is_refused_and_gone(tmp_path, kind, name, data, told):
    desk = Reception(tmp_path, kind)
    answer = arrive(desk, name, data)
    assert answer["kind"] == "refused" and told in answer["text"] and "\n" not in answer["text"]
    assert str(tmp_path) not in answer["text"]
    assert desk.taken is None and not list(tmp_path.iterdir())
    assert desk.hear({"kind": "piece", "id": "a"}, [data]) is None


def test_sizes_that_do_not_fit(tmp_path):
    desk = Reception(tmp_path, "face")
    for size, told in ((recorder.LIMITS.max_upload_bytes + 1, "537 MB"), (0, "0 bytes")):
        assert told in begin(desk, "long.mp4", size)["text"]
    begin(desk, "more.mp4", 10)
    assert "more bytes" in desk.hear({"kind": "piece", "id": "a"}, [b"12345678901"])["text"]
    begin(desk, "less.mp4", 10)
    assert "only 0 of 10" in desk.hear({"kind": "end", "id": "a"}, [])["text"]
    assert desk.hear({"kind": "begin"}, [])["kind"] == "refused" and desk.hear({}, []) is None
    assert not list(tmp_path.iterdir())


def test_the_reader_changes_their_mind(tmp_path, voice):
    desk, data = Reception(tmp_path, "voice"), voice.read_bytes()
    for key in "abc":
        begin(desk, f"{key}.wav", len(data), key)
    assert desk.hear({"kind": "piece", "id": "a"}, [data]) is None
    desk.hear({"kind": "drop", "id": "c"}, [])
    assert not list(tmp_path.iterdir())
    assert arrive(desk, "a.wav", data)["kind"] == "done"
    assert list(tmp_path.iterdir()) == [desk.taken]


def test_the_pages_modules_become_one(tmp_path):
    code = Recorder._esm
    assert not re.search(r"^import ", code, re.MULTILINE)
    assert re.findall(r"^export .*", code, re.MULTILINE) == ["export default { render };"]
    for module in MODULES:
        for name in re.findall(
            r"^export (?:async )?(?:function|const) ([\w$]+)", module.read_text(), re.M
        ):
            assert len(re.findall(rf"(?:function|const) {re.escape(name)}[ (]", code)) == 1
    if node := shutil.which("node"):
        (tmp_path / "module.mjs").write_text(code, encoding="utf-8")
        subprocess.run([node, "--check", str(tmp_path / "module.mjs")], check=True)


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ResourceError, match="no-such-option"):
        LocalServer("--no-such-option")
    assert list(tmp_path.iterdir()) == []
