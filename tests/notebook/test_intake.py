"""Files that come in: whole and readable, or one clear line and nothing on disk."""

import sys

import numpy as np
import pytest

from emolib.base.errors import AudioError, ConfigError, EmolibError, MediaError, MissingExtra
from emolib.media.audio import load_audio, write_wav
from emolib.notebook import intake
from emolib.notebook.intake import Arrival, Reception, fresh, say, take


def arrive(folder, kind, name, data, piece=100_000):
    arrival = Arrival(folder, kind, name, len(data))
    for start in range(0, len(data), piece):
        arrival.add(data[start : start + piece])
    return arrival.finish()


def test_a_file_arrives_in_pieces(tmp_path, face):
    data = face.read_bytes()
    taken = arrive(tmp_path, "face", "me at home.flv", data, piece=7777)
    assert taken.path == tmp_path / "face.flv" and taken.path.read_bytes() == data
    assert taken.name == "me at home.flv"
    assert "480×360" in taken.about and "with sound" in taken.about


def test_a_video_is_a_voice_too(tmp_path, face):
    assert "s of sound" in arrive(tmp_path, "voice", "film.flv", face.read_bytes()).about


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.flv", "C:\\me\\passwd.flv", "", " \n", "x" * 999]
)
def test_names_are_never_paths(tmp_path, face, name):
    taken = arrive(tmp_path / "own", "face", name, face.read_bytes())
    assert taken.path.parent == tmp_path / "own" and taken.path.stem == "face"
    assert "/" not in taken.name and len(taken.name) <= 80 and taken.name
    assert [file.name for file in tmp_path.iterdir()] == ["own"]


@pytest.mark.parametrize(
    ("kind", "name", "data", "told"),
    [
        ("face", "notes.mp4", b"just words\n" * 9, "notes.mp4: text, not media"),
        ("face", "noise.mp4", bytes(range(256)) * 40, "noise.mp4: "),
        ("voice", "noise.wav", bytes(range(256)) * 40, "noise.wav: "),
        ("voice", "stub.wav", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
    ],
)
def test_what_is_no_media_is_refused_and_gone(tmp_path, kind, name, data, told):
    with pytest.raises(EmolibError) as caught:
        arrive(tmp_path, kind, name, data)
    assert told in str(caught.value) and "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_wrong_kind_is_refused(tmp_path, voice, silent_face):
    with pytest.raises(MediaError, match=r"speech\.wav: a sound file"):
        arrive(tmp_path, "face", "speech.wav", voice.read_bytes())
    with pytest.raises(AudioError, match=r"mute\.mp4"):
        arrive(tmp_path, "voice", "mute.mp4", silent_face.read_bytes())
    assert not list(tmp_path.iterdir())


def test_a_short_sound_is_refused_and_a_low_one_remarked(tmp_path):
    short = write_wav(tmp_path / "a.wav", np.full(1600, 0.1, np.float32))
    with pytest.raises(AudioError, match=r"blip\.wav.*100 ms"):
        take(short, "voice", "blip.wav")
    assert not short.exists()
    noise = np.random.default_rng(0).uniform(-0.003, 0.003, 8000).astype(np.float32)
    taken = take(write_wav(tmp_path / "b.wav", noise), "voice", "low.wav")
    assert "0.5 s of sound" in taken.about and "very low" in taken.about


def test_sizes_that_do_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_BYTES", 1000)
    with pytest.raises(MediaError, match="at most"):
        Arrival(tmp_path, "face", "long.mp4", 1001)
    with pytest.raises(MediaError, match="0 bytes"):
        Arrival(tmp_path, "face", "empty.mp4", 0)
    with pytest.raises(ConfigError, match="face or voice"):
        Arrival(tmp_path, "hat", "hat.mp4", 10)
    arrival = Arrival(tmp_path, "face", "more.mp4", 10)
    assert arrival.add(b"12345") == 0.5
    with pytest.raises(MediaError, match="more bytes"):
        arrival.add(b"123456")
    with pytest.raises(MediaError, match="only 0 of 10"):
        Arrival(tmp_path, "face", "less.mp4", 10).finish()
    assert not list(tmp_path.iterdir())


def test_the_page_is_answered(tmp_path, voice):
    desk, data = Reception(tmp_path, "voice"), voice.read_bytes()
    half = len(data) // 2
    begin = {"kind": "begin", "id": "a", "name": "hi.wav", "size": len(data)}
    assert desk.hear(begin, []) == {"kind": "more", "share": 0.0, "id": "a"}
    answer = desk.hear({"kind": "piece", "id": "a"}, [memoryview(data)[:half]])
    assert answer["kind"] == "more" and 0.4 < answer["share"] < 0.6
    assert desk.hear({"kind": "piece", "id": "a"}, [memoryview(data)[half:]])["share"] == 1
    answer = desk.hear({"kind": "end", "id": "a"}, [])
    assert answer == {"kind": "done", "id": "a", "text": "hi.wav: 0.4 s of sound"}
    assert desk.taken.path.read_bytes() == data


def test_the_page_is_refused_in_one_line(tmp_path, voice):
    desk, data = Reception(tmp_path, "face"), voice.read_bytes()
    desk.hear({"kind": "begin", "id": 1, "name": "hi.wav", "size": len(data)}, [])
    desk.hear({"kind": "piece", "id": 1}, [data])
    answer = desk.hear({"kind": "end", "id": 1}, [])
    assert answer["kind"] == "refused" and "a sound file" in answer["text"]
    assert desk.taken is None and not list(tmp_path.iterdir())
    assert desk.hear({"kind": "piece", "id": 1}, [data]) is None
    assert desk.hear({"kind": "begin"}, [])["kind"] == "refused"
    assert desk.hear({}, []) is None


def test_the_page_changes_its_mind(tmp_path, voice):
    desk, data = Reception(tmp_path, "voice"), voice.read_bytes()
    for key in "ab":
        desk.hear({"kind": "begin", "id": key, "name": f"{key}.wav", "size": len(data)}, [])
    desk.hear({"kind": "piece", "id": "a"}, [data])
    desk.hear({"kind": "drop", "id": "a"}, [])
    desk.hear({"kind": "piece", "id": "b"}, [data])
    assert desk.hear({"kind": "end", "id": "b"}, [])["kind"] == "done"
    assert list(tmp_path.iterdir()) == [desk.taken.path]


def test_a_typed_sentence_becomes_a_voice(tmp_path):
    taken = say("Hello there.", "female", "en", tmp_path)
    assert taken.name == "“Hello there.”" and "synthetic speech" in taken.about
    assert len(load_audio(taken.path)) > 8000
    assert say("Hello there.", "male", "en", tmp_path).path != taken.path


@pytest.mark.parametrize("text", ["", "   ", "…", "word " * 100])
def test_nothing_to_say_is_one_line(tmp_path, text):
    with pytest.raises(AudioError) as caught:
        say(text, "female", "en", tmp_path)
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


def test_a_missing_synthesiser_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(MissingExtra, match=r"emolib\[synth\]"):
        say("A sentence nobody has said before.", "female", "en", tmp_path)


def test_names_are_fresh(tmp_path):
    assert fresh(tmp_path, "a", ".mp4").name == "a.mp4"
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a-2.mp4").touch()
    assert fresh(tmp_path, "a", ".mp4").name == "a-3.mp4"
