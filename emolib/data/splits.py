"""Who is in which split: the paper's random one, one that keeps people apart, or none.

With a random split by clips almost every test face has been seen in training, saying the same words
with another emotion. A score on it says little about new people; `leakage` counts how little.
Paper: §4.1 (95 % / 5 %).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.corpora.clips import UNKNOWN, Clip

TEST_SHARE = 0.05
SEED = 42  # of the released code's split
MODES = ("random95", "actor", "actor20", "none")
PEOPLE_SHARE = {"actor": TEST_SHARE, "actor20": 0.2}
ALWAYS_TEST = ("1011",)  # the paper's t-SNE figure shows this actor from the test split


def make_splits(clips: Sequence[Clip], mode: str = "actor", seed: int = SEED) -> dict[str, str]:
    """ "train" or "test" by clip name.

    Args:
        mode: "random95", the paper's: 5 % of the clips at random. "actor": 5 % of the actors (at
            least one), of both sexes in proportion, CREMA-D's 1011 among them; "actor20": 20 %.
            "none": every clip is a test clip, for looking and measuring.

    Raises:
        ConfigError: unknown mode.
        DatasetError: too few clips or actors to split, or a split that leaks.
    """
    if mode not in MODES:
        raise ConfigError(f"unknown split {mode!r}", expected="one of " + ", ".join(MODES))
    if mode == "none":
        return dict.fromkeys((clip.name for clip in clips), "test")
    split = {}
    if clips and mode == "random95":
        split = random95(clips, seed)
    elif clips:
        split = actor_disjoint(clips, seed, PEOPLE_SHARE[mode])
    check_splits(clips, split, mode)
    return split


def random95(clips: Sequence[Clip], seed: int = SEED) -> dict[str, str]:
    """5 % of the clips at random, the paper's split.

    Clips that share one sound file stay together, so no file is in two splits.
    """
    groups: dict[str, list[str]] = {}
    for clip in sorted(clips, key=lambda clip: clip.name):
        groups.setdefault(clip.twins or clip.name, []).append(clip.name)
    order = np.random.default_rng(seed).permutation(len(groups))
    wanted = max(1, round(TEST_SHARE * len(clips)))
    names, test = list(groups.values()), set()
    for index in order:
        if len(test) >= wanted:
            break
        test.update(names[index])
    return {clip.name: "test" if clip.name in test else "train" for clip in clips}


def actor_disjoint(
    clips: Sequence[Clip], seed: int = SEED, share: float = TEST_SHARE
) -> dict[str, str]:
    """A share of the actors, drawn in proportion from each sex, with all their clips.

    Who has more than half of all clips stays in training, and so does who has no name. People are
    drawn until they have a quarter of that share of the clips: who has one clip shows little.
    """
    sexes = {clip.actor: clip.sex or "unknown" for clip in clips}
    n_clips = Counter(clip.actor for clip in clips)
    by_sex: dict[str, list[str]] = {}
    for actor in sorted(sexes):
        kept = actor == UNKNOWN or n_clips[actor] > len(clips) / 2
        if len(sexes) < 3 or not kept:
            by_sex.setdefault(sexes[actor], []).append(actor)
    n_test = max(1, round(share * len(sexes)))
    rng = np.random.default_rng(seed)
    test = [actor for actor in ALWAYS_TEST if actor in sexes][:n_test]
    while len(test) < n_test or sum(n_clips[a] for a in test) < share * len(clips) / 4:
        taken = {sex: sum(sexes[actor] == sex for actor in test) for sex in by_sex}
        free = {sex: [a for a in actors if a not in test] for sex, actors in by_sex.items()}
        open_to = [sex for sex in sorted(free) if free[sex]]
        if not open_to:
            break
        behind = min(open_to, key=lambda sex: (taken[sex] + 0.5) / len(by_sex[sex]))
        test.append(str(rng.choice(free[behind])))
    return {clip.name: "test" if clip.actor in test else "train" for clip in clips}


def check_splits(clips: Sequence[Clip], split: dict[str, str], mode: str = "actor") -> None:
    """Refuse splits that leak or teach nothing.

    Raises:
        DatasetError: an empty split; an actor in two splits (all modes but "random95"); one sound
            file in two splits; an emotion that training never sees.
    """
    for name in ("train", "test"):
        if name not in split.values():
            raise DatasetError(
                f"too small a corpus to split: nothing is left for the {name} split",
                where=f"clips: {len(clips)}, people: {len({clip.actor for clip in clips})}",
                expected="two people or more; for random95 two clips that share no file",
                fix="add clips, or use --split none: all clips for looking and measuring",
            )
    kinds = [("actor", lambda clip: clip.actor)] if mode != "random95" else []
    for what, key in [*kinds, ("file", lambda clip: clip.twins)]:
        homes: dict[str, set[str]] = {}
        for clip in clips:
            if key(clip) is not None:
                homes.setdefault(key(clip), set()).add(split[clip.name])
        torn = sorted(value for value, where in homes.items() if len(where) > 1)
        if torn:
            raise DatasetError(
                f"{what} {torn[0]} is in two splits ({len(torn)} such)", expected="each in one"
            )
    if any(clip.emotion for clip in clips):
        seen = {clip.emotion for clip in clips if split[clip.name] == "train"}
        lacking = [code for code in EMOTIONS if code not in seen]
        there = {clip.emotion for clip in clips}
        if unseen := [code for code in lacking if code in there]:
            raise DatasetError(
                f"training never sees {', '.join(unseen)}",
                fix="add clips, or use --split none: all clips for looking and measuring",
            )


def leakage(clips: Sequence[Clip], split: dict[str, str]) -> dict[str, float]:
    """Share of test clips, 0 to 1, of which training has seen …

    Returns:
        {"actor": the person, "actor and sentence": the person saying these words,
        "actor and emotion": the person with this emotion}.
    """
    keys = {
        "actor": lambda clip: clip.actor,
        "actor and sentence": lambda clip: (clip.actor, clip.sentence),
        "actor and emotion": lambda clip: (clip.actor, clip.emotion),
    }
    test = [clip for clip in clips if split[clip.name] == "test"]
    train = [clip for clip in clips if split[clip.name] == "train"]
    shares = {}
    for what, key in keys.items():
        seen = {key(clip) for clip in train}
        shares[what] = sum(key(clip) in seen for clip in test) / max(len(test), 1)
    return shares
