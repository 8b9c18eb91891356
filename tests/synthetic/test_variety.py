"""Kinds of people and of pictures: glasses, turned heads, cameras with faults."""

from dataclasses import replace

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.synthetic.film import FilmSettings, film_clip
from emolib.synthetic.looks import Glasses
from emolib.synthetic.people import Person, Stage
from emolib.synthetic.picture_quality import Quality
from emolib.synthetic.take import PRESETS, RANDOMISED

STILL = np.zeros(6, np.float32)
REST = np.zeros(52, np.float32)
ROUND = Glasses(0.5, 0.42, 0.04, 2.1, 0.0, 0.0, (0.01, 0.01, 0.01), 0.0)
SMALL = {"width_px": 96, "height_px": 72, "fps": 10, "paired": True, "engine": "espeak"}


def test_some_people_wear_glasses_more_of_them_when_old():
    people = [Person.from_seed(seed) for seed in range(400)]
    young = np.mean([p.glasses is not None for p in people if p.age < 35])
    old = np.mean([p.glasses is not None for p in people if p.age > 55])
    assert 0.1 < young < old < 0.7


@pytest.mark.parametrize("yaw", [0.0, 0.6])
def test_rims_go_round_the_eyes_and_leave_the_pupils_free(yaw):
    pose = STILL.copy()
    pose[0] = yaw
    person = replace(Person.from_seed(3), glasses=None)
    bare = Stage(person)
    worn = Stage(replace(person, glasses=ROUND))
    change = np.abs(worn.render(REST, pose).astype(int) - bare.render(REST, pose)).sum(2) > 60
    points = bare.landmarks(REST, pose)
    for eye in (points[36:42], points[42:48]):
        x, y = np.rint(eye.mean(0)).astype(int)
        assert not change[y - 1 : y + 2, x - 1 : x + 2].any()
        ring = change[y - 26 : y + 27, x - 30 : x + 31]
        assert ring[26:, :].any() and ring[:27, :].any()
        assert ring[:, :31].any() and ring[:, 31:].any()
    assert not change[int(points[51, 1]) :].any()  # nothing below the nose


def test_lenses_mirror_the_light_where_the_head_turns_it():
    person = replace(Person.from_seed(3), glasses=replace(ROUND, glare=1.0))
    coated = Stage(replace(person, glasses=ROUND))
    shining = Stage(person)
    brighter = []
    for yaw in (-0.25, 0.0, 0.25):
        pose = STILL.copy()
        pose[0] = yaw
        brighter.append(shining.render(REST, pose).astype(int) - coated.render(REST, pose))
    assert all(change.min() >= -1 for change in brighter)
    assert max(change.max() for change in brighter) > 10
    assert (brighter[0] != brighter[2]).any()


def test_world_is_everything_and_unknown_names_are_refused():
    assert FilmSettings(randomise=("world",)) == FilmSettings(randomise=RANDOMISED)
    assert set(PRESETS["world"]) == set(RANDOMISED)
    with pytest.raises(ConfigError, match="weather"):
        FilmSettings(randomise=("weather",))


def test_heads_turn_up_to_forty_degrees_and_pairs_turn_alike():
    turned = FilmSettings(**SMALL, seed=5, randomise=("pose",))
    straight = FilmSettings(**SMALL, seed=5)
    yaws = []
    for actor in range(9001, 9006):
        clip = film_clip(actor, "IEO", "NEU", "XX", turned)
        plain = film_clip(actor, "IEO", "NEU", "XX", straight)
        offset = clip.performance.pose - plain.performance.pose
        assert np.ptp(offset, axis=0).max() < 1e-5
        yaws.append(np.degrees(offset[0, 0]))
    assert np.ptp(yaws) > 20 and np.abs(yaws).max() <= 40
    angry = film_clip(9001, "IEO", "ANG", "HI", turned)
    calm = film_clip(9001, "IEO", "NEU", "XX", turned)
    assert np.array_equal(angry.performance.pose, calm.performance.pose)


def test_a_cameras_faults_are_those_of_its_clip_and_repeat():
    frame = Stage(Person.from_seed(3), 160, 120).render(REST, STILL)
    before = frame.copy()
    drawn = {Quality.drawn(3, f"clip{k}") for k in range(12)}
    assert len(drawn) == 12
    for quality in drawn:
        seen = quality.applied(frame, 4)
        assert seen.shape == frame.shape and seen.dtype == np.uint8
        assert np.array_equal(seen, quality.applied(frame, 4))
        assert not np.array_equal(seen, quality.applied(frame, 5))  # noise moves
    assert np.array_equal(frame, before)
    assert np.array_equal(Quality(seed=1).applied(frame, 0), frame)


def test_quality_darkens_blurs_and_tints_as_told():
    frame = Stage(Person.from_seed(3), 160, 120).render(REST, STILL)
    dim = Quality(seed=1, gain=(0.5, 0.5, 0.5)).applied(frame, 0)
    assert dim.mean() == pytest.approx(frame.mean() / 2, abs=1)
    warm = Quality(seed=1, gain=(1.0, 0.9, 0.6)).applied(frame, 0).reshape(-1, 3).mean(0)
    assert (warm / frame.reshape(-1, 3).mean(0))[2] < 0.65
    edges = lambda f: np.abs(np.diff(f.astype(int), axis=1)).mean()  # noqa: E731
    for soft in ({"blur_px": 2.0}, {"shrink": 0.4}, {"shake_px": 5.0}):
        assert edges(Quality(seed=1, **soft).applied(frame, 0)) < 0.75 * edges(frame)


def test_far_people_are_small_and_end_below_the_picture():
    for seed in range(3):
        stage = Stage(Person.from_seed(seed), randomise=["distance"])
        frame = stage.render(REST, STILL).astype(int)
        green = (frame[-1, :, 1] > frame[-1, :, 0] + 30) & (frame[-1, :, 1] > frame[-1, :, 2] + 30)
        points = stage.landmarks(REST, STILL)
        middle = slice(int(points[48, 0]), int(points[54, 0]) + 1)
        assert not green[middle].any()
