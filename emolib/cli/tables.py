"""`emolib tables`: the paper's tables beside ours."""

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
