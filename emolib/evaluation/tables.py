"""Tables 1 and 2 as files, from the stored evaluations."""

from __future__ import annotations

from pathlib import Path

from emolib import __version__
from emolib.base.files import figures_dir, file_sha256, results_dir
from emolib.evaluation.report import Table, write_plain, write_tables
from emolib.evaluation.stored import load_evaluations
from emolib.evaluation.table1 import table1
from emolib.evaluation.table2 import beyond_table, table2

ABLATION = "ablation_"  # results of this name belong into the paper's tables


def paper_tables(folder: Path | None = None) -> dict[str, dict]:
    """The evaluations that the paper's tables are made of: those of the ablation if there are any,
    else all; by the stem of their file."""
    found = load_evaluations(folder)
    chosen = {stem: result for stem, result in found.items() if stem.startswith(ABLATION)}
    return chosen or found


def write_paper_tables(out: Path | None = None, results: Path | None = None) -> list[Path]:
    """Write `table1` and `table2`, each as .md, .tex and .json; returns the six paths.

    Without any stored evaluation they hold what the paper prints.

    Args:
        out: folder; default `figures/`.
        results: folder of the stored results; default `data/results`.
    """
    out, results = out or figures_dir(), results or results_dir()
    chosen = paper_tables(results)
    rows = list(chosen.values())
    tables: dict[int, list[Table]] = {1: [table1(rows)], 2: [table2(rows)]}
    if rows:
        tables[2].append(beyond_table(rows))
    made_from = {
        f"{stem}.json": {
            "sha256": file_sha256(results / f"{stem}.json"),
            "record": result["record"],
        }
        for stem, result in chosen.items()
    }
    written = []
    for number, parts in tables.items():
        stem = out / f"table{number}"
        written += write_tables(parts, stem)
        told = {"table": number, "made_by": f"emolib {__version__}", "results": made_from}
        written.append(write_plain(parts, stem.with_suffix(".json"), **told))
    return written
