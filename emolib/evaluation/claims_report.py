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
from emolib.evaluation.claims_list import CLAIMS
from emolib.evaluation.intervals import Interval
from emolib.evaluation.stored import NAMED


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
    return {
        "section": claim.section,
        "paper": claim.says,
        "experiment": claim.experiment,
        "verdict": next((v for v in (FAILS, UNDECIDED, HOLDS) if v in verdicts), UNTESTABLE),
        "why": claim.why_not,
        "tests": [asdict(finding) for finding in findings],
    }


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
        f" {result['numbers']['n_actors']} people, {result['record']['corpus']}"
        for name, result in evidence.runs.items()
    ]
    counts = ", ".join(f"{n} {verdict}" for verdict, n in counted(found).items())
    parts = ["**The paper's claims and our verdicts**", f"{len(found)} claims: {counts}"]
    parts += [table(found), *second_runs(evidence), "The networks:", "\n".join(networks)]
    return "\n\n".join(parts) + "\n"


def second_runs(evidence: Evidence) -> list[str]:
    """How far a second training with another seed differs from the first, a paragraph a recipe."""
    told = []
    for name in evidence.runs:
        base = name.removesuffix("-SEED1")
        if base in evidence.runs and base != name:
            gaps = {m: evidence.gap(name, base, m) for m in ("psnr_db", NAMED)}
            words = ", ".join(f"{gap:+.2g} {metric}" for metric, gap in gaps.items())
            told.append(
                "Intervals are over people; each network was trained once."
                f" {base} trained again with another seed differs by {words}:"
                " smaller gaps may be chance of training."
            )
    return told


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
            for test in row["tests"]
        ]
        number = "<br>".join(dict.fromkeys(tests)) or row["why"]
        cells = (row["section"], row["paper"], row["experiment"], number, f"**{row['verdict']}**")
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines)
