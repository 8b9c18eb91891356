"""The root of the command line, on which the commands register."""

from __future__ import annotations

import typer

SKIPPED = 3  # exit code: finished, with a report of skipped items

app = typer.Typer(
    name="emolib",
    help="Emotionally enhanced talking faces: a face, any speech, one of six emotions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
