"""Results on disk: found again, chosen from, compared on the same clips, asked by claims."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from emolib.base.errors import ConfigError, DatasetError
from emolib.base.files import results_dir, write_json
from emolib.base.results import load_result
from emolib.evaluation.intervals import LEVEL, Interval, jackknife_interval, mean_interval

NAMED = "emoacc/expression net"  # by the judge that had no part in any training
ABLATION = "ablation_"  # …RECIPE.json in lower case: the rows of the paper's tables
ORDER = ("WAV2LIP", "MAGNUSSON", "END", "SEQ", "PLDA", "PRE", "IMPROVED")
SECOND = "-SEED1"  # ends the name of a recipe's second training
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
    sides = [_by_clip(result, metric) for result in (ours, theirs)]
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


def _by_clip(result: dict, metric: str) -> dict[str, tuple[str, str, float]]:
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


class Evidence:
    """The stored results that tests ask.

    Args:
        folder: of results.

    Attributes:
        files: those that were read.
        runs: name of a run, such as "SEQ" or "PLDA-GAMMA10" → its evaluation.
    """

    def __init__(self, folder: Path):
        self.folder, self.runs, self.files = folder, {}, []
        self._moved: dict[str, dict[str, Interval]] = {}
        for stem, result in load_evaluations(folder).items():
            kind, _, name = stem.partition("_")
            if kind in ("ablation", "run"):
                self.runs[name.upper()] = result
                self.files.append(folder / f"{stem}.json")

    def other(self, name: str) -> dict | None:
        """The numbers of another result, such as "artefacts"; None if it is not there."""
        path = self.folder / f"{name}.json"
        if not path.is_file():
            return None
        self.files.append(path)
        return load_result(path)["numbers"]

    @cached_property
    def unlearned(self) -> dict[str, str]:
        """Runs that are no better than the source given back → that in words: by PSNR, and clearly
        by how often the asked emotion is named; a network without emotion by the sync of lips."""
        found = {}
        for name, result in self.runs.items():
            asked = ("psnr_db", NAMED) if result["numbers"]["emotion_input"] else ("lse_d_expert",)
            sides = {
                m: [self._stored(name, m, row) for row in ("generated", "copy")] for m in asked
            }
            sides = {m: pair for m, pair in sides.items() if None not in pair}  # made, given
            if sides and not any(_gained(metric, *pair) for metric, pair in sides.items()):
                told = [f"{m} {a.mean:.3g}, given back {b.mean:.3g}" for m, (a, b) in sides.items()]
                steps = f"{self.steps(name):,} steps"
                found[name] = f"{name} has learned too little after {steps}: {'; '.join(told)}"
        return found

    def steps(self, run: str) -> int:
        """Training steps of a run: of all its phases where its curve is there."""
        curve = (self.other("curves") or {}).get(run)
        return curve[-1]["step"] if curve else self.runs[run]["numbers"]["step"]

    def need(self, *names: str, learned: bool = True) -> None:
        """Raises ConfigError where a run is not measured yet, or has learned too little."""
        missing = [name for name in names if name not in self.runs]
        if missing:
            raise ConfigError(f"not measured yet: {', '.join(missing)}")
        for name in names:
            if learned and name in self.unlearned:
                raise ConfigError(self.unlearned[name])

    def level(self, run: str, metric: str, row: str = "generated") -> Interval:
        """A metric of a run's row, averaged over its trainings where clips have the metric. Raises
        ConfigError: it was not measured."""
        if metric.startswith("artefacts/"):
            return mean_interval(*self._artefact(run, metric, self.trainings(metric, run)))
        found = self._stored(run, metric, row)
        if found is None:
            raise ConfigError(f"{metric} was not measured for {run}")
        if row != "generated":
            return found
        runs = [self.runs[run + end] for end in self.trainings(metric, run)]
        made = [clip for one in runs for clip in _by_clip(one, metric).values()]
        if len(runs) == 1 or not made:
            return found
        return mean_interval([value for *_, value in made], [actor for actor, *_ in made])

    def _stored(self, run: str, metric: str, row: str) -> Interval | None:
        found = self.runs[run]["numbers"]["rows"].get(row, {}).get(metric)
        return found and Interval(**found)

    def gap(self, new: str, base: str, metric: str) -> Interval:
        """`new` minus `base` over people, on the same clips, averaged over `trainings`.

        Raises:
            ConfigError: not measured for both, or on other clips.
        """
        ends = self.trainings(metric, new, base)
        if not metric.startswith("artefacts/"):
            pairs = [(self.runs[new + end], self.runs[base + end]) for end in ends]
            return average_difference(pairs, metric)
        sides = [self._artefact(run, metric, ends) for run in (new, base)]
        (ours, people), (theirs, others) = sides
        if people != others:
            raise ConfigError(f"{metric}: {new} and {base} show other people")
        return mean_interval(np.subtract(ours, theirs), people)

    def trainings(self, metric: str, *runs: str) -> list[str]:
        """Those of "" and `SECOND` that end the names of trainings of all these runs, both measured
        by the metric: from the same seeds, so that chance moves them alike. "" at least."""
        rooms = (self.other("artefacts") or {}).get("methods", {})

        def has(name: str) -> bool:
            if metric.startswith("artefacts/"):
                return name in rooms
            return name in self.runs and self._stored(name, metric, "generated") is not None

        return ["", *([SECOND] if all(has(run + SECOND) for run in runs) else [])]

    def retrained(self, metric: str) -> dict[str, Interval]:
        """Recipe → its second training (another seed) minus its first, on the same clips."""
        if metric not in self._moved:  # many claims ask
            self._moved[metric] = gaps = {}
            for run in self.runs:
                with suppress(ConfigError):  # not measured for both
                    if run + SECOND in self.runs:
                        gaps[run] = self.gap(run + SECOND, run, metric)
        return self._moved[metric]

    def chance(self, metric: str, *, gap: bool = True, trainings: int = 1) -> float | None:
        """How far chance of training moves a number, 95 % of the time; None: not known.

        All recipes are taken to vary alike; Student's t makes up for how few were trained twice.

        Args:
            gap: of a difference of two recipes trained from the same seed, which moves both alike
                to a part; else of a recipe's own number.
            trainings: that the number is an average of.
        """
        moved = np.array([one.mean for one in self.retrained(metric).values()])
        if len(moved) <= gap:
            return None
        spread = moved.std(ddof=1) if gap else np.sqrt(np.mean(moved**2) / 2)
        reach = stdtrit(len(moved) - gap, (1 + LEVEL) / 2) * spread
        return float(reach / np.sqrt(trainings))

    def _artefact(self, run: str, metric: str, ends: list[str]) -> tuple[list[float], list[str]]:
        methods = (self.other("artefacts") or {}).get("methods", {})
        if run not in methods:
            raise ConfigError(f"not measured yet: {metric} of {run}")
        made = [methods[run + end] for end in ends]
        values = [value for one in made for value in one[metric.partition("/")[2]]]
        return values, [person for one in made for person in one["people"]]


def _gained(metric: str, made: Interval, given: Interval) -> bool:
    """Whether a network's clips are better than the sources that it was given."""
    if metric == NAMED:
        return made.low is not None and made.low > given.mean
    return made.mean != given.mean and (made.mean > given.mean) == (metric == "psnr_db")


def kept_record(path: Path, make: Callable[[], dict]) -> dict:
    """The record in a JSON file of an unfinished run; else `make()`, which is kept there."""
    if not path.is_file():
        write_json(path, make(), sort_keys=False)
    return json.loads(path.read_text(encoding="utf-8"))
