"""The root of the command line, on which the commands register."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, get_type_hints

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


def with_options(command: Callable, settings: type) -> Callable:
    """`command`, whose `**name` becomes an option for each field of a dataclass that has a help.

    An option that is not given arrives as None, a flag without an opposite as False. The fields are
    made by `training.settings.option`.
    """
    kinds, signature = get_type_hints(settings), inspect.signature(command)
    own = get_type_hints(command, include_extras=True)
    parameters = [
        one.replace(annotation=own[name])
        for name, one in signature.parameters.items()
        if one.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    for field in fields(settings):
        if "help" not in field.metadata:
            continue
        name = field.metadata["option"] or "--" + field.name.replace("_", "-")
        flag = kinds[field.name] is bool and "/" not in name
        option = typer.Option(name, help=field.metadata["help"])
        parameters.append(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if flag else None,
                annotation=Annotated[bool if flag else kinds[field.name] | None, option],
            )
        )
    command.__signature__ = signature.replace(parameters=parameters)
    return command
