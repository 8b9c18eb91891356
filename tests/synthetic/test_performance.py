"""Performances: closures close, rounding rounds, emotions show, and paired means paired."""

from itertools import pairwise

import numpy as np
import pytest

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError
from emolib.synthetic import behaviour
from emolib.synthetic.espeak import transcribe
from emolib.synthetic.expressions import RECIPES, Style, express
from emolib.synthetic.head import GAZE_RAD, UNIT_INDEX, UNITS, recipe_units, sides
from emolib.synthetic.performance import perform
from emolib.synthetic.sentences import ALL_SENTENCES
from emolib.synthetic.speech import Phone, Speech, Voice, speak
from emolib.synthetic.visemes import (
    VISEMES,
    articulate,
    bilabial_times,
    closures,
    segments,
    visemes_of,
)

GAZE = [i for n, i in UNIT_INDEX.items() if n.startswith("eyeLook")]


@pytest.fixture(scope="module")
def speech():
    return speak("Maybe tomorrow it will be cold.", Voice.from_seed(3, "female"))


def unit(acted, name):
    return acted.weights[:, sides(name)].mean(1)


def made_up(*phones, seconds=1.0):
    """Speech with given phones and steady loudness."""
    samples = np.full(int(seconds * 16_000), 0.05, np.float32)
    return Speech(samples, tuple(Phone(i, a, b, b) for i, a, b in phones), "made up")


def test_every_sound_of_every_sentence_has_a_mouth_shape():
    for language, name in (("en", "en-us"), ("hi", "hi")):
        texts = [s.text for s in ALL_SENTENCES.values() if s.language == language]
        for ipa, clause in transcribe(" ".join(texts), name):
            for phone in ipa.replace("_", " ").split():
                assert visemes_of(phone), f"{phone!r} in {clause!r}"


@pytest.mark.parametrize(
    ("ipa", "shapes"),
    [
        *(("m", (1,)), ("v", (2,)), ("ð", (3,)), ("tʃ", (5,)), ("w", (8,)), ("aɪ", (12, 10))),
        *(("oʊ", (9, 8)), ("iː", (10,)), ("bʰ", (1,)), ("ɔːɹ", (9, 7)), ("ɛ̃", (10,)), ("", ())),
    ],
)
def test_sounds_to_shapes(ipa, shapes):
    assert visemes_of(ipa) == shapes


def test_segments_cover_the_clip_without_gaps_of_meaning(speech):
    parts = segments(speech.phonemes, speech.duration_s)
    assert parts[0].viseme == parts[-1].viseme == 0
    assert all(a.start_s <= b.start_s for a, b in pairwise(parts))
    assert parts[-1].end_s >= speech.duration_s


def test_one_row_a_frame_with_the_right_types_the_same_each_time(speech):
    acted, again = (perform(speech, "HAP", "HI", seed=3, fps=30) for _ in range(2))
    assert np.array_equal(acted.weights, again.weights) and np.array_equal(acted.pose, again.pose)
    n = int(speech.duration_s * 30)
    assert acted.weights.shape == (n, 52) and acted.weights.dtype == np.float32
    assert acted.pose.shape == (n, 6) and acted.pose.dtype == np.float32
    assert acted.viseme.shape == (n,) and acted.viseme.max() < len(VISEMES)
    assert len(acted) == n and len(UNITS) == 52
    assert np.isfinite(acted.weights).all() and acted.weights.min() >= 0


@pytest.mark.parametrize("fps", [12, 25, 30, 60])
def test_lips_shut_on_every_bilabial_whatever_the_emotion(speech, fps):
    times = bilabial_times(speech.phonemes)
    assert len(times) == 4  # m b m b
    for emotion in EMOTIONS:
        acted = perform(speech, emotion, "HI", seed=3, fps=fps)
        for time_s in times:
            k = int(time_s * fps)
            near = slice(max(k - 1, 0), k + 2)
            parted = sum(unit(acted, n)[near] for n in ("jawOpen", "mouthUpperUp"))
            shut = parted + unit(acted, "mouthLowerDown")[near]
            assert shut.min() < 0.02, (emotion, time_s)
            assert unit(acted, "mouthPress")[near].max() > 0.2


def test_the_shut_part_is_never_missed_between_two_frames():
    times_s = (np.arange(20) + 0.5) / 25
    for start in np.linspace(0.2, 0.24, 9):
        shut = closures((Phone("p", start, start + 0.01, start + 0.004),), times_s, 1 / 25)
        assert shut.max() == 1.0


def test_lower_lip_under_the_teeth_on_f_and_v():
    said = articulate(made_up(("ɑː", 0.2, 0.4), ("f", 0.4, 0.52), ("ɑː", 0.52, 0.7)), 50)
    tuck, jaw = said.channels[:, 4], said.channels[:, 0]
    k = int(0.46 * 50)
    assert tuck[k] > 0.8 and tuck[int(0.3 * 50)] < 0.2
    assert jaw[k] < 0.5 * jaw[int(0.3 * 50)]


def test_rounding_is_anticipated_and_vowels_differ():
    said = articulate(made_up(("s", 0.2, 0.35), ("t", 0.35, 0.45), ("uː", 0.45, 0.7)), 50)
    plain = articulate(made_up(("s", 0.2, 0.35), ("t", 0.35, 0.45), ("iː", 0.45, 0.7)), 50)
    k = int(0.4 * 50)  # in the t, before either vowel
    assert said.channels[k, 1] > 0.3 > 0.1 > plain.channels[k, 1]
    assert plain.channels[int(0.6 * 50), 3] > 0.3 > said.channels[int(0.6 * 50), 3]


def test_mouth_opening_follows_loudness_without_delay():
    curves = []
    for seed in range(3):
        said = speak(ALL_SENTENCES["WSI"].text, Voice.from_seed(seed, "female"))
        acted = perform(said, "NEU", seed=seed, fps=25)
        opening, n = unit(acted, "jawOpen"), len(acted)
        rms = [np.std(said.samples[k * 640 : (k + 1) * 640]) for k in range(n)]
        shifted = ((opening[4 + d : n - 4 + d], rms[4 : n - 4]) for d in range(-4, 5))
        curves.append([np.corrcoef(*pair)[0, 1] for pair in shifted])
    mean = np.mean(curves, axis=0)
    assert mean.argmax() == 4 and mean[4] > 0.5


def test_neutral_is_neutral_and_the_others_are_not(speech):
    neutral = perform(speech, "NEU", seed=5, paired=True)
    assert neutral.strength.max() == 0
    for name in ("browDown", "browInnerUp", "noseSneer", "eyeWide", "mouthFrown", "cheekSquint"):
        assert unit(neutral, name).max() == 0
    for emotion in set(EMOTIONS) - {"NEU"}:
        acted = perform(speech, emotion, "HI", seed=5, paired=True)
        assert np.abs(acted.weights - neutral.weights).max() > 0.5


def test_levels_grow(speech):
    strong = [
        unit(perform(speech, "ANG", level, seed=2, paired=True), "browDown").max()
        for level in ("LO", "XX", "HI")
    ]
    assert strong == sorted(strong) and strong[0] < 0.6 * strong[-1]


@pytest.mark.parametrize("seed", range(4))
def test_a_smile_is_there_before_the_first_word_and_lasts_through_pauses(seed):
    said = made_up(("ɑː", 0.5, 0.8), ("uː", 0.8, 1.1), ("iː", 1.6, 1.9), seconds=2.4)
    smile = unit(perform(said, "HAP", "HI", seed=seed, fps=50, paired=True), "mouthSmile")
    pause = smile[int(1.3 * 50) : int(1.45 * 50)]
    assert smile[0] > 0.45 * smile.max()  # before the first word
    assert pause.min() > 0.8 * smile.max()
    assert smile[-1] > 0.75 * smile.max()
    assert smile[int(0.95 * 50)] < 0.7 * pause.min()  # rounding takes the corners


def test_brows_and_mouth_come_at_their_own_time():
    times_s = np.arange(0, 2, 0.02)
    apart = []
    for seed in range(8):
        felt, _ = express(times_s, 2.0, "FEA", "HI", Style.from_seed(seed), [seed, 1])
        brow, mouth = felt[:, UNIT_INDEX["browInnerUp"]], felt[:, UNIT_INDEX["jawOpen"]]
        apart.append(abs(brow[0] / brow[50] - mouth[0] / mouth[50]))
    assert max(apart) > 0.1


def test_paired_pose_gaze_and_blinks_depend_on_person_and_time_alone(speech):
    other = speak("The surface is slick, and so is the road over there.", Voice())
    one = perform(speech, "ANG", "HI", seed=4, paired=True)
    two = perform(other, "SAD", "LO", seed=4, paired=True)
    n = min(len(one), len(two))
    assert np.array_equal(one.pose[:n], two.pose[:n])
    assert np.array_equal(one.weights[:n, GAZE], two.weights[:n, GAZE])
    lids = [unit(perform(s, "NEU", seed=4, paired=True), "eyeBlink")[:n] for s in (speech, other)]
    assert np.array_equal(*lids)
    assert (unit(two, "eyeBlink")[:n] >= lids[0] - 1e-6).all()  # sad lids hang, and blink as well
    elsewhere = perform(speech, "ANG", "HI", seed=5, paired=True)
    assert not np.allclose(one.pose, elsewhere.pose)


def test_unpaired_takes_differ_and_emotion_moves_the_head(speech):
    sad, happy = (perform(speech, e, "HI", seed=4) for e in ("SAD", "HAP"))
    assert not np.allclose(sad.pose, happy.pose)
    low, high = (
        [perform(speech, emotion, "HI", seed=seed).pose[20:50, 1].mean() for seed in range(12)]
        for emotion in ("SAD", "HAP")
    )
    assert np.mean(low) - np.mean(high) < -0.05  # pitch > 0 is up


def test_recipes_are_face_units_and_leave_gaze_alone():
    for code, variants in RECIPES.items():
        assert code in EMOTIONS and variants
        for recipe in variants:
            weights = recipe_units(recipe)
            assert not weights[GAZE].any()
            assert weights[sides("eyeBlink")].max() <= 0.5
            assert weights.min() >= 0 and weights.max() <= 1.3
    with pytest.raises(KeyError):
        recipe_units({"eyebrowWaggle": 1.0})


def test_people_have_their_own_way():
    styles = [Style.from_seed(seed) for seed in range(30)]
    for code, recipes in RECIPES.items():
        assert {s.variant[code] for s in styles} == set(range(len(recipes))), code
    assert np.std([s.strength["SAD"] for s in styles]) > 0.04
    left, right = np.array([s.gain[sides("mouthSmile")] for s in styles]).T
    assert 0.03 < np.std(left / right) < 0.3
    assert np.array_equal(styles[3].units("HAP"), Style.from_seed(3).units("HAP"))


def test_blinks_close_fully_now_and_then():
    times_s = np.arange(0, 60, 0.01)
    shut = behaviour.blinks(times_s, 7)
    starts = np.flatnonzero((shut[1:] > 0.5) & (shut[:-1] <= 0.5))
    assert 8 <= len(starts) <= 30
    assert shut.max() > 0.9 and (shut > 0.5).mean() < 0.1
    assert np.allclose(behaviour.blinks(times_s[:500], 7), shut[:500])


def test_longer_clips_begin_like_shorter_ones():
    short, long = np.arange(0, 2, 0.04), np.arange(0, 9, 0.04)
    for what in (behaviour.sway, behaviour.glances):
        assert np.allclose(what(short, 3), what(long, 3)[: len(short)])


def test_the_eyes_stay_on_the_camera_while_the_head_turns(speech):
    acted = perform(speech, "NEU", seed=11, paired=True)
    left = unit(acted, "eyeLookOutLeft") - unit(acted, "eyeLookInLeft")
    world = left * GAZE_RAD + acted.pose[:, 0]
    assert np.median(np.abs(world)) < 0.04


def test_impossible_wishes_are_named(speech):
    for wish, fps, named in (
        (("BORED",), 30, "emotion"),
        (("HAP", "HUGE"), 30, "level"),
        (("HAP",), 0, "frames/s"),
    ):
        with pytest.raises(ConfigError, match=named):
            perform(speech, *wish, fps=fps)
