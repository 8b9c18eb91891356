"""`emolib study`: the answers to the user study, summed up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


@app.command(epilog="Example: emolib study --csv answers.csv")
def study(
    state: Annotated[
        Path | None,
        typer.Argument(help="the page's folder; default: data/web", exists=True, file_okay=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="result file; default: data/results/study_summary.json")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="also write all answers to this file")] = None,
) -> None:
    """Sum up the answers that people gave to the page: means from 0 to 5 with 95 % intervals."""
    from emolib.base.files import results_dir
    from emolib.studio.store import read_answers
    from emolib.studio.survey import save_summary, summary_lines, write_csv

    answers = read_answers(state)
    for line in summary_lines(answers):
        typer.echo(line)
    if csv is not None:
        typer.echo(write_csv(answers, csv))
    if answers:
        typer.echo(save_summary(answers, out or results_dir() / "study_summary.json"))
