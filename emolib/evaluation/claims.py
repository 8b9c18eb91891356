"""Every claim of the paper against our results: what we measured, and what it says.

A claim is one or several tests. Each gives a number with its 95 % interval over people and a
verdict; a claim holds if all of its tests do, and does not if one says the opposite. A test is
undecided where its interval reaches both ways, where a result is missing, or where a network has
learned too little: its pictures are no nearer to the truth than the source given back, and its
emotion is not clearly named more often.

The list itself is `claims_list.CLAIMS`; `claims_report` asks it and writes the table.

Paper: §3.2.1, §4.3, §5, §6, §7, A.1, A.2, B.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from emolib.base.errors import ConfigError
from emolib.base.results import load_result
from emolib.data.inputs import hidden
from emolib.evaluation.intervals import Interval, mean_interval
from emolib.evaluation.stored import ABLATION, difference, load_evaluations

HOLDS, FAILS = "holds", "does not hold"
UNDECIDED, UNTESTABLE = "undecided", "not testable here"
NAMED = "emoacc/expression net"  # by the judge that had no part in any training
VERDICTS = (HOLDS, FAILS, UNDECIDED, UNTESTABLE)


@dataclass(frozen=True)
class Finding:
    """What one test found: its number with the interval, the verdict, and why in a few words."""

    number: Interval | None
    verdict: str
    why: str


@dataclass(frozen=True)
class Claim:
    """What the paper says, and how it is tested here.

    Attributes:
        section: of the paper.
        says: the claim in our words.
        experiment: what of ours is compared.
        tests: asked one by one; empty for a claim that cannot be tested here.
        why_not: then the reason.
    """

    section: str
    says: str
    experiment: str
    tests: tuple[Callable[[Evidence], Finding], ...] = ()
    why_not: str = ""


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
        for stem, result in load_evaluations(folder).items():
            for kind in (ABLATION, "run_"):
                if stem.startswith(kind):
                    self.runs[stem.removeprefix(kind).upper()] = result
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
            numbers, sides = result["numbers"], {}  # metric → made, given
            for metric in ("psnr_db", NAMED) if numbers["emotion_input"] else ("lse_d_expert",):
                rows = [numbers["rows"].get(row, {}).get(metric) for row in ("generated", "copy")]
                if None not in rows:
                    sides[metric] = Interval(**rows[0]), Interval(**rows[1])
            if sides and not any(_gained(metric, *pair) for metric, pair in sides.items()):
                told = [f"{m} {a.mean:.3g}, given back {b.mean:.3g}" for m, (a, b) in sides.items()]
                steps = f"{self.steps(name):,} steps"
                found[name] = f"{name} has learned too little after {steps}: {'; '.join(told)}"
        return found

    def steps(self, run: str) -> int:
        """Training steps of a run: of all its phases where its curve is there."""
        curve = (self.other("curves") or {}).get(run)
        return curve[-1]["step"] if curve else self.runs[run]["numbers"]["step"]

    def lacking(self, *names: str) -> str | None:
        """Why these runs cannot be compared; None: they can."""
        missing = [name for name in names if name not in self.runs]
        if missing:
            return f"not measured yet: {', '.join(missing)}"
        return next((self.unlearned[name] for name in names if name in self.unlearned), None)

    def level(self, run: str, metric: str, row: str = "generated") -> Interval:
        """A metric of a run's row.

        Raises:
            ConfigError: it was not measured.
        """
        if metric.startswith("artefacts/"):
            return mean_interval(*self._artefact(run, metric))
        found = self.runs[run]["numbers"]["rows"].get(row, {}).get(metric)
        if found is None:
            raise ConfigError(f"{metric} was not measured for {run}")
        return Interval(**found)

    def gap(self, new: str, base: str, metric: str) -> Interval:
        """`new` minus `base` over people: clip by clip, except for Fréchet distances, whose
        intervals are taken as independent (which is cautious: the clips are the same).

        Raises:
            ConfigError: not measured for both, or on other clips.
        """
        if metric.startswith("artefacts/"):
            (ours, people), (theirs, others) = (self._artefact(r, metric) for r in (new, base))
            if people != others:
                raise ConfigError(f"{metric}: {new} and {base} show other people")
            return mean_interval(np.subtract(ours, theirs), people)
        if not metric.startswith("frechet"):
            return difference(self.runs[new], self.runs[base], metric)
        a, b = self.level(new, metric), self.level(base, metric)
        mean, edges = a.mean - b.mean, (None, None)
        if a.low is not None and b.low is not None:
            reach = float(np.hypot(a.high - a.mean, b.high - b.mean))
            edges = (mean - reach, mean + reach)
        return Interval(mean, *edges, a.n, a.actors)

    def _artefact(self, run: str, metric: str) -> tuple[list[float], list[str]]:
        methods = (self.other("artefacts") or {}).get("methods", {})
        if run not in methods:
            raise ConfigError(f"not measured yet: {metric} of {run}")
        one = methods[run]
        return one[metric.partition("/")[2]], one["people"]


# -------------------------------------------------------------------------------- kinds of test
def beats(new: str, base: str, metric: str, good: int) -> Callable[[Evidence], Finding]:
    """`new` is better than `base`. `good`: 1 where more of the metric is better, else -1."""

    def ask(evidence: Evidence) -> Finding:
        if lack := evidence.lacking(new, base):
            return Finding(None, UNDECIDED, lack)
        gap = evidence.gap(new, base, metric)
        return Finding(gap, _side(gap, 0.0, good), f"{metric}: {new} minus {base}")

    return _careful(ask)


def no_worse(new: str, base: str, metric: str, good: int, margin: float):
    """`new` is at most `margin` worse than `base` (a test of non-inferiority)."""

    def ask(evidence: Evidence) -> Finding:
        if lack := evidence.lacking(new, base):
            return Finding(None, UNDECIDED, lack)
        gap = evidence.gap(new, base, metric)
        why = f"{metric}: {new} minus {base}, at most {margin:g} worse"
        return Finding(gap, _side(gap, -good * margin, good), why)

    return _careful(ask)


def reaches(
    run: str, metric: str, border: float, good: int, row: str = "generated", of: str | None = None
):
    """A metric of a run's row is beyond a border: above for `good` = 1, below for -1.

    Args:
        of: the row that `border` is a share of, such as "truth": a judge that misreads some of the
            truth cannot read more in a network's films.
    """

    def ask(evidence: Evidence) -> Finding:
        if lack := evidence.lacking(run) if row == "generated" else _absent(evidence, run):
            return Finding(None, UNDECIDED, lack)
        found = evidence.level(run, metric, row)
        limit = border * (evidence.level(run, metric, of).mean if of else 1.0)
        told = f"{border:g} of the {of}'s {limit / border:.3g}" if of else f"{border:g}"
        word = "above" if good > 0 else "below"
        return Finding(found, _side(found, limit, good), f"{metric} of {run} {word} {told}")

    return _careful(ask)


def earlier(new: str, base: str, metric: str, level: float):
    """`new` reaches a level on its training curve after fewer steps than `base`."""

    def ask(evidence: Evidence) -> Finding:
        curves = evidence.other("curves") or {}
        if missing := [name for name in (new, base) if name not in curves]:
            return Finding(None, UNDECIDED, f"no curve yet: {', '.join(missing)}")
        at = [_first(curves[name], metric, level) for name in (new, base)]
        told = " and ".join(
            f"{name} {'at step ' + format(step, ',') if step is not None else 'never'}"
            for name, step in zip((new, base), at, strict=True)
        )
        first, second = (np.inf if step is None else step for step in at)
        verdict = UNDECIDED if first == second else HOLDS if first < second else FAILS
        return Finding(None, verdict, f"{metric} reaches {level:g}: {told} (one run each)")

    return _careful(ask)


def sorts(space: str, what: str = "emotion", times_chance: float = 3.0):
    """Clips of one person lie beside clips of the same emotion far more often than by chance."""

    def ask(evidence: Evidence) -> Finding:
        found = (evidence.other("embeddings_actor") or {}).get("separation", {}).get(space)
        if found is None:
            return Finding(None, UNDECIDED, f"not measured yet: embeddings of the {space}")
        purity, chance = found[what]["purity"], found[what]["purity_by_chance"]
        verdict = HOLDS if purity > times_chance * chance else FAILS
        why = f"{space}: {purity:.2f} of the neighbours share the {what}, by chance {chance:.2f}"
        return Finding(None, verdict, f"{why}; one person, so no interval")

    return _careful(ask)


def leaves_nothing(mask: str):
    """A mask hides the whole picture, so that a network without it would get the same input."""

    def ask(evidence: Evidence) -> Finding:
        seen = 1 - float(hidden(mask).mean())
        why = f"not run: the mask leaves {seen:.0%} of the picture"
        if not seen:
            why += ", so a network with references alone gets the same input"
        return Finding(None, UNDECIDED if seen else HOLDS, why)

    return ask


def _careful(ask: Callable[[Evidence], Finding]) -> Callable[[Evidence], Finding]:
    def asked(evidence: Evidence) -> Finding:
        try:
            return ask(evidence)
        except ConfigError as error:
            return Finding(None, UNDECIDED, str(error))

    return asked


def _absent(evidence: Evidence, run: str) -> str | None:
    return None if run in evidence.runs else f"not measured yet: {run}"


def _gained(metric: str, made: Interval, given: Interval) -> bool:
    """Whether a network's clips are better than the sources that it was given."""
    if metric == NAMED:
        return _side(made, given.mean, 1) == HOLDS
    return (made.mean > given.mean) == (metric == "psnr_db") and made.mean != given.mean


def _side(found: Interval, border: float, good: int) -> str:
    """On which side of the border an interval lies; undecided if on both, or without one."""
    if found.low is None or found.high is None:
        return UNDECIDED
    if found.low > border or found.high < border:
        return HOLDS if (found.low > border) == (good > 0) else FAILS
    return UNDECIDED


def _first(curve: list[dict], metric: str, level: float) -> int | None:
    return next((row["step"] for row in curve if row.get(metric, -np.inf) >= level), None)
