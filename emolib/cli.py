"""The `emolib` command: parse, call, print. No logic lives here.

Exit codes: 0 done · 1 one clear line on what is wrong · 2 wrong usage · 3 done, but some items were
skipped and a report says which.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from emolib.errors import EmolibError

app = typer.Typer(
    name="emolib",
    help="Emotionally enhanced talking faces: a face, any speech, one of six emotions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

SKIPPED = 3  # exit code: finished, with a report of skipped items


@app.callback()
def _root() -> None:
    """Keeps `emolib COMMAND` the form even while there is one command."""


@app.command(epilog="Example: emolib doctor")
def doctor() -> None:
    """Check this machine: versions, device, codecs, weights, disk, corpora, checkpoints."""
    from emolib.doctor import examine

    lines = examine()
    for line in lines:
        typer.echo(str(line))
    if any(line.state == "fail" for line in lines):
        raise typer.Exit(1)


@app.command(epilog="Example: emolib verify out.mp4")
def verify(file: Path) -> None:
    """Say whether FILE is marked as AI-generated, and whether it is still what was written.

    Exit code 0: it carries marks that hold; 1: it was tampered with, or nothing was found.
    """
    from emolib.media.verify import verify as read_marks

    verdict = read_marks(file)
    typer.echo(str(verdict))
    if verdict.state in ("tampered", "unmarked"):
        raise typer.Exit(1)


@app.command(
    "import-weights",
    epilog="Example: emolib import-weights --kind wav2lip wav2lip_gan.pth wav2lip.safetensors",
)
def import_weights_command(
    source: Annotated[Path, typer.Argument(metavar="FILE.pth", help="published weights")],
    out: Annotated[Path, typer.Argument(metavar="OUT.safetensors", help="where to write")],
    kind: Annotated[
        str, typer.Option(help="emogen, wav2lip, syncnet-expert, emotion-disc or syncnet-lse")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT")] = False,
) -> None:
    """Turn published weights into a checkpoint of ours: every key accounted for, no code run."""
    from emolib.models.published import import_weights

    _, report = import_weights(kind, source, out, overwrite=overwrite)
    typer.echo(f"{report} -> {out}")


def main() -> None:
    """Entry point: an `EmolibError` becomes one line on stderr and exit code 1."""
    try:
        app()
    except EmolibError as error:
        print(f"emolib: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("emolib: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
