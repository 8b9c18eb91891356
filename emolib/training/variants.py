"""A recipe with one ingredient changed: the unit of an ablation."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args, get_type_hints

from emolib.base.errors import ConfigError
from emolib.training.recipe_types import Recipe


def varied(recipe: Recipe, changes: dict[str, str]) -> Recipe:
    """A recipe with some values changed, as an ablation wants it; its name tells which.

    Args:
        changes: "reference", "network.width", "weights.sync", "fit.learning_rate", … → new value as
            text. The width is not told in the name: a recipe is the same at every width.

    Raises:
        ConfigError: no such setting, or a value of the wrong kind; all problems at once.
    """
    problems, told = [], []
    for path, text in changes.items():
        *parents, last = path.split(".")
        try:
            owner = recipe
            for parent in parents:
                owner = getattr(owner, parent)
            if last not in {f.name for f in fields(owner)}:
                raise AttributeError("no such setting")
            value = _parse(owner, last, text)
            recipe = _replaced(recipe, parents, last, value)
        except (AttributeError, TypeError, ValueError) as error:
            problems.append(f"{path}={text} ({error})")
            continue
        if path != "network.width" and parents[:1] != ["fit"]:
            told.append(f"{path}={text}")
    if problems:
        raise ConfigError("cannot change " + "; ".join(problems), where=f"recipe {recipe.name}")
    return replace(recipe, name=f"{recipe.name} ({', '.join(told)})") if told else recipe


def _replaced(item, parents: list[str], name: str, value):
    if not parents:
        return replace(item, **{name: value})
    inner = _replaced(getattr(item, parents[0]), parents[1:], name, value)
    return replace(item, **{parents[0]: inner})


def _parse(owner, name: str, text: str):
    """`text` as the type that the dataclass says its field `name` has."""
    kinds = get_args(get_type_hints(type(owner))[name]) or (get_type_hints(type(owner))[name],)
    if type(None) in kinds and text.lower() == "none":
        return None
    if bool in kinds:
        if text.lower() not in ("true", "false"):
            raise ValueError("expected true or false")
        return text.lower() == "true"
    if isinstance(getattr(owner, name), tuple):
        return tuple(float(part) for part in text.split(","))
    for kind in (int, float, str):
        if kind in kinds:
            return kind(text)
    raise TypeError("not a plain value")
