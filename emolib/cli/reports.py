"""What is said of stored things: `tables`, `claims`, `figures`, `study`, and `doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app

Results = Annotated[Path | None, typer.Option(help="folder of results; default: data/results")]
Out = Annotated[Path | None, typer.Option(help="folder; default: figures/")]


@app.command(epilog="Example: emolib tables --results data/results --out figures")
def tables(
    results: Results = None,
    out: Out = None,
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
    results: Results = None,
    out: Out = None,
) -> None:
    """Write claims.md and claims.json: each claim of the paper with our number and verdict."""
    from collections import Counter

    from emolib.evaluation.claims_report import write_claims

    found = write_claims(out, results)
    for row in found:
        typer.echo(f"{row['section']:6} {row['verdict']:18} {row['paper']}")
    counts = Counter(row["verdict"] for row in found)
    typer.echo(", ".join(f"{n} {verdict}" for verdict, n in counts.most_common()))


@app.command(epilog="Example: emolib figures --only 6")
def figures(
    only: Annotated[
        str | None, typer.Option(help="one figure: the paper's number, 1 to 11, or a name of ours")
    ] = None,
    results: Results = None,
    out: Out = None,
) -> None:
    """Draw the paper's figures from stored results: figNN_name.png, .pdf and .json.

    Figures made of pictures are a .jpg and a .json. A figure whose result is not there says what is
    missing and which command makes it.
    """
    import matplotlib

    matplotlib.use("Agg")  # files are wanted, not windows
    from emolib.base.errors import ConfigError
    from emolib.base.files import figures_dir
    from emolib.figures.paper import FIGURES, make_figure

    folder = out or figures_dir()
    if only is not None:
        key = int(only) if only.isdigit() else only
        typer.echo(make_figure(key, folder, results))
        return
    for key in FIGURES:
        try:
            typer.echo(make_figure(key, folder, results))
        except ConfigError as waits:
            typer.echo(waits)


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


@app.command(epilog="Example: emolib doctor")
def doctor() -> None:
    """Check this machine: versions, device, codecs, weights, disk, corpora, checkpoints."""
    from emolib.doctor import examine

    lines = examine()
    for line in lines:
        typer.echo(str(line))
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)
