"""Every claim of the paper against our results: what we measured, and what it says.

A claim is one or several tests. Each gives a number with its 95 % interval over people and a
verdict; a claim holds if all of its tests do, and does not if one says the opposite. A test is
undecided where its interval reaches both ways, where a result is missing, or where a network has
learned too little: its pictures are no nearer to the truth than the source given back, and its
emotion is not clearly named more often.

Intervals are over people, of the average of all trainings that the compared recipes have. Training
is random, too: a verdict is *firm* if it would stand with the interval widened by what other seeds
change (`Evidence.chance`).

The list itself is `claims_list.CLAIMS`; `claims_report` asks it and writes the table.

Paper: §3.2.1, §4.3, §5, §6, §7, A.1, A.2, B.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emolib.base.errors import ConfigError
from emolib.data.inputs import hidden
from emolib.evaluation.evidence import Evidence
from emolib.evaluation.intervals import Interval

HOLDS, FAILS = "holds", "does not hold"
UNDECIDED, UNTESTABLE = "undecided", "not testable here"
TIMES_CHANCE = 3  # so many times as pure as by chance are groups
VERDICTS = (HOLDS, FAILS, UNDECIDED, UNTESTABLE)


@dataclass(frozen=True)
class Finding:
    """What one test found: its number with the interval, the verdict, and why in a few words.

    `firm`: whether the verdict stands against chance of training as well; None: not known.
    """

    number: Interval | None
    verdict: str
    why: str
    firm: bool | None = None


Test = Callable[[Evidence], Finding]


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
    tests: tuple[Test, ...] = ()
    why_not: str = ""


# -------------------------------------------------------------------------------- kinds of test
# Each raises ConfigError where the results do not allow an answer: the test is then undecided.
def beats(new: str, base: str, metric: str, good: int, margin: float = 0.0) -> Test:
    """`new` is better than `base`, or with a margin at most that much worse (non-inferiority).

    Args:
        good: 1 where more of the metric is better, else -1.
    """

    def ask(evidence: Evidence) -> Finding:
        evidence.need(new, base)
        gap = evidence.gap(new, base, metric)
        slack = f", at most {margin:g} worse" if margin else ""
        why = f"{metric}: {new} minus {base}{slack}"
        n = len(evidence.trainings(metric, new, base))
        chance = evidence.chance(metric, trainings=n)
        return _found(gap, -good * margin, good, _told(why, n), chance)

    return ask


def reaches(
    run: str, metric: str, border: float, good: int, row: str = "generated", of: str | None = None
) -> Test:
    """A metric of a run's row is beyond a border: above for `good` = 1, below for -1.

    Args:
        of: the row that `border` is a share of, such as "truth": a judge that misreads some of the
            truth cannot read more in a network's films.
    """

    def ask(evidence: Evidence) -> Finding:
        evidence.need(run, learned=row == "generated")
        found = evidence.level(run, metric, row)
        limit = border * (evidence.level(run, metric, of).mean if of else 1.0)
        told = f"{border:g} of the {of}'s {limit / border:.3g}" if of else f"{border:g}"
        word = "above" if good > 0 else "below"
        why = f"{metric} of {run} {word} {told}"
        if row != "generated":
            return _found(found, limit, good, why, None)
        n = len(evidence.trainings(metric, run))
        chance = evidence.chance(metric, gap=False, trainings=n)
        return _found(found, limit, good, _told(why, n), chance)

    return ask


def earlier(new: str, base: str, metric: str, level: float) -> Test:
    """`new` reaches a level on its training curve, straight between evaluations, before `base`."""

    def first(curve: list[dict]) -> float:
        points = [(r[metric], r["step"]) for r in curve if metric in r]
        k = next((k for k, (value, _) in enumerate(points) if value >= level), None)
        if not k:
            return np.inf if k is None else points[0][1]
        return round(np.interp(level, *zip(*points[k - 1 : k + 1], strict=True)))

    def ask(evidence: Evidence) -> Finding:
        curves = evidence.other("curves") or {}
        if missing := [name for name in (new, base) if name not in curves]:
            raise ConfigError(f"no curve yet: {', '.join(missing)}")
        at = {name: first(curves[name]) for name in (new, base)}
        told = " and ".join(
            f"{name} {'never' if step == np.inf else f'at step {step:,}'}"
            for name, step in at.items()
        )
        verdict = UNDECIDED if at[new] == at[base] else HOLDS if at[new] < at[base] else FAILS
        return Finding(None, verdict, f"{metric} reaches {level:g}: {told} (one run each)")

    return ask


def sorts(space: str) -> Test:
    """Clips of one person lie beside clips of the same emotion far more often than by chance."""

    def ask(evidence: Evidence) -> Finding:
        found = (evidence.other("embeddings_actor") or {}).get("separation", {}).get(space)
        if found is None:
            raise ConfigError(f"not measured yet: embeddings of the {space}")
        purity, chance = (found["emotion"][key] for key in ("purity", "purity_by_chance"))
        why = f"{space}: {purity:.2f} of the neighbours share the emotion, by chance {chance:.2f}"
        verdict = HOLDS if purity > TIMES_CHANCE * chance else FAILS
        return Finding(None, verdict, f"{why}; one person, so no interval")

    return ask


def leaves_nothing(mask: str) -> Test:
    """A mask hides the whole picture, so that a network without it would get the same input."""

    def ask(evidence: Evidence) -> Finding:
        seen = 1 - float(hidden(mask).mean())
        why = f"not run: the mask leaves {seen:.0%} of the picture"
        if not seen:
            why += ", so a network with references alone gets the same input"
        return Finding(None, UNDECIDED if seen else HOLDS, why)

    return ask


def _told(why: str, trainings: int) -> str:
    return why if trainings == 1 else f"{why} ({trainings} trainings)"


def _found(number: Interval, border: float, good: int, why: str, chance: float | None) -> Finding:
    """On which side of the border an interval lies; undecided if on both, or without one.

    Args:
        chance: how far chance of training moves the number (95 %); None: not known.
    """
    if number.low is None or number.high is None or number.low <= border <= number.high:
        return Finding(number, UNDECIDED, why)
    above = number.low > border
    half = number.mean - number.low if above else number.high - number.mean
    firm = None if chance is None else bool(abs(number.mean - border) > np.hypot(half, chance))
    return Finding(number, HOLDS if above == (good > 0) else FAILS, why, firm)
