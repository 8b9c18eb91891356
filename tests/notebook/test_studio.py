"""The studio without a browser: every control pressed, moved to both ends, and asked nonsense."""

import sys

import numpy as np
import pytest

from emolib.base.emotions import EMOTIONS
from emolib.notebook import pickers, studio
from emolib.notebook.order import OWN
from emolib.notebook.pickers import FacePicker, FeelingPicker, VoicePicker
from emolib.notebook.recorder import Recorder
from emolib.notebook.studio import Studio
from emolib.notebook.widgets import emotion_buttons

PATIENCE_S = 60


def send(recorder, name, data):
    """Play the page: send a file to a recorder; returns its last answer."""
    answers = []
    recorder.send = answers.append
    for message, pieces in (
        ({"kind": "begin", "name": name, "size": len(data)}, []),
        ({"kind": "piece"}, [data]),
        ({"kind": "end"}, []),
    ):
        recorder._handle_custom_msg({**message, "id": 1}, pieces)
    return answers[-1]


@pytest.fixture
def desk(talker, tmp_path):
    made = Studio(talker, tmp_path / "films")
    assert made.jobs.wait(PATIENCE_S)
    return made


def settle(desk):
    assert desk.jobs.wait(PATIENCE_S)


def test_six_buttons():
    pad = emotion_buttons()
    chosen = lambda: [b.description for b in pad.children if b.style.button_color]  # noqa: E731
    assert pad.value == "NEU" and chosen() == ["neutral"]
    pad.children[0].click()
    assert pad.value == "ANG" and chosen() == ["anger"]
    with pytest.raises(Exception, match="JOY"):
        pad.value = "JOY"


def test_a_file_is_handed_over(tmp_path, voice):
    recorder = Recorder("voice", tmp_path)
    answer = send(recorder, "hi.wav", voice.read_bytes())
    assert answer["kind"] == "done" and recorder.taken.path.parent == tmp_path
    kept = recorder.taken
    assert send(recorder, "bad.wav", b"words only\n")["kind"] == "refused"
    assert recorder.taken is kept
    assert "getUserMedia" in str(recorder._esm) and ".emolib-drop" in str(recorder._css)


def test_choosing_a_face(tmp_path, face):
    picker = FacePicker(tmp_path)
    assert picker.value == face
    list(picker.buttons.values())[-1].click()
    assert picker.value == list(picker.people.values())[-1]
    picker.way = "File or camera"
    assert picker.value is None
    send(picker.own, "me.flv", face.read_bytes())
    assert picker.value == tmp_path / "face.flv"
    picker.way = pickers.SAMPLE
    assert picker.value == list(picker.people.values())[-1]


def test_choosing_a_voice(tmp_path, voice, monkeypatch):
    picker = VoicePicker(tmp_path)
    assert picker.value == picker.voice.value and picker.player.value[:4] == b"RIFF"
    picker.voice.index = len(picker.voice.options) - 1
    assert picker.value == picker.voice.options[-1][1]
    picker.way = pickers.TYPED
    assert picker.value is None and picker.player.layout.display == "none"
    picker.speak.click()
    assert picker.value is None and "no text" in picker.told.value
    picker.text.value = "Hello."
    assert picker.value == tmp_path / "said.wav" and "synthetic speech" in picker.told.value
    assert picker.player.layout.display == ""
    picker.speak.click()  # said already
    assert picker.value == tmp_path / "said.wav"
    picker.sex.value = "male"
    assert picker.value == tmp_path / "said-2.wav"
    picker.text.value = ""
    assert picker.value is None and picker.told.value == ""
    picker.text.value = "?!"
    assert picker.value is None and "pronounce" in picker.told.value
    picker.way = pickers.OWN_FILE
    send(picker.own, "me.wav", voice.read_bytes())
    assert picker.value == tmp_path / "voice.wav"
    picker.way = pickers.OWN_SOUND
    assert picker.value == OWN
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    picker.way = pickers.TYPED
    picker.text.value = "Something that was never said."
    assert picker.value is None and "emolib[synth]" in picker.told.value


def test_choosing_a_feeling():
    picker = FeelingPicker()
    assert picker.value.name == "happiness"
    picker.strength.value = 0
    assert picker.value.weights[4] == 1
    picker.strength.value = 5  # beyond the end: the slider stops at 1
    assert picker.value.weights[3] == 1
    picker.way = pickers.MIXTURE
    assert picker.value.name == "happiness 50% + sadness 50%" and "<span" in picker.mixed.value
    for share in picker.shares.values():
        share.value = 1
    assert np.allclose(picker.value.weights, 1 / 6)
    for share in picker.shares.values():
        share.value = 0
    assert picker.value is None and "not all 0" in picker.problem
    picker.way = pickers.WALK
    assert picker.value.weights.shape == (4, 6) and not picker.problem
    picker.stations.value = []
    assert picker.value is None and "no stations" in picker.problem
    picker.stations.value = ["fear"]
    assert picker.value.stations == ("FEA",)
    picker.way = pickers.ONE
    assert picker.value.name == "happiness" and not picker.problem


def test_the_studio_opens_with_a_preview(desk, tmp_path):
    assert desk.before.value[:3] == desk.after.value[:3] == b"\xff\xd8\xff"
    assert "loudest" in desk.seen.value and not desk.make.disabled and desk.stop.disabled
    before = desk.after.value
    desk.feeling.emotion.value = "SAD"
    settle(desk)
    assert desk.after.value != before
    assert not (tmp_path / "films").exists()


def test_a_film_is_made_and_shown(desk, voice, tmp_path):
    desk.voice.way = pickers.OWN_FILE
    settle(desk)
    assert "no voice yet" in desk.seen.value and desk.pair.layout.display == "none"
    desk.make.click()
    settle(desk)
    assert "no voice yet" in desk.status.value and desk.film is None
    send(desk.voice.own, "hi.wav", voice.read_bytes())
    settle(desk)
    desk.make.click()
    assert desk.make.disabled and not desk.stop.disabled
    settle(desk)
    assert "0.4 s of film" in desk.status.value and desk.bar.value == 0 and not desk.make.disabled
    (video,) = [part for part in desk.result.children if hasattr(part, "autoplay")]
    assert bytes(video.value) == desk.film.path.read_bytes()
    assert desk.film.path.parent == tmp_path / "films"
    for code in EMOTIONS:
        desk.feeling.emotion.value = code
    desk.feeling.way = pickers.WALK
    desk.make.click()
    desk.feeling.way = pickers.ONE  # while the film is made
    settle(desk)
    settle(desk)
    assert "neutral → happiness" in desk.result.children[0].value
    assert "gradient" in desk.result.children[2].value and "loudest" in desk.seen.value


def test_a_film_is_cancelled(desk, tmp_path, monkeypatch):
    def endless(talker, order, folder, progress, cancel):
        while not cancel():
            progress("frames", 1, 100)
        return talker.stream(order.face, None, "neutral", cancel=cancel)

    monkeypatch.setattr(studio, "make_six", endless)
    desk.six.click()
    desk.six.click()  # twice: the second is not heard
    desk.stop.click()
    settle(desk)
    assert "nothing was written" in desk.status.value and desk.stop.disabled
    assert not (tmp_path / "films").exists()


def test_nothing_sensible_is_asked(desk):
    desk.feeling.way = pickers.MIXTURE
    for share in desk.feeling.shares.values():
        share.value = 0
    settle(desk)
    assert desk.make.disabled and desk.six.disabled and "not all 0" in desk.seen.value
    assert desk.order() is None
    desk.make.click()
    assert desk.film is None and desk.status.value == ""
    desk.feeling.way = pickers.ONE
    settle(desk)
    assert not desk.make.disabled
    desk.face_index.value = 20
    settle(desk)
    assert "face" in desk.seen.value and "emolib-bad" in desk.seen.value
    desk.face_index.value = 99  # the control's own end
    assert desk.face_index.value == 20


def test_a_large_film_is_only_named(desk, voice, monkeypatch):
    monkeypatch.setattr(studio, "MAX_SHOWN", 10)
    send(desk.voice.own, "hi.wav", voice.read_bytes())
    desk.voice.way = pickers.OWN_FILE
    desk.fit.value = "hold"
    desk.make.click()
    settle(desk)
    settle(desk)
    assert not [part for part in desk.result.children if hasattr(part, "autoplay")]
    assert str(desk.film.path) in desk.result.children[-1].value
