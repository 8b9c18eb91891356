"""Splits: nobody and nothing in two of them, whatever the seed."""

from dataclasses import replace

import pytest
from corpus_trees import make_cremad

from emolib.base.errors import ConfigError, DatasetError
from emolib.data.corpora import Clip, CremaD
from emolib.data.corpora.cremad import all_names
from emolib.data.splits import check_splits, leakage, make_splits, random95


@pytest.fixture(scope="module")
def all_of_cremad() -> list[Clip]:
    """CREMA-D's names without its files; odd actors men, even women."""
    clips = []
    for name in sorted(all_names()):
        actor, sentence, emotion, level = name.split("_")
        sex = "male" if int(actor) % 2 else "female"
        clips.append(Clip(name, actor, sentence, emotion, level, name, name, sex))
    return clips


def actors(clips, split, which) -> set[str]:
    return {clip.actor for clip in clips if split[clip.name] == which}


@pytest.mark.parametrize(
    ("mode", "n_clips", "n_people"), [("random95", 372, None), ("actor20", None, 18)]
)
def test_how_much_is_kept_for_the_test(all_of_cremad, mode, n_clips, n_people):
    split = make_splits(all_of_cremad, mode)
    assert n_clips in (None, sum(which == "test" for which in split.values()))
    assert n_people in (None, len(actors(all_of_cremad, split, "test")))


@pytest.mark.parametrize("seed", range(5))
def test_actor_mode_keeps_people_apart(all_of_cremad, seed):
    split = make_splits(all_of_cremad, "actor", seed)
    test = actors(all_of_cremad, split, "test")
    assert not test & actors(all_of_cremad, split, "train")
    assert len(test) == 5 and "1011" in test
    assert {int(actor) % 2 for actor in test} == {0, 1}  # both sexes


def test_the_same_seed_gives_the_same_split(all_of_cremad):
    for mode in ("random95", "actor"):
        one = make_splits(all_of_cremad, mode, 7)
        assert one == make_splits(list(reversed(all_of_cremad)), mode, 7)
        assert one != make_splits(all_of_cremad, mode, 8)


def test_random95_leaks_people_and_actor_mode_does_not(all_of_cremad):
    random = leakage(all_of_cremad, make_splits(all_of_cremad, "random95"))
    apart = leakage(all_of_cremad, make_splits(all_of_cremad, "actor"))
    assert random["actor"] == 1.0 and random["actor and sentence"] > 0.99
    assert set(apart.values()) == {0.0}


@pytest.mark.parametrize("seed", range(8))
def test_one_sound_file_never_lands_in_two_splits(all_of_cremad, seed):
    clips = [replace(c, twins=c.name[:8]) for c in all_of_cremad]  # six twins a sentence
    split = random95(clips, seed)
    homes = {}
    for clip in clips:
        homes.setdefault(clip.twins, set()).add(split[clip.name])
    assert all(len(where) == 1 for where in homes.values())


def test_leaks_are_refused(tmp_path):
    clips = CremaD(make_cremad(tmp_path)).clips()
    split = make_splits(clips, "actor")
    torn = split | {"1001_DFA_ANG_XX": "test", "1001_DFA_HAP_XX": "train"}
    with pytest.raises(DatasetError, match="actor 1001 is in two splits"):
        check_splits(clips, torn, "actor")
    twins = [replace(clip, twins="t") for clip in clips]
    with pytest.raises(DatasetError, match="file t is in two splits"):
        check_splits(twins, split, "random95")


def test_a_split_that_teaches_nothing_is_refused(tmp_path):
    clips = CremaD(make_cremad(tmp_path)).clips()
    with pytest.raises(DatasetError, match=r"clips: 18, people: 1.*--split none"):
        make_splits([clip for clip in clips if clip.actor == "1001"], "actor")
    for mode in ("actor", "random95"):
        with pytest.raises(DatasetError, match="clips: 0, people: 0"):
            make_splits([], mode)
    split = {clip.name: "test" if clip.emotion == "SAD" else "train" for clip in clips}
    with pytest.raises(DatasetError, match="never sees SAD"):
        check_splits(clips, split, "random95")
    with pytest.raises(ConfigError, match="random95"):
        make_splits(clips, "half")


def test_who_has_most_clips_stays_in_training_and_one_clip_is_no_test(tmp_path):
    sizes = {"s1": 60, "s2": 1, "s3": 10, "s4": 10, "unknown": 9}
    clips = [
        Clip(f"{actor}_{k}", actor, "bbaf2n", None, "XX", tmp_path, tmp_path)
        for actor, n in sizes.items()
        for k in range(n)
    ]
    for seed in range(8):
        split = make_splits(clips, "actor20", seed)
        test = actors(clips, split, "test")
        assert not test & {"s1", "unknown"} and test & {"s3", "s4"}
        assert not test & actors(clips, split, "train")


def test_no_split_puts_every_clip_into_the_test(tmp_path):
    clips = CremaD(make_cremad(tmp_path, ["1001_DFA_ANG_XX"])).clips()
    assert make_splits(clips, "none") == {"1001_DFA_ANG_XX": "test"}
