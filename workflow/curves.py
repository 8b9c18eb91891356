"""The evaluations in the logs of trainings, as one result: run → rows by step.

    python workflow/curves.py runs results/curves.json

A run's phases follow each other: `runs/SEQ.0`, `runs/SEQ.1` → "SEQ", its steps counted through.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from emolib.base.results import save_result  # noqa: E402
from emolib.base.runtime import run_record  # noqa: E402
from emolib.training.journal import read_journal  # noqa: E402


def main(runs: Path, out: Path) -> None:
    curves: dict[str, list[dict]] = {}
    told = "none"
    for folder in sorted(runs.glob("*.[0-9]")) if runs.is_dir() else []:
        log = read_journal(folder)
        curve = curves.setdefault(folder.stem, [])
        before = curve[-1]["step"] if curve else 0
        told = next((row["record"]["corpus"] for row in log if "record" in row), told)
        for row in log:
            if "eval" in row:
                numbers = {k: v for k, v in row["eval"].items() if isinstance(v, int | float)}
                curve.append({"step": before + row["step"], **numbers})
    save_result(out, curves, run_record(corpus=told, seed=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
