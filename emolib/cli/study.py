"""`emolib study`: the answers to the user study, summed up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import SKIPPED, app


@app.command(epilog="Example: emolib study data/web/study.csv")
def study(
    answers: Annotated[
        Path | None,
        typer.Argument(help="the CSV; default: data/web/study.csv", exists=True, dir_okay=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="result file; default: data/results/study_summary.json")
    ] = None,
) -> None:
    """Sum up the answers that people gave to the page: means from 0 to 5 with 95 % intervals."""
    from emolib.base.files import results_dir
    from emolib.web.study import answers_path, read, save_summary, told

    source = answers or answers_path()
    found = read(source)
    for line in told(found, source):
        typer.echo(line)
    if found.answers:
        typer.echo(save_summary(found, out or results_dir() / "study_summary.json"))
    if found.skipped:
        raise typer.Exit(SKIPPED)
