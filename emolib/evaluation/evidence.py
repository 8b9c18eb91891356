"""The stored results as claims ask them: levels and gaps over people and over trainings."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from emolib.base.errors import ConfigError
from emolib.base.results import load_result
from emolib.evaluation.intervals import LEVEL, Interval, mean_interval
from emolib.evaluation.stored import average_difference, by_clip, load_evaluations

NAMED = "emoacc/expression net"  # by the judge that had no part in any training
SECOND = "-SEED1"  # ends the name of a recipe's second training


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
        made = [clip for one in runs for clip in by_clip(one, metric).values()]
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
        if metric.startswith("artefacts/"):
            there = (self.other("artefacts") or {}).get("methods", {})
        else:
            there = [n for n in self.runs if self._stored(n, metric, "generated") is not None]
        return ["", *([SECOND] if all(run + SECOND in there for run in runs) else [])]

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
