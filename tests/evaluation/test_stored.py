"""Stored evaluations are found, ordered, and compared clip by clip."""

import json

import numpy as np
import pytest

from emolib.base.errors import ConfigError
from emolib.evaluation import stored

ACTORS = [str(actor) for actor in (1, 1, 2, 2, 3, 3)]


def evaluation(method, values, named=None, sources="other_emotion"):
    names = [f"{actor}_{i}" for i, actor in enumerate(ACTORS)]
    clips = {
        "clip": names,
        "actor": ACTORS,
        "source": [f"{name}_source" for name in names],
        "emotion": ["HAP"] * 6,
        "generated": {"psnr_db": list(values)},
        "named": {"generated": {"judge": named or ["HAP"] * 6}},
    }
    emotions = {"generated": {"judge": {"confusion": np.eye(6, dtype=int).tolist()}}}
    numbers = {"rows": {}, "labels": {}, "method": method, "emotion_input": True, "clips": clips}
    numbers |= {"sources": sources, "emotions": emotions}
    return {"record": {"corpus": "c", "profile": "p", "seed": 0, "emolib": "0"}, "numbers": numbers}


@pytest.fixture
def shelf(tmp_path):
    files = {
        "ablation_improved": evaluation("IMPROVED (weights.sync=0)", [1] * 6),
        "ablation_end": evaluation("END", [1] * 6),
        "ablation_wav2lip": evaluation("WAV2LIP", [1] * 6),
        "mine": evaluation("IMPROVED", [1] * 6),
        "kind": evaluation("END", [1] * 6, sources="same_emotion"),
        "nb05_two_heads": {
            "record": {"corpus": "c", "profile": "p", "seed": 0, "emolib": "0"},
            "numbers": {},
        },
        "made_from": {"what": "is no result"},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_evaluations_are_found_among_other_files_in_the_papers_order(shelf):
    found = stored.load_evaluations(shelf)
    assert list(found) == ["ablation_wav2lip", "ablation_end", "ablation_improved", "mine"]
    assert list(stored.load_evaluations(shelf, sources="same_emotion")) == ["kind"]
    assert list(stored.ablation(shelf)) == ["WAV2LIP", "END", "IMPROVED"]
    assert stored.recipe_of(found["ablation_improved"]) == "IMPROVED"
    assert stored.load_evaluations(shelf / "nowhere") == {}


def test_a_difference_on_the_same_clips_is_sharper_than_its_sides():
    rng = np.random.default_rng(0)
    base = np.repeat(rng.normal(25, 4, 3), 2)
    ours = evaluation("A", base + 1 + rng.normal(0, 0.1, 6))
    theirs = evaluation("B", base)
    gap = stored.difference(ours, theirs, "psnr_db")
    assert gap.mean == pytest.approx(1, abs=0.15)
    assert 0.7 < gap.low < gap.high < 1.3
    assert (gap.n, gap.actors) == (6, 3)
    named = ["HAP", "SAD"] * 3
    points = stored.difference(evaluation("A", base, named), theirs, "emoacc/judge")
    assert points.mean == -0.5


def test_a_clip_without_the_metric_or_from_another_source_is_not_compared():
    some = evaluation("A", [1, None, 1, 1, 1, 1])
    assert stored.difference(some, evaluation("B", [0] * 6), "psnr_db").n == 5
    with pytest.raises(ConfigError, match="no clip in common"):
        stored.difference(some, some, "lips")
    other = evaluation("B", [0] * 6)
    other["numbers"]["clips"]["source"] = ["another"] * 6
    with pytest.raises(ConfigError, match="other sources"):
        stored.difference(some, other, "psnr_db")


def test_a_confusion_by_judge():
    assert np.trace(stored.confusion(evaluation("A", [1] * 6), "judge")) == 6
    with pytest.raises(ConfigError, match="no judge 'nobody'"):
        stored.confusion(evaluation("A", [1] * 6), "nobody")
