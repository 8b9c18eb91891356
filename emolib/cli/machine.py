"""`emolib doctor`."""

from __future__ import annotations

import typer

from emolib.cli.root import app


@app.command(epilog="Example: emolib doctor")
def doctor() -> None:
    """Check this machine: versions, device, codecs, weights, disk, corpora, checkpoints."""
    from emolib.doctor import examine

    lines = examine()
    for line in lines:
        typer.echo(str(line))
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)
