"""The studio without a browser: every control pressed, moved to both ends, and asked nonsense."""

import sys
import time

import pytest
from small_files import save_network

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import Cancelled
from emolib.generate import SpokenText, TalkingFace, emotion_weights
from emolib.media.verify import verify
from emolib.notebook import pickers, studio
from emolib.notebook.pickers import OWN, EmotionPicker, FacePicker, VoicePicker
from emolib.notebook.studio import Studio
from emolib.notebook.widgets import emotion_buttons

PATIENCE_S = 120


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


def settle(desk):
    """Wait until nothing is made any more."""
    end = time.monotonic() + PATIENCE_S
    while any(worker.job for worker in desk.engine.workers) or desk.engine.waiting:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def desk(talker, tmp_path):
    made = Studio(talker, tmp_path / "films")
    settle(made)
    yield made
    made.engine.close()


def test_six_buttons():
    pad = emotion_buttons()
    chosen = lambda: [b.description for b in pad.children if b.style.button_color]  # noqa: E731
    assert pad.value == "NEU" and chosen() == ["neutral"]
    pad.children[0].click()
    assert pad.value == "ANG" and chosen() == ["anger"]
    with pytest.raises(Exception, match="JOY"):
        pad.value = "JOY"


def test_choosing_a_face(tmp_path, face, film):
    picker = FacePicker(tmp_path)
    assert picker.value == face
    list(picker.buttons.values())[-1].click()
    assert picker.value == list(picker.people.values())[-1]
    picker.way = "File or camera"
    assert picker.value is None
    assert send(picker.own, "me.mp4", film.read_bytes())["kind"] == "done"
    assert picker.value.parent == tmp_path and picker.value.read_bytes() == film.read_bytes()
    assert send(picker.own, "bad.mp4", b"words only\n")["kind"] == "refused"
    assert picker.value is None  # the one that is shown is not the one before
    send(picker.own, "me.mp4", film.read_bytes())
    assert picker.value is not None
    picker.own._handle_custom_msg({"kind": "clear"}, [])
    assert picker.value is None
    picker.way = pickers.SAMPLE
    assert picker.value == list(picker.people.values())[-1]


def test_choosing_a_voice(tmp_path, voice, monkeypatch):
    picker = VoicePicker(tmp_path)
    assert picker.value == picker.voice.value and picker.player.value[:4] == b"RIFF"
    picker.voice.index = len(picker.voice.options) - 1
    assert picker.value == picker.voice.options[-1][1]
    picker.way = pickers.TYPED
    assert picker.value is None and picker.player.layout.display == "none"
    picker.text.value = "Hello."
    assert picker.value == SpokenText("Hello.") and picker.player.layout.display == ""
    heard = picker.player.value
    picker.sex.value = "male"
    assert picker.value.voice == "male" and picker.player.value != heard
    for nonsense, told in (("?!", "nothing to say"), ("word " * 100, "at most 300")):
        picker.text.value = nonsense
        assert picker.value is None and told in picker.status.value
    picker.text.value = ""
    assert picker.value is None and picker.status.value == ""
    picker.way = pickers.OWN_FILE
    send(picker.own, "me.wav", voice.read_bytes())
    assert picker.value.read_bytes() == voice.read_bytes()
    picker.way = pickers.OWN_SOUND
    assert picker.value == OWN
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    picker.way = pickers.TYPED
    picker.text.value = "Something that was never said."
    assert picker.value is None and "emolib[synth]" in picker.status.value


def test_choosing_an_emotion():
    picker = EmotionPicker()
    assert picker.value == {"emotion": "HAP", "strength": 1.0}
    picker.strength.value = 5  # beyond the end: the slider stops at 1
    assert picker.value["strength"] == 1.0
    picker.strength.value = 0
    assert emotion_weights(**picker.value)[4] == 1
    picker.way = pickers.MIXTURE
    assert picker.value["mixture"]["SAD"] == 1.0 and "happiness 50%" in picker.mixed.value
    for share in picker.shares.values():
        share.value = 0
    assert picker.value is None and "not all 0" in picker.problem and picker.mixed.value == ""
    picker.way = pickers.WALK
    assert len(picker.value["mixture"]) == 4 and "gradient" in picker.walked.value
    picker.stations.value = []
    assert picker.value is None and "no stations" in picker.problem
    picker.stations.value = ["fear"]
    assert picker.value == {"mixture": ["fear"]} and not picker.problem


def test_the_studio_opens_with_a_preview(desk, tmp_path):
    assert desk.before.value[:3] == desk.after.value[:3] == b"\xff\xd8\xff"
    assert "loudest" in desk.seen.value and not desk.make.disabled and desk.stop.disabled
    before = desk.after.value
    desk.emotion.emotion.value = "SAD"
    settle(desk)
    assert desk.after.value != before
    assert not (tmp_path / "films").exists()


def test_a_film_is_made_and_shown(desk, voice, film, tmp_path):
    desk.voice.way = pickers.OWN_FILE
    settle(desk)
    assert "no voice yet" in desk.seen.value and desk.pair.layout.display == "none"
    desk.make.click()
    assert desk.make.disabled and not desk.making and desk.film is None
    send(desk.voice.own, "hi.wav", voice.read_bytes())
    desk.make.click()
    assert desk.make.disabled and not desk.stop.disabled
    settle(desk)
    assert "0.2 s of film" in desk.status.value and desk.bar.value == 0 and not desk.make.disabled
    (video,) = [part for part in desk.result.children if hasattr(part, "autoplay")]
    assert bytes(video.value) == desk.film.read_bytes()
    assert desk.film.parent == tmp_path / "films" and desk.film.name.endswith("_happiness.mp4")
    assert verify(desk.film).generated
    for code in EMOTIONS:
        desk.emotion.emotion.value = code
    desk.emotion.way = pickers.WALK
    desk.make.click()
    desk.emotion.way = pickers.ONE  # while the film is made
    settle(desk)
    settle(desk)
    assert "neutral → happiness" in desk.result.children[0].value
    assert "gradient" in desk.result.children[2].value and "loudest" in desk.seen.value


def test_a_face_without_a_sound_of_its_own(desk, silent_film):
    desk.voice.way = pickers.OWN_SOUND
    settle(desk)
    assert "loudest" in desk.seen.value
    desk.face.way = "File or camera"
    send(desk.face.own, "mute.mp4", silent_film.read_bytes())
    settle(desk)
    assert "no sound of its own" in desk.seen.value


def test_a_film_is_cancelled(desk, tmp_path, monkeypatch):
    def endless(talker, job, stopped):
        while not stopped():
            job.advance("frames", 1, 100)
            time.sleep(0.01)
        raise Cancelled("cancelled")

    monkeypatch.setattr("emolib.studio.films.make_job", endless)
    desk.six.click()
    desk.six.click()  # twice: the second is not heard
    desk.stop.click()
    settle(desk)
    assert "nothing was written" in desk.status.value and desk.stop.disabled
    assert not (tmp_path / "films").exists()


def test_nothing_sensible_is_asked(desk):
    desk.emotion.way = pickers.MIXTURE
    for share in desk.emotion.shares.values():
        share.value = 0
    settle(desk)
    assert desk.make.disabled and desk.six.disabled and "not all 0" in desk.seen.value
    desk.make.click()
    assert desk.film is None
    desk.emotion.way = pickers.ONE
    settle(desk)
    assert not desk.make.disabled
    desk.face_index.value = 20
    settle(desk)
    assert "face" in desk.seen.value and "emolib-bad" in desk.seen.value
    desk.face_index.value = 99  # the control's own end
    assert desk.face_index.value == 20


def test_six_of_a_network_without_emotion_says_so(tmp_path):
    talker = TalkingFace.load(save_network(tmp_path / "a.safetensors", emotion=None), "cpu")
    desk = Studio(talker, tmp_path / "films")
    settle(desk)
    desk.six.click()
    settle(desk)
    assert "knows no emotions" in desk.status.value
    desk.engine.close()


def test_a_large_film_is_only_named(desk, voice, monkeypatch):
    monkeypatch.setattr(studio, "MAX_SHOWN", 10)
    send(desk.voice.own, "hi.wav", voice.read_bytes())
    desk.voice.way = pickers.OWN_FILE
    desk.fit.value = "hold"
    desk.make.click()
    settle(desk)
    settle(desk)
    assert not [part for part in desk.result.children if hasattr(part, "autoplay")]
    assert str(desk.film) in desk.result.children[-1].value
