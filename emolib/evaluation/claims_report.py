"""The claims asked one by one, and the table of their verdicts: `claims.md` and `claims.json`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from emolib import __version__
from emolib.base.errors import ConfigError
from emolib.base.files import figures_dir, file_sha256, results_dir, write_json, write_text
from emolib.evaluation.claims import (
    FAILS,
    HOLDS,
    UNDECIDED,
    UNTESTABLE,
    VERDICTS,
    Claim,
    Evidence,
    Finding,
    Test,
)
from emolib.evaluation.claims_list import CLAIMS, JUDGES
from emolib.evaluation.intervals import Interval

ONCE = "with these seeds"


def ask(test: Test, evidence: Evidence) -> Finding:
    """What a test finds; undecided, with the reason, where the results do not allow an answer."""
    try:
        return test(evidence)
    except ConfigError as error:
        return Finding(None, UNDECIDED, str(error))


def judge(claim: Claim, evidence: Evidence) -> dict:
    """A claim's row: what was found, and the verdict of all its tests together."""
    findings = [ask(test, evidence) for test in claim.tests]
    verdicts = {finding.verdict for finding in findings}
    verdict = next((v for v in (FAILS, UNDECIDED, HOLDS) if v in verdicts), UNTESTABLE)
    return {
        "section": claim.section,
        "paper": claim.says,
        "experiment": claim.experiment,
        "verdict": verdict,
        "firm": _firm(
            [finding.firm for finding in findings if finding.verdict == verdict], verdict
        ),
        "why": claim.why_not,
        "tests": [asdict(finding) for finding in findings],
    }


def _firm(tests: list[bool | None], verdict: str) -> bool | None:
    """One firm test is enough against a claim; all have to be firm for it."""
    if verdict == FAILS and True in tests:
        return True
    return False if False in tests else None if None in tests or not tests else True


def write_claims(out: Path | None = None, results: Path | None = None) -> list[dict]:
    """Write `claims.md` and `claims.json` into a folder; returns the rows.

    Args:
        out: default `figures/`.
        results: folder of the results; default `data/results`.
    """
    out, results = out or figures_dir(), results or results_dir()
    evidence = Evidence(results)
    found = [judge(claim, evidence) for claim in CLAIMS]
    asked = {path.name: file_sha256(path) for path in sorted(set(evidence.files))}
    told = {"made_by": f"emolib {__version__}", "results": asked, "claims": found}
    write_json(out / "claims.json", told, sort_keys=False)
    write_text(out / "claims.md", markdown(found, evidence))
    return found


def markdown(found: list[dict], evidence: Evidence) -> str:
    """The rows as a table, with their count above and what they rest on below."""
    networks = [
        f"- {name}: {evidence.steps(name):,} steps, {result['numbers']['n_clips']} clips of"
        f" {result['numbers']['n_actors']} people, {result['record']['corpus']},"
        f" profile {result['record']['profile']}"
        for name, result in evidence.runs.items()
    ]
    firm = counted([row for row in found if row["firm"]])
    counts = ", ".join(
        f"{n} {verdict}" + (f" ({firm[verdict]} firmly)" if firm[verdict] else "")
        for verdict, n in counted(found).items()
    )
    parts = ["**The paper's claims and our verdicts**", f"{len(found)} claims: {counts}"]
    parts += [table(found), *trained_twice(evidence), "The networks:", "\n".join(networks)]
    return "\n\n".join(parts) + "\n"


def trained_twice(evidence: Evidence) -> list[str]:
    """How far a recipe's second training lies from its first, as a table; empty without any."""
    metrics = ("psnr_db", "frechet", *JUDGES, "flicker", "in_sync_expert")
    metrics += ("artefacts/green", "artefacts/specks")
    found = {metric: evidence.retrained(metric) for metric in metrics}
    recipes = list(dict.fromkeys(run for gaps in found.values() for run in gaps))
    if not recipes:
        return []
    rows = [["second training minus first", *recipes, "a gap of two recipes moves within"]]
    rows.append(["---"] * len(rows[0]))
    for metric, gaps in found.items():
        if gaps:
            told = [f"{gaps[r].mean:+.2g}" if r in gaps else "" for r in recipes]
            reach = evidence.chance(metric)
            rows.append([metric, *told, "" if reach is None else f"±{reach:.2g}"])
    return [
        "Intervals are over people. Some recipes were trained again, from another seed; two of them"
        " are compared by the average over both seeds. A seed moves all recipes alike to a part;"
        " what is left is chance of training: the last column for one seed, that by √2 for two,"
        f" 95 % by Student's t. A verdict marked *{ONCE}* would not stand if its interval were"
        " widened by that.",
        "\n".join("| " + " | ".join(row) + " |" for row in rows),
    ]


def counted(found: list[dict]) -> dict[str, int]:
    """Verdict → how many claims have it."""
    return {verdict: sum(row["verdict"] == verdict for row in found) for verdict in VERDICTS}


def table(found: list[dict]) -> str:
    """Rows of `claims.json` as a Markdown table."""
    lines = [
        "| § | the paper says | our experiment | number [95 % over people] | verdict |",
        "|---|---|---|---|---|",
    ]
    for row in found:
        tests = [
            (f"{Interval(**test['number']):.3g} " if test["number"] else "")
            + f"{test['why']}: {test['verdict']}"
            + (f" {ONCE}" if test["firm"] is False else "")
            for test in row["tests"]
        ]
        number = "<br>".join(dict.fromkeys(tests)) or row["why"]
        verdict = f"**{row['verdict']}**" + ("" if row["firm"] in (True, None) else f", {ONCE}")
        cells = (row["section"], row["paper"], row["experiment"], number, verdict)
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines)
