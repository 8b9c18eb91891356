"""`emolib figures`: the paper's figures, drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emolib.cli.root import app


@app.command(epilog="Example: emolib figures --only 6")
def figures(
    only: Annotated[int | None, typer.Option(help="number of one figure, 1 to 11")] = None,
    out: Annotated[Path | None, typer.Option(help="folder; default: figures/")] = None,
) -> None:
    """Draw the paper's figures, as far as they can be yet: fig NN as .png, .pdf and .json."""
    import matplotlib

    matplotlib.use("Agg")  # files are wanted, not windows
    from emolib.config import current_profile
    from emolib.lab.data import course_store
    from emolib.paths import figures_dir
    from emolib.viz.paper import DRAWN, WAITING, make_figure

    folder, profile = out or figures_dir(), current_profile().name
    store = course_store()
    for number in [only] if only is not None else sorted(DRAWN):
        typer.echo(make_figure(number, store, folder, profile))
    if only is None:
        for number, reason in WAITING.items():
            typer.echo(f"figure {number} waits for {reason}")
