"""Files as people have them: each gives a film in time with its sound, or one clear line."""

import tracemalloc
import warnings

import numpy as np
import pytest
from face_scenes import background, clip_of
from film_files import make_sound, make_video
from small_files import save_network
from talkers import voice

from emolib.base.errors import (
    AudioError,
    ConfigError,
    EmolibError,
    FaceError,
    MediaError,
    warnings_as_notes,
)
from emolib.base.files import file_sha256
from emolib.generate import TalkingFace
from emolib.media.video import read_video, write_video

SIZE = {"height": 120, "width": 160}


def scene(n_frames=8, dx=0.5):
    """A small picture with one head of 64 px."""
    places = [(80.0 + dx * k, 62.0, 64.0) for k in range(n_frames)]
    return list(clip_of(places, **SIZE))


def film_of(report):
    frames, info = read_video(report["file"])
    assert info.has_audio
    assert len(frames) == report["frames"]
    return frames


# ------------------------------------------------------------------------ pictures that are made
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ten_bit.mkv", {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
        ("alpha.webm", {"codec": "libvpx-vp9", "pix_fmt": "yuva420p"}),
        ("sideways.mp4", {"rotation": 90}),
        ("fast.mp4", {"fps": 60}),
    ],
)
def test_any_ordinary_video_becomes_a_film_in_time(talker, tmp_path, name, options):
    frames = scene(24 if options.get("fps") == 60 else 8)
    turns = options.get("rotation", 0) // 90
    make_video(tmp_path / name, [np.rot90(f, -turns) for f in frames], **options)
    report = talker.generate_file(tmp_path / name, voice(0.44), "fear", tmp_path / "out.mp4")
    made = film_of(report)
    assert made.shape == (11, 120, 160, 3)
    assert not report["missing"]


def test_a_variable_rate_keeps_its_moments(talker, tmp_path):
    times_ms = [0, 20, 140, 160, 180, 340, 360, 420]
    make_video(tmp_path / "phone.mp4", scene(8, dx=3.0), times_ms=times_ms)
    stream = talker.stream(tmp_path / "phone.mp4", voice(0.4), "sad", fit="trim")
    shown = np.searchsorted(times_ms, (np.arange(len(stream)) + 0.5) * 40, side="right") - 1
    x = stream.boxes[:, ::2].mean(axis=1)
    assert x - x[0] == pytest.approx(3.0 * (shown - shown[0]), abs=3.0)


def test_a_video_of_one_frame_is_a_still(talker, tmp_path):
    make_video(tmp_path / "one.mp4", scene(1))
    clip = talker.generate(tmp_path / "one.mp4", voice(0.4), "happy")
    assert len(clip.frames) == 10
    assert "a still picture" in " ".join(clip.report["notes"])


def test_memory_does_not_grow_with_the_film(talker, tmp_path, monkeypatch):
    """Three times as long, back and forth over a video that is not kept, at the same peak."""
    write_video(tmp_path / "long.mp4", scene(30))
    monkeypatch.setattr("emolib.generate.schedule.KEEP_BYTES", 0)
    monkeypatch.setattr("emolib.generate.schedule.PIECE_BYTES", 8 * 3 * 120 * 160)
    peaks = []
    for seconds in (1.2, 3.6):
        stream = talker.stream(tmp_path / "long.mp4", voice(seconds), "sad")
        tracemalloc.start()
        n_frames = sum(1 for _ in stream)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert n_frames == round(25 * seconds)
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 60 * 3 * 120 * 160  # far fewer than 90 pictures


# --------------------------------------------------------------------------------- sounds
@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("a.mp3", "libmp3lame", 44_100),
        ("a.wav", "pcm_u8", 8_000),
    ],
)
def test_any_ordinary_sound_drives_a_face(talker, tmp_path, name, codec, rate_hz):
    samples = np.resize(voice(0.5), rate_hz // 2)
    make_sound(tmp_path / name, samples, rate_hz, codec=codec)
    clip = talker.generate(np.stack(scene()), tmp_path / name, "fear")
    assert abs(len(clip.frames) / 25 - 0.5) <= 0.08  # MP3 and AAC pad by up to 50 ms
    assert len(clip.audio) == len(clip.frames) * clip.sample_rate_hz // 25


def test_stereo_that_cancels_and_second_tracks_are_told(talker, tmp_path):
    frames = np.stack(scene())
    make_sound(tmp_path / "anti.wav", np.stack([voice(0.4), -voice(0.4)]), 16_000, layout="stereo")
    notes = " ".join(talker.generate(frames, tmp_path / "anti.wav", "sad").report["notes"])
    assert "cancel" in notes
    tracks = [(voice(0.4), 16_000), (voice(0.4, seed=3), 16_000)]
    make_video(tmp_path / "two.mkv", scene(), tracks=tracks)
    notes = talker.generate(tmp_path / "two.mkv", emotion="sad").report["notes"]
    assert sum("2 sound tracks" in note for note in notes) == 1
    first, second = (
        talker.generate(tmp_path / "two.mkv", emotion="sad", audio_track=k).audio for k in (0, 1)
    )
    assert np.abs(first - second).max() > 0.01


def test_ours_become_notes_and_others_stay_warnings():
    with pytest.warns(DeprecationWarning, match="old"), warnings_as_notes() as notes:
        from emolib.base.errors import EmolibWarning

        for _ in range(2):
            warnings.warn("a low level", EmolibWarning, stacklevel=1)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert notes == ["a low level"]


# --------------------------------------------------------------- what is refused in one line
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(talker, tmp_path, film, speech):
    data = bytearray(film.read_bytes())
    for place in np.random.default_rng(1).integers(len(data) // 3, len(data), len(data) // 40):
        data[place] ^= 0xFF
    (tmp_path / "hurt.mp4").write_bytes(data)
    make_sound(tmp_path / "nan.wav", np.r_[voice(0.3), [np.nan] * 9], 16_000, codec="pcm_f32le")
    (tmp_path / "text.mp4").write_text("no film")
    (tmp_path / "empty.wav").write_bytes(b"")
    wall = write_video(tmp_path / "wall.mp4", [background()] * 5)
    out = tmp_path / "out" / "film.mp4"
    cases = [
        (tmp_path / "hurt.mp4", speech, "sad", EmolibError, "damaged|could be decoded|no face"),
        (tmp_path / "text.mp4", speech, "sad", MediaError, "text, not media"),
        (tmp_path, speech, "sad", MediaError, "folder"),
        (speech, speech, "sad", MediaError, "a sound file"),
        (wall, speech, "sad", FaceError, "no face in any of 5 frames"),
        (wall, None, "sad", AudioError, "has no sound"),
        (film, tmp_path / "nan.wav", "sad", AudioError, r"at 0\.3"),
        (film, tmp_path / "empty.wav", "sad", AudioError, "empty file"),
        (film, voice(0.1), "sad", AudioError, "at least 200 ms"),
        (film, speech, "jolly", ConfigError, "unknown emotion"),
    ]
    for face, audio, emotion, kind, says in cases:
        with warnings.catch_warnings(), pytest.raises(kind, match=says) as caught:
            warnings.simplefilter("ignore")
            talker.generate_file(face, audio, emotion, out)
        assert "\n" not in str(caught.value)
        assert not out.parent.exists()
    with pytest.raises(MediaError, match=r"cannot write \.gif"):
        talker.generate_file(film, speech, "sad", out.with_suffix(".gif"))
    for keep in (film, speech):
        with pytest.raises(ConfigError, match="also an input"):
            talker.generate_file(film, speech, "sad", keep, overwrite=True)


# ------------------------------------------------------------------------- names and accidents
@pytest.mark.parametrize("name", ["ä b's %20 -x 😀", "-rf", 'quote"d & 100%d', "x" * 120])
def test_every_file_may_have_a_hard_name(tmp_path, name):
    home = tmp_path / name / ("y" * 150)
    home.mkdir(parents=True)
    weights = save_network(home / f"{name}.safetensors")
    face = write_video(home / f"{name}.mp4", scene(6))
    sound = make_sound(home / f"{name}.wav", voice(0.3), 16_000)
    talker = TalkingFace.load(weights, device="cpu")
    report = talker.generate_file(face, sound, "joy", home / f"{name} out.mp4")
    assert len(film_of(report)) == 8  # 7.5 frames of sound
    assert report["signed"]


def test_inputs_are_never_touched(talker, tmp_path, scene):
    face = write_video(tmp_path / "face.mp4", scene)
    sound = make_sound(tmp_path / "sound.wav", voice(0.3), 16_000)
    before = [file_sha256(face), file_sha256(sound), scene.copy()]
    talker.generate_file(face, sound, "joy", tmp_path / "out.mp4")
    talker.generate(scene, sound, "joy")
    assert [file_sha256(face), file_sha256(sound)] == before[:2]
    assert (scene == before[2]).all()


def test_an_interruption_leaves_nothing(talker, film, tmp_path):
    def interrupt(stage, done, total):
        if stage == "frames":
            raise KeyboardInterrupt

    old = tmp_path / "kept.mp4"
    old.write_bytes(b"an older film")
    for out in (tmp_path / "new" / "film.mp4", old):
        with pytest.raises(KeyboardInterrupt):
            talker.generate_file(film, voice(), "sad", out, progress=interrupt, overwrite=True)
    assert not list((tmp_path / "new").iterdir())
    assert old.read_bytes() == b"an older film"
    assert {path.name for path in tmp_path.iterdir()} == {"new", "kept.mp4"}
