"""Files that come into a notebook: whole and readable, or one clear line and nothing on disk."""

import re
import shutil
import subprocess
import tempfile

import pytest

from emolib.base.errors import ResourceError
from emolib.notebook import recorder
from emolib.notebook.recorder import MODULES, Arrival, Reception, Recorder
from emolib.notebook.server import LocalServer
from emolib.studio.problems import StudioError


def arrive(folder, kind, name, data, piece=100_000):
    arrival = Arrival(folder, kind, name, len(data))
    for start in range(0, len(data), piece):
        arrival.add(data[start : start + piece])
    return arrival.finish()


def test_a_file_arrives_in_pieces(tmp_path, film):
    data = film.read_bytes()
    taken = arrive(tmp_path, "face", "me at home.mp4", data, piece=777)
    assert taken.path.parent == tmp_path and taken.path.read_bytes() == data
    assert taken.name == "me at home.mp4"
    assert "240×180" in taken.about and "with sound" in taken.about
    assert "s of sound" in arrive(tmp_path, "voice", "film.mp4", data).about  # it is a voice too


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.mp4", "C:\\me\\passwd.mp4", "", " \n", "x" * 999, "a.<b>"]
)
def test_names_are_never_paths(tmp_path, film, name):
    taken = arrive(tmp_path / "own", "face", name, film.read_bytes())
    assert taken.path.parent == tmp_path / "own" and taken.path.name.startswith("face-")
    assert "/" not in taken.name and len(taken.name) <= 80 and taken.name
    assert [file.name for file in tmp_path.iterdir()] == ["own"]


@pytest.mark.parametrize(
    ("kind", "name", "data", "told"),
    [
        ("face", "notes.mp4", b"just words\n" * 9, "notes.mp4: face: this is not a picture"),
        ("voice", "noise.wav", bytes(range(256)) * 40, "noise.wav: voice: "),
    ],
)
def test_what_is_no_media_is_refused_and_gone(tmp_path, kind, name, data, told):
    with pytest.raises(StudioError) as caught:
        arrive(tmp_path, kind, name, data)
    assert told in str(caught.value) and "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_sizes_that_do_not_fit(tmp_path):
    for size, told in ((recorder.LIMITS.max_upload_bytes + 1, "537 MB"), (0, "0 bytes")):
        with pytest.raises(StudioError, match=told):
            Arrival(tmp_path, "face", "long.mp4", size)
    arrival = Arrival(tmp_path, "face", "more.mp4", 10)
    assert arrival.add(b"12345") == 0.5
    with pytest.raises(StudioError, match="more bytes"):
        arrival.add(b"123456")
    with pytest.raises(StudioError, match="only 0 of 10"):
        Arrival(tmp_path, "face", "less.mp4", 10).finish()
    assert not list(tmp_path.iterdir())


def test_the_widget_is_answered(tmp_path, voice):
    desk, data = Reception(tmp_path, "voice"), voice.read_bytes()
    half = len(data) // 2
    begin = {"kind": "begin", "id": "a", "name": "hi.wav", "size": len(data)}
    assert desk.hear(begin, []) == {"kind": "more", "share": 0.0, "id": "a"}
    answer = desk.hear({"kind": "piece", "id": "a"}, [memoryview(data)[:half]])
    assert answer["kind"] == "more" and 0.4 < answer["share"] < 0.6
    assert desk.hear({"kind": "piece", "id": "a"}, [memoryview(data)[half:]])["share"] == 1
    answer = desk.hear({"kind": "end", "id": "a"}, [])
    assert answer == {"kind": "done", "id": "a", "text": "hi.wav: 0.2 s of sound"}
    assert desk.taken.path.read_bytes() == data
    assert desk.hear({"kind": "clear"}, []) is None and desk.taken is None


def test_the_widget_is_refused_in_one_line(tmp_path, voice):
    desk, data = Reception(tmp_path, "face"), voice.read_bytes()
    desk.hear({"kind": "begin", "id": 1, "name": "hi.wav", "size": len(data)}, [])
    desk.hear({"kind": "piece", "id": 1}, [data])
    answer = desk.hear({"kind": "end", "id": 1}, [])
    assert answer["kind"] == "refused" and "no picture" in answer["text"]
    assert desk.taken is None and not list(tmp_path.iterdir())
    assert desk.hear({"kind": "piece", "id": 1}, [data]) is None
    assert desk.hear({"kind": "begin"}, [])["kind"] == "refused"
    assert desk.hear({}, []) is None


def test_the_reader_changes_their_mind(tmp_path, voice):
    desk, data = Reception(tmp_path, "voice"), voice.read_bytes()
    for key in "ab":
        desk.hear({"kind": "begin", "id": key, "name": f"{key}.wav", "size": len(data)}, [])
    desk.hear({"kind": "piece", "id": "a"}, [data])
    desk.hear({"kind": "drop", "id": "a"}, [])
    desk.hear({"kind": "piece", "id": "b"}, [data])
    assert desk.hear({"kind": "end", "id": "b"}, [])["kind"] == "done"
    assert list(tmp_path.iterdir()) == [desk.taken.path]


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
