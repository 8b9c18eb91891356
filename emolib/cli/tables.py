"""`emolib tables` and `emolib claims`: the paper's tables and claims beside our numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


@app.command(epilog="Example: emolib tables --results data/results --out figures")
def tables(
    results: Annotated[
        Path | None, typer.Option(help="folder of evaluations; default: data/results")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder; default: figures/")] = None,
) -> None:
    """Write Tables 1 and 2, the paper's numbers beside ours, as .md, .tex and .json."""
    from emolib.evaluation.tables import paper_tables, write_paper_tables

    chosen = paper_tables(results)
    for path in write_paper_tables(out, results):
        typer.echo(path)
    if chosen:
        typer.echo(f"ours from {', '.join(f'{stem}.json' for stem in chosen)}")
    else:
        typer.echo("no evaluation is stored yet, so only the paper's numbers: emolib evaluate")


@app.command(epilog="Example: emolib claims --results data/results --out figures")
def claims(
    results: Annotated[
        Path | None, typer.Option(help="folder of results; default: data/results")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder; default: figures/")] = None,
) -> None:
    """Write claims.md and claims.json: each claim of the paper with our number and verdict."""
    from collections import Counter

    from emolib.evaluation.claims import write_claims

    found = write_claims(out, results)
    for row in found:
        typer.echo(f"{row['section']:6} {row['verdict']:18} {row['paper']}")
    counts = Counter(row["verdict"] for row in found)
    typer.echo(", ".join(f"{n} {verdict}" for verdict, n in counts.most_common()))
