"""Pictures in any order and little memory; faces remembered by content; pauses that rest."""

import tracemalloc

import numpy as np
import pytest
from film_files import number_of, numbered
from PIL import Image
from talkers import voice

from emolib.base.errors import AudioError, EmolibWarning, FaceError, MediaError
from emolib.base.files import cache_dir, file_sha256
from emolib.generate import inputs
from emolib.generate.inputs import (
    find_track,
    fixed_track,
    load_sound,
    rest_in_pauses,
)
from emolib.generate.order import SpokenText
from emolib.generate.schedule import Source, fit_frames
from emolib.media.audio import write_wav
from emolib.media.detect import make_detector
from emolib.media.mel import melspectrogram
from emolib.media.video import read_frames, write_video


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A film of 40 frames that carry their numbers."""
    frames = [numbered(k) for k in range(40)]
    return write_video(tmp_path_factory.mktemp("counted") / "counted.mp4", frames)


@pytest.mark.parametrize("fit", ["loop", "hold", "trim"])
@pytest.mark.parametrize("n_keep", [0, 5, 100])
def test_any_plan_is_read_whatever_fits_in_memory(counted, fit, n_keep, monkeypatch):
    frame_bytes, asked = numbered(0).nbytes, []

    def read(path, **part):
        asked.append(round(25 * part.get("max_seconds", 0)))
        return read_frames(path, **part)

    monkeypatch.setattr("emolib.generate.schedule.PIECE_BYTES", 7 * frame_bytes)
    monkeypatch.setattr("emolib.generate.schedule.KEEP_BYTES", n_keep * frame_bytes)
    monkeypatch.setattr("emolib.generate.schedule.read_frames", read)
    source, plan = Source(counted), fit_frames(40, 95, fit)
    assert len(list(source.first(40))) == 40
    assert [number_of(frame) for frame in source.frames(plan)] == plan.tolist()
    if n_keep == 100:
        assert len(asked) == 1  # what is kept is not decoded again
    elif fit == "loop":
        assert asked[2:8] == [7] * 5 + [4]  # on the way back, one piece at a time


def test_arrays_are_sources_too(scene):
    source = Source(scene)
    assert not source.still
    assert Source(scene[0]).still
    assert source.sha256 != Source(scene[:5]).sha256
    (frame,) = source.frames(np.array([4]))
    assert (frame == scene[4]).all()
    with pytest.raises(MediaError, match="uint8"):
        Source(scene.astype(float))


def find(scene, **more):
    which = {"sha256": "of the clip", "n_frames": 25, "file": "clip"}
    return find_track(iter(scene), make_detector("auto"), 0, **which, **more)


def test_a_track_is_remembered_by_content(scene, monkeypatch):
    track, remembered = find(scene)
    assert not remembered
    monkeypatch.setattr(inputs, "track_faces", None)  # no second look
    again, remembered = find(())
    assert remembered
    for name in ("poses", "seen", "found"):
        assert (getattr(again, name) == getattr(track, name)).all()
    for name in ("cuts", "n_faces", "frozen", "picture_px", "warnings"):
        assert getattr(again, name) == getattr(track, name)


def test_an_upload_is_not_remembered(scene):
    assert not find(scene, remember=False)[1]
    assert not (cache_dir() / "tracks").exists()


def test_a_given_box_needs_no_detector(scene):
    track = fixed_track(iter(scene), (100, 60, 80, 100), "clip")
    assert len(track) == len(scene)
    assert track.boxes[3] == pytest.approx([90, 60, 190, 160])
    for box, says in (((400, 0, 50, 50), "320×240"), ((0, 0, 0, 50), "holds no picture")):
        with pytest.raises(FaceError, match=says):
            fixed_track(iter(scene), box, "clip")
    with pytest.raises(FaceError, match="only 20 px"):
        fixed_track(iter(scene), (0, 0, 20, 20), "clip")


def test_pauses_rest_and_speech_does_not_change():
    samples = voice(1.2)
    hiss = np.random.default_rng(3).normal(0, 3e-4, len(samples)).astype(np.float32)
    samples[6400:12_800] = 0
    mel = melspectrogram(samples + hiss)
    rested = rest_in_pauses(mel)
    assert mel[:, 36:60].max() > -3.5  # the hiss is heard
    assert (rested[:, 36:60] == -4).all()  # and silenced
    loud = mel.max(axis=0) > 0
    assert loud.sum() > 20
    assert (rested[:, loud] == mel[:, loud]).all()


def test_a_very_quiet_voice_is_not_taken_for_a_pause():
    mel = melspectrogram(voice(0.6, level=2e-3))
    assert (rest_in_pauses(mel) == mel).all()


def test_a_silent_sound_is_allowed_and_rests():
    with pytest.warns(EmolibWarning, match="silent"):
        sound = load_sound(np.zeros(16_000, np.float32) + 1e-6)
    assert (sound.mel == -4).all()


def test_files_are_played_at_their_own_brightness(speech):
    sound = load_sound(speech)
    assert sound.rate_hz == 48_000
    assert len(sound.played) == pytest.approx(0.6 * 48_000, abs=48)
    assert load_sound(voice()).rate_hz == 16_000


def test_a_picture_can_be_shrunk_and_keeps_its_hash(scene, tmp_path):
    Image.fromarray(scene[0]).save(tmp_path / "face.png")
    for face in (tmp_path / "face.png", scene[0]):
        source = Source(face, max_picture_px=160)
        (frame,) = source.first(1)
        assert frame.shape == (120, 160, 3)
        (again,) = source.frames(np.array([0]))
        assert (again == frame).all()
    assert Source(tmp_path / "face.png", 160).sha256 == file_sha256(tmp_path / "face.png")


def test_a_text_is_a_sound():
    spoken = load_sound(SpokenText("Oh!"))
    assert len(spoken.played) > 0.3 * 16_000
    assert spoken.sha256 == load_sound(SpokenText("Oh!")).sha256
    assert spoken.sha256 != load_sound(SpokenText("Oh!", voice="male")).sha256


def test_ten_hours_of_sound_cost_no_memory(tmp_path):
    path = tmp_path / "long.wav"
    write_wav(path, voice())
    head, size = bytearray(path.read_bytes()[:44]), 36_000 * 16_000 * 2
    head[4:8], head[40:44] = (n.to_bytes(4, "little") for n in (size + 36, size))
    with path.open("wb") as stream:  # a header, and a hole of 1.15 GB that takes no room
        stream.write(head)
        stream.truncate(size + 44)
    tracemalloc.start()
    with pytest.raises(AudioError, match=r"36000 s.*at most 1800 s"):
        load_sound(path)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
