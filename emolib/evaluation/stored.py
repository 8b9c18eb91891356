"""Results on disk: found again, chosen from, compared on the same clips."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from emolib.base.errors import ConfigError, DatasetError
from emolib.base.files import results_dir, write_json
from emolib.base.results import load_result
from emolib.evaluation.intervals import Interval, jackknife_interval, mean_interval

ABLATION = "ablation_"  # …RECIPE.json in lower case: the rows of the paper's tables
ORDER = ("WAV2LIP", "MAGNUSSON", "END", "SEQ", "PLDA", "PRE", "IMPROVED")
SHAPE = {"rows", "labels", "method", "emotion_input", "clips"}


def is_evaluation(result: dict) -> bool:
    """Whether a stored result was written by `emolib evaluate`."""
    return set(result.get("numbers", ())) >= SHAPE


def recipe_of(result: dict) -> str:
    """The recipe's name alone: "SEQ" of "SEQ, windows (weights.sync=0)"."""
    return re.split("[ ,]", result["numbers"]["method"])[0].upper()


def stored_results(folder: str | os.PathLike | None = None) -> dict[str, dict]:
    """All results of a folder (default `data/results`) by the stem of their file; other JSON files
    are passed over."""
    found = {}
    for path in sorted(Path(folder or results_dir()).glob("*.json")):
        try:
            found[path.stem] = load_result(path)
        except DatasetError:
            continue  # not a result, such as a figure's origin
    return found


def load_evaluations(
    folder: str | os.PathLike | None = None, *, sources: str = "other_emotion"
) -> dict[str, dict]:
    """Evaluations by the stem of their file, recipes in the paper's order, others after them.

    Results of anything else in the folder are passed over.

    Args:
        folder: default `data/results`.
        sources: those made from such sources only.
    """
    found = {
        stem: result
        for stem, result in stored_results(folder).items()
        if is_evaluation(result) and result["numbers"]["sources"] == sources
    }

    def place(item: tuple[str, dict]) -> tuple[int, str]:
        recipe = recipe_of(item[1])
        return (ORDER.index(recipe) if recipe in ORDER else len(ORDER), item[0])

    return dict(sorted(found.items(), key=place))


def ablation(folder: str | os.PathLike | None = None) -> dict[str, dict]:
    """The stored ablation: recipe → evaluation, in the paper's order; only those that are there."""
    found = stored_results(folder)
    stems = {recipe: ABLATION + recipe.lower() for recipe in ORDER}
    return {recipe: found[stem] for recipe, stem in stems.items() if stem in found}


def difference(ours: dict, theirs: dict, metric: str) -> Interval:
    """`ours` minus `theirs` in one metric of the generated clips, over actors: clip by clip, or for
    a Fréchet distance with the same actor left out of both.

    What two networks make of the same clips differs far less than clips and people do, so the
    interval of a difference is much narrower than those of its two sides.

    Args:
        ours, theirs: evaluations of the same clips from the same sources.
        metric: a key of the clips' `generated`, `emoacc/JUDGE`, `frechet` or `frechet_six`.

    Raises:
        ConfigError: no clip in common has the metric, or the sources differ.
    """
    return average_difference([(ours, theirs)], metric)


def average_difference(pairs: Sequence[tuple[dict, dict]], metric: str) -> Interval:
    """`difference` of two recipes that were trained several times, averaged over their trainings.

    Args:
        pairs: ours and theirs of each seed.
    """
    if metric.startswith("frechet"):
        gaps, without, counts = zip(*(_crowds_apart(*pair, metric) for pair in pairs), strict=True)
        return jackknife_interval(float(np.mean(gaps)), np.mean(without, axis=0), counts[0])
    gaps, actors = zip(*(_clips_apart(*pair, metric) for pair in pairs), strict=True)
    return mean_interval(np.concatenate(gaps), np.concatenate(actors))


def _clips_apart(ours: dict, theirs: dict, metric: str) -> tuple[list[float], list[str]]:
    """Gap and actor of each clip."""
    sides = [by_clip(result, metric) for result in (ours, theirs)]
    common = [clip for clip in sides[0] if clip in sides[1]]
    if not common:
        raise ConfigError(f"no clip in common has {metric!r}", expected="results on the same clips")
    if any(sides[0][clip][:2] != sides[1][clip][:2] for clip in common):
        raise ConfigError("the clips were made from other sources", expected="the same seed")
    actors = [sides[0][clip][0] for clip in common]
    return [sides[0][clip][2] - sides[1][clip][2] for clip in common], actors


def _crowds_apart(ours: dict, theirs: dict, metric: str) -> tuple[float, list[float], int]:
    """Gap of the whole, gaps without each actor in turn, number of clips."""
    sides = [result["numbers"] for result in (ours, theirs)]
    left = [side.get("left_out", {}).get(metric, {}) for side in sides]
    clips = [
        sorted(zip(side["clips"]["clip"], side["clips"]["source"], strict=True)) for side in sides
    ]
    if not all(left) or clips[0] != clips[1]:
        raise ConfigError(f"no {metric} of the same clips", expected="results on the same clips")
    wholes = [side["rows"]["generated"][metric]["mean"] for side in sides]
    without = [left[0][actor] - left[1][actor] for actor in sorted(left[0])]
    return wholes[0] - wholes[1], without, len(clips[0])


def by_clip(result: dict, metric: str) -> dict[str, tuple[str, str, float]]:
    """clip → actor, source, value; clips without the metric are left out."""
    table = result["numbers"]["clips"]
    if metric.startswith("emoacc/"):
        named = table["named"]["generated"].get(metric.removeprefix("emoacc/"), ())
        values: Iterable = [
            float(a == b) for a, b in zip(named, table["emotion"], strict=bool(named))
        ]
    else:
        values = table["generated"].get(metric, ())
    rows = zip(table["clip"], table["actor"], table["source"], values, strict=False)
    return {clip: (actor, source, v) for clip, actor, source, v in rows if v is not None}


def kept_record(path: Path, make: Callable[[], dict]) -> dict:
    """The record in a JSON file of an unfinished run; else `make()`, which is kept there."""
    if not path.is_file():
        write_json(path, make(), sort_keys=False)
    return json.loads(path.read_text(encoding="utf-8"))
