"""From a face, a voice and an emotion to a clip: what must hold whatever the network has learnt."""

import json
from datetime import datetime

import numpy as np
import pytest
import torch
from face_scenes import background, clip_of, put_head
from small_files import save_network
from talkers import places, voice

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import Cancelled, ConfigError, FaceError, ResourceError
from emolib.base.files import file_sha256
from emolib.generate import TalkingFace
from emolib.generate.schedule import ease
from emolib.media.image import label_seen
from emolib.media.verify import verify
from emolib.media.video import read_video
from emolib.models.checkpoint import InputRules


def outside(clip):
    """(T, H, W) bool: pixels that the face's box does not touch."""
    _, height, width, _ = clip.frames.shape
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    return np.stack([(x < a) | (x > c) | (y < b) | (y > d) for a, b, c, d in clip.boxes])


def difference(one, other):
    """Mean absolute difference in grey levels."""
    return float(np.abs(one.astype(int) - other).mean())


# the picture


def test_the_picture_outside_the_face_is_untouched(talker, scene):
    clip = talker.generate(scene, voice(), "happiness")
    free = outside(clip)
    assert (clip.frames[free] == scene[free]).all()
    assert 0.6 < free.mean() < 0.95
    assert difference(clip.frames[~free], scene[~free]) > 5  # and the face is not


def test_an_untrained_composite_gives_nearly_the_source(newborn, scene):
    clip = newborn.generate(scene, voice(), "happiness")
    worst = np.abs(clip.frames.astype(int) - scene).max()
    assert 0 < worst < 8


def test_native_painting_keeps_detail_that_96_pixels_lose(newborn):
    scene = np.stack(list(clip_of(places(3, x=240, y=220, size=260), height=480, width=480)))
    pores = np.random.default_rng(0).normal(0, 6, (*scene.shape[1:3], 1))
    scene = np.clip(scene + pores, 0, 255).astype(np.uint8)
    sharp = newborn.generate(scene, voice(), "neutral")
    soft = newborn.generate(scene, voice(), "neutral", native=False)
    inside = ~outside(sharp)[:3]

    def detail(frames):
        return float(np.abs(np.diff(frames.astype(int), axis=2))[inside[:, :, 1:]].mean())

    assert detail(sharp.frames[:3]) > 0.95 * detail(scene)
    assert detail(soft.frames[:3]) < 0.8 * detail(scene)
    assert soft.report["native"] is False


def test_the_papers_head_is_pasted_without_an_edge(tmp_path, scene):
    path = save_network(tmp_path / "rgb.safetensors", head="rgb", recipe="SEQ")
    clip = TalkingFace.load(path, device="cpu").generate(scene, voice(), "sadness")
    free = outside(clip)
    assert (clip.frames[free] == scene[free]).all()
    assert difference(clip.frames[~free], scene[~free]) > 5
    x0, y0, _, y1 = np.round(clip.boxes[0]).astype(int)
    rows = slice(y0 + 30, y1 - 30)
    steps = [difference(clip.frames[0, rows, x0 + k], scene[0, rows, x0 + k]) for k in range(14)]
    assert steps[-1] > 30
    assert steps[0] < 0.03 * steps[-1]  # it fades in from nothing
    assert steps[1] < 0.1 * steps[-1]


def test_odd_sizes_and_faces_cut_by_the_edge(talker, tmp_path):
    frames = list(clip_of(places(4, x=30, y=90, size=100), height=179, width=241))
    clip = talker.generate(np.stack(frames), voice(0.2), "fear")
    assert clip.frames.shape[1:] == (179, 241, 3)
    assert clip.boxes[0, 0] < 0
    written = clip.save(tmp_path / "odd.mp4")
    back, _ = read_video(written.path)
    assert back.shape[1:] == (180, 242, 3)


# what drives it


def test_emotion_sound_and_picture_all_matter(talker, scene):
    scene = scene[:4]
    made = {code: talker.generate(scene, voice(0.2), code).frames for code in EMOTIONS}
    for code in EMOTIONS[1:]:
        assert difference(made[code], made["ANG"]) > 0.01
    assert difference(talker.generate(scene, voice(0.2, seed=5), "ANG").frames, made["ANG"]) > 0.01


def test_strength_and_mixture_lie_between(talker, scene):
    full, none = (talker.generate(scene, voice(), "HAP", strength=s).frames for s in (1.0, 0.0))
    neutral = talker.generate(scene, voice(), "neutral").frames
    assert (none == neutral).all()
    half = talker.generate(scene, voice(), "HAP", strength=0.5)
    assert 0 < difference(half.frames, full) < difference(none, full)
    mixed = talker.generate(scene, voice(), mixture={"HAP": 1, "NEU": 1})
    assert (mixed.frames == half.frames).all()
    assert half.report["emotion"] == {"HAP": 0.5, "NEU": 0.5}


def test_a_walk_begins_and_ends_at_its_stations(talker, scene):
    walk = talker.generate(scene, voice(), mixture=np.eye(6)[[0, 3]]).frames
    assert (walk[0] == talker.generate(scene, voice(), "ANG").frames[0]).all()
    end = talker.generate(scene, voice(), "HAP").frames
    assert (walk[-1, 160:] == end[-1, 160:]).all()  # below the nose at once, above it soon
    assert difference(walk[-1], end[-1]) < 0.2 * difference(walk[0], end[0])


def test_each_frame_hears_its_own_moment(talker, scene):
    """Sound that begins at frame 6 changes nothing before its mel window is reached."""
    still = np.repeat(scene[:1], 14, axis=0)
    late, quiet = np.zeros(14 * 640, np.float32), np.zeros(14 * 640, np.float32)
    late[8 * 640 :] = voice(6 * 640 / 16_000)
    quiet[13 * 640 :] = late[13 * 640 :]
    one, other = (talker.generate(still, sound, "ANG").frames for sound in (late, quiet))
    changed = [k for k in range(14) if (one[k] != other[k]).any()]
    # the window of frame k ends 3 frames after it, and the first mel steps reach 25 ms ahead
    assert changed[0] in (5, 6)
    assert len(changed) >= 6


def test_an_instant_of_silence_shows_the_resting_mouth(talker, scene):
    still = np.repeat(scene[:1], 20, axis=0)
    sound = np.zeros(20 * 640, np.float32)
    sound[: 8 * 640] = voice(8 * 640 / 16_000)
    place = {"box": (100, 70, 100, 100)}
    frames = talker.generate(still, sound, "ANG", **place).frames[:, 130:]
    hiss = np.random.default_rng(0).normal(0, 3e-4, len(sound)).astype(np.float32)
    noisy = talker.generate(still, sound + hiss, "ANG", **place).frames[:, 130:]
    spoken = difference(frames[4], frames[14])
    assert spoken > 0.05
    assert max(difference(frame, frames[14]) for frame in frames[14:]) < 0.02 * spoken
    assert max(difference(frame, frames[14]) for frame in noisy[14:]) < 0.02 * spoken  # nor hiss


def test_a_network_without_emotion_says_so(tmp_path, scene):
    path = tmp_path / "w2l.safetensors"
    save_network(path, emotion=None, head="rgb", recipe="WAV2LIP", inputs=InputRules("half"))
    talker = TalkingFace.load(path, device="cpu")
    assert talker.engine.rules.mask == "half"
    clip = talker.generate(scene, voice(), "happiness")
    assert "knows no emotions" in clip.report["notes"][0]
    assert (clip.frames == talker.generate(scene, voice()).frames).all()


def test_a_walk_claims_what_its_frames_were_given(talker, scene):
    clip = talker.generate(scene, voice(), mixture=np.eye(6)[[4, 3, 3, 3]])
    assert clip.facts.emotion["HAP"] == pytest.approx(0.8)  # of ten frames, not 3 of 4 stations
    assert clip.facts.more["walk"] == [{"NEU": 1.0}, *[{"HAP": 1.0}] * 3]


# length and sync


@pytest.mark.parametrize("seconds", [0.2, 0.41, 0.75, 1.13])
def test_output_lasts_as_long_as_the_sound(talker, film, tmp_path, seconds):
    report = talker.generate_file(film, voice(seconds), "fear", tmp_path / "out.mp4")
    frames, info = read_video(tmp_path / "out.mp4")
    assert len(frames) == report["frames"]
    assert abs(len(frames) / 25 - seconds) <= 0.04
    assert info.has_audio


def test_looped_frames_are_the_sources_in_ping_pong(newborn, scene):
    clip = newborn.generate(scene[:4], voice(0.48), "fear")
    order = [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]
    nearest = [int(np.argmin([difference(f, s) for s in scene[:4]])) for f in clip.frames]
    assert nearest == order
    assert "runs back and forth" in clip.report["notes"][0]


def test_trim_cuts_the_sound_too(talker, scene):
    clip = talker.generate(scene[:6], voice(0.6), "fear", fit="trim")
    assert len(clip.frames) == 6
    assert len(clip.audio) == 6 * 640


def test_a_picture_talks_as_long_as_the_sound(talker, scene, tmp_path):
    import cv2

    path = tmp_path / "face.png"
    cv2.imwrite(str(path), scene[0][..., ::-1])
    clip = talker.generate(path, voice(0.6), "happy")
    assert clip.frames.shape == (15, *scene.shape[1:])
    assert "still picture" in clip.report["notes"][0]
    assert len({frame.tobytes() for frame in clip.frames}) > 5  # it moves


def test_the_face_videos_own_sound_is_used_when_none_is_given(talker, film):
    clip = talker.generate(film, emotion="sad")
    assert len(clip.frames) == 10
    with pytest.raises(ConfigError, match="pass the audio"):
        talker.generate(clip.frames, emotion="sad")


# the face goes missing, or there are several


@pytest.fixture(scope="module")
def interrupted():
    """30 frames; the face is away in 8 to 21."""
    where = places(30, dx=0.5)
    where[8:22] = [None] * 14
    return np.stack(list(clip_of(where)))


def test_frames_without_a_face_pass_and_keep_time(talker, interrupted):
    clip = talker.generate(interrupted, voice(1.2), "fear")
    assert len(clip.frames) == 30
    (first, end), *others = clip.report["missing"]
    assert not others
    assert 6 <= first <= 9
    assert 20 <= end <= 23
    assert (clip.frames[first:end] == interrupted[first:end]).all()
    present = [*range(first), *range(end, 30)]
    assert all((clip.frames[k] != interrupted[k]).any() for k in present)
    assert any("left alone" in note for note in clip.report["notes"])


def test_the_face_comes_and_goes_softly():
    found = np.ones(20, bool)
    assert (ease(found) == 1).all()
    found[8:11] = False
    shown = ease(found)
    assert (shown[8:11] == 0).all()
    assert shown[3:8] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2])
    assert shown[11:16] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert (shown[:3] == 1).all() and (shown[16:] == 1).all()


def test_missing_faces_can_be_held_or_refused(talker, interrupted):
    clip = talker.generate(interrupted, voice(1.2), "fear", on_missing="hold")
    first, end = clip.report["missing"][0]
    assert (clip.frames[first:end] == clip.frames[first - 1]).all()
    with pytest.raises(FaceError, match=r"frames \d+-\d+.*--on-missing pass"):
        talker.generate(interrupted, voice(1.2), "fear", on_missing="error")
    with pytest.raises(ConfigError, match="pass, error, hold"):
        talker.generate(interrupted, voice(1.2), "fear", on_missing="skip")


def test_of_several_faces_the_largest_speaks_or_the_one_asked_for(talker):
    wall = background(240, 400)
    both = [put_head(put_head(wall, 110 + k, 120, 110), 310, 120, 70) for k in range(8)]
    large = talker.generate(np.stack(both), voice(0.3), "fear")
    small = talker.generate(np.stack(both), voice(0.3), "fear", face_index=1)
    assert large.boxes[0, ::2].mean() == pytest.approx(110, abs=8)
    assert small.boxes[0, ::2].mean() == pytest.approx(310, abs=8)
    assert large.report["faces"] == 2
    assert any("--face-index" in note for note in large.report["notes"])
    with pytest.raises(FaceError, match="0 to 1"):
        talker.generate(np.stack(both), voice(0.3), "fear", face_index=2)


def test_a_given_box_is_taken_at_its_word(talker):
    wall = np.stack([background()] * 5)
    clip = talker.generate(wall, voice(0.2), "fear", box=(100, 50, 120, 120))
    assert (clip.boxes == [100, 50, 220, 170]).all()
    with pytest.raises(FaceError, match=r"no face in any of 5 frames.*--box"):
        talker.generate(wall, voice(0.2), "fear")


# streams, memory, files


def test_a_stream_gives_the_clips_frames(talker, film):
    clip = talker.generate(film, voice(0.6), "happy")
    stream = talker.stream(film, voice(0.6), "happy")
    assert len(stream) == 15
    assert np.array_equal(np.stack(list(stream)), clip.frames)
    assert set(stream.report["seconds_per_stage"]) >= {"sound", "faces", "network", "paint"}


def test_lack_of_memory_halves_the_batch(checkpoint, scene, monkeypatch):
    talker = TalkingFace.load(checkpoint, device="cpu")
    whole = talker.generate(scene, voice(), "happy").frames
    forward, sizes = talker.engine.network.forward, []

    def cramped(mel, faces, *more, **options):
        sizes.append(len(faces))
        if len(faces) > limit:
            raise torch.OutOfMemoryError("too large")
        return forward(mel, faces, *more, **options)

    limit = 2
    monkeypatch.setattr(talker.engine.network, "forward", cramped)
    assert np.abs(talker.generate(scene, voice(), "happy").frames.astype(int) - whole).max() <= 1
    assert sizes[0] == 8
    assert talker.engine.batch == 2
    limit = 0
    with pytest.raises(ResourceError, match="--device cpu"):
        talker.generate(scene, voice(), "happy")


def test_progress_counts_up_and_cancel_stops_without_a_file(talker, film, speech, tmp_path):
    seen = []
    talker.generate_file(
        film, speech, "sad", tmp_path / "a.mp4", progress=lambda *step: seen.append(step)
    )
    faces, frames = ([s for s in seen if s[0] == stage] for stage in ("faces", "frames"))
    assert [done for _, done, _ in faces] == sorted(done for _, done, _ in faces)
    assert frames[-1] == ("frames", 15, 15)

    out = tmp_path / "b" / "b.mp4"
    with pytest.raises(Cancelled):
        talker.generate_file(
            film, speech, "sad", out, cancel=lambda: any(s[0] == "frames" for s in seen)
        )
    assert not out.parent.exists() or list(out.parent.iterdir()) == []


def test_a_file_carries_its_marks_and_its_history(talker, checkpoint, film, speech, tmp_path):
    out = tmp_path / "ä b's %20 -x 😀" / "-out.mp4"
    report = talker.generate_file(film, speech, "happiness", out, strength=0.5)
    json.dumps(report)  # plain values
    assert report["signed"]
    verdict = verify(out)
    assert verdict.state == "signed"
    facts = verdict.facts
    assert facts["emotion"] == {"HAP": 0.5, "NEU": 0.5}
    assert facts["model_sha256"] == file_sha256(checkpoint)
    assert facts["inputs"] == {"face": file_sha256(film), "audio": file_sha256(speech)}
    assert datetime.fromisoformat(facts["made_at"]).utcoffset() is not None
    assert label_seen(read_video(out)[0][-1]) > 0.8


def test_saving_a_clip_labels_a_copy(talker, film, tmp_path):
    clip = talker.generate(film, voice(), "happy")
    before = clip.frames.copy()
    assert clip.save(tmp_path / "out.mp4").visible_label
    assert (clip.frames == before).all()
    assert label_seen(clip.frames[0]) < 0.6
    with pytest.raises(ConfigError, match="--overwrite"):
        clip.save(tmp_path / "out.mp4")
    with pytest.raises(ConfigError, match="also an input"):
        clip.save(film, overwrite=True)


def test_the_same_inputs_give_the_same_frames(talker, film, speech):
    one, two = (talker.generate(film, speech, "sad") for _ in range(2))
    assert not one.report["track_remembered"]
    assert two.report["track_remembered"]
    assert (one.frames == two.frames).all()
    assert one.facts.inputs == two.facts.inputs


def test_a_preview_is_one_frame_of_it(talker, scene, film):
    picture = talker.preview(scene, voice(), "anger")
    assert picture.shape == scene.shape[1:]
    assert 0.5 < difference(picture, scene[0]) < 60
    assert talker.preview(film, emotion="anger").shape == scene.shape[1:]
