"""What each ingredient buys: differences between neighbours of the ablation, and the paper's signs.

Two methods are compared clip by clip on the same clips; the interval runs over people. A gap counts
only if its 95 % interval excludes zero. The paper gives no intervals, so of its numbers only the
direction is compared.

Paper: §5, table 2.
"""

from __future__ import annotations

from collections import Counter

import pandas as pd

from emolib.base.errors import ConfigError
from emolib.evaluation.intervals import Interval
from emolib.evaluation.published import TABLE_2
from emolib.evaluation.stored import difference

STEPS = (  # what changes, from which recipe, to which
    ("an emotion, appended at the end", "WAV2LIP", "END"),
    ("emotion at the bottleneck instead", "END", "SEQ"),
    ("references of other emotions, a frozen judge of emotion", "SEQ", "MAGNUSSON"),
    ("perceptual loss, augmentation", "SEQ", "PLDA"),
    ("pre-trained face encoder", "PLDA", "PRE"),
    ("everything of IMPROVED", "PLDA", "IMPROVED"),
)
METRICS = {  # ours → (heading, which way is better: 1, -1 or neither 0, the paper's field)
    "emoacc/classifier": ("EmoAcc\n(classifier) ↑", 1, "emoacc"),
    "emoacc/expression net": ("EmoAcc\n(expression net) ↑", 1, "emoacc"),
    "lse_d_expert": ("LSE-D\n(expert) ↓", -1, "lse_d"),
    "lse_c_expert": ("LSE-C\n(expert) ↑", 1, "lse_c"),
    "frechet": ("Fréchet\ndistance ↓", -1, "fid"),
    "lip_correlation": ("lip correlation\nwith truth ↑", 1, None),
    "psnr_db": ("PSNR dB ↑", 1, None),
    "flicker": ("flicker\n(1 = truth) ·", 0, None),  # a blur flickers less than the truth
}
VERDICTS = {1: "better", -1: "worse", 0: "cannot tell"}
NEUTRAL = {1: "higher", -1: "lower", 0: "cannot tell"}


def steps(results: dict[str, dict]) -> list[dict]:
    """What changes from method to method, for those steps whose two results are there.

    Args:
        results: recipe → evaluation (`evaluation.stored.ablation`).

    Returns:
        rows of {"step", "base", "new", "gaps": see `gaps_of`}, for `ablation.forest`.
    """
    good = {metric: better for metric, (_, better, _) in METRICS.items()}
    return [
        {"step": f"{base} → {new}", "told": told, "base": base, "new": new}
        | {"gaps": gaps_of(results[new], results[base], good)}
        for told, base, new in STEPS
        if base in results and new in results
    ]


def gaps_of(new: dict, base: dict, metrics: dict[str, int]) -> dict[str, dict]:
    """How far one evaluation differs from another: metric → mean, low, high, verdict.

    A metric that cannot be compared clip by clip is left out.

    Args:
        metrics: name → which way is better, see `verdict`.
    """
    gaps = {}
    for metric, good in metrics.items():
        try:
            found = difference(new, base, metric)
        except ConfigError:
            continue
        edges = {"mean": found.mean, "low": found.low, "high": found.high}
        gaps[metric] = edges | {"verdict": verdict(found, good)}
    return gaps


def verdict(gap: Interval, good: int) -> str:
    """What a gap says; "cannot tell" where the interval holds zero or there is none.

    Args:
        good: 1 where more is better, -1 where less is ("better", "worse"), 0 where neither is
            ("higher", "lower").
    """
    sign = 0 if gap.low is None else (gap.low > 0) - (gap.high < 0)
    return VERDICTS[sign * good] if good else NEUTRAL[sign]


def against_paper(rows: list[dict]) -> list[dict]:
    """Each claim of the paper's Table 2 about a step, and whether our numbers repeat it.

    Returns:
        rows of {"step", "metric", "paper": "better"/"worse", "paper_gap", "ours": verdict, "held":
        "repeated", "opposite" or "undecided"}.
    """
    published = {line.recipe: line for line in TABLE_2 if line.recipe}
    claims = []
    for row in rows:
        sides = [published.get(row[side]) for side in ("base", "new")]
        for metric, gap in row["gaps"].items():
            _, good, field = METRICS[metric]
            values = [getattr(side, field or "", None) for side in sides]
            if None in values:
                continue
            away, ours = values[1] - values[0], gap["verdict"]
            theirs = VERDICTS[(1 if away > 0 else -1) * good]
            held = "repeated" if ours == theirs else "opposite"
            claim = {"step": row["step"], "metric": metric, "paper": theirs, "ours": ours}
            claim |= {"paper_gap": round(away, 3)}
            claims.append(claim | {"held": "undecided" if ours == "cannot tell" else held})
    return claims


def _in_words(gaps: dict[str, dict], *verdicts: str, named=str) -> str:
    """Metrics by their verdict: "better in A, B; worse in C"."""
    kinds = {kind: [m for m, gap in gaps.items() if gap["verdict"] == kind] for kind in verdicts}
    told = [f"{kind} in {', '.join(map(named, some))}" for kind, some in kinds.items() if some]
    return "; ".join(told).replace("cannot tell in", "no clear difference in")


def sentences(rows: list[dict], claims: list[dict]) -> list[str]:
    """The gaps in words: one sentence a step, one on the paper's ordering."""
    every = ("better", "worse", "higher", "lower", "cannot tell")
    told = [
        f"{row['step']} ({row['told']}): {_in_words(row['gaps'], *every, named=_heading)}."
        for row in rows
    ]
    if claims:
        counts = Counter(claim["held"] for claim in claims)
        told.append(
            f"Of {len(claims)} directions that the paper's Table 2 gives for these steps,"
            f" {counts['repeated']} are repeated here, {counts['opposite']} come out the other way,"
            f" {counts['undecided']} cannot be told from chance."
        )
    return told


def run_gaps(numbers: dict) -> list[dict]:
    """Rows for `figures.ablation.forest` of a stored comparison of runs with their first: each run
    but that, in order, with its gaps."""
    runs = sorted(numbers.items(), key=lambda item: item[1]["place"])
    return [{"step": name, "gaps": run["gaps"], "first": runs[0][0]} for name, run in runs[1:]]


def run_sentences(numbers: dict) -> list[str]:
    """What each run does better and worse than the first, one sentence a run."""
    told, same = [], "no difference beyond that between people"
    for row in run_gaps(numbers):
        found = _in_words(row["gaps"], "better", "worse", "higher", "lower")
        told.append(f"{row['step']} against {row['first']}: {found or same}")
    return told


def table(results: dict[str, dict]) -> pd.DataFrame:
    """One line a method with "mean [interval]" cells; truth and source once, at the end.

    Truth and source are taken from the last result: all were measured on the same clips.
    """
    lines = {}
    for recipe, result in results.items():
        numbers = result["numbers"]
        head = {"steps": f"{numbers['step']:,}", "clips": numbers["n_clips"]}
        lines[recipe] = head | _cells(numbers["rows"]["generated"])
    for row, told in (("truth", "truth"), ("copy", "source given back")):
        lines[told] = {"steps": "", "clips": numbers["n_clips"]} | _cells(numbers["rows"][row])
    return pd.DataFrame(lines).T.fillna("")


def beside_paper(results: dict[str, dict]) -> pd.DataFrame:
    """Ours and the paper's numbers for each of its rows that we train; "" where there is none.

    EmoAcc is in percent. LSE is on two scales (another SyncNet, another input): compare it down a
    column only.
    """
    lines = {}
    for line in TABLE_2:
        if line.recipe not in results:
            continue
        made = results[line.recipe]["numbers"]["rows"]["generated"]
        judged = made.get("emoacc/classifier") or made.get("emoacc/expression net")
        ours = {"emoacc": judged and 100 * judged["mean"]}
        ours |= {key: made.get(f"{key}_expert", {}).get("mean") for key in ("lse_d", "lse_c")}
        lines[line.recipe] = {}
        for key, heading in (("emoacc", "EmoAcc %"), ("lse_d", "LSE-D"), ("lse_c", "LSE-C")):
            lines[line.recipe][f"{heading}, ours"] = _rounded(ours[key])
            lines[line.recipe][f"{heading}, paper"] = _rounded(getattr(line, key))
    return pd.DataFrame(lines).T


def _heading(metric: str) -> str:
    """A metric's heading on one line, without its arrow."""
    return METRICS[metric][0].replace("\n", " ")[:-2]


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _cells(row: dict) -> dict[str, str]:
    cells = {}
    for metric, (heading, _, _) in METRICS.items():
        if metric in row:
            cells[heading.replace("\n", " ")] = f"{Interval(**row[metric]):.2f}"
    return cells
