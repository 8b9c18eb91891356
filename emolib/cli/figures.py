"""`emolib figures`: the paper's figures, drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


@app.command(epilog="Example: emolib figures --only 6")
def figures(
    only: Annotated[
        str | None, typer.Option(help="one figure: the paper's number, 1 to 11, or a name of ours")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="folder of results; default: data/results")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder; default: figures/")] = None,
) -> None:
    """Draw the paper's figures from stored results: figNN_name.png, .pdf and .json.

    A figure whose result is not there says what it waits for and which command makes it.
    """
    import matplotlib

    matplotlib.use("Agg")  # files are wanted, not windows
    from emolib.base.files import figures_dir
    from emolib.figures.paper import FIGURES, make_figure, why_waiting

    folder = out or figures_dir()
    if only is not None:
        key = int(only) if only.isdigit() else only
        typer.echo(make_figure(key, folder, results))
        return
    for key in FIGURES:
        typer.echo(why_waiting(key, results) or make_figure(key, folder, results))
