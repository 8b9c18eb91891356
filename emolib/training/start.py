"""Start a training run by the names of its stage, recipe and settings (CLI and notebooks)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from os import PathLike

from emolib.base.config import current_profile
from emolib.base.errors import ConfigError
from emolib.training.emotion import train_classifier, train_emotion
from emolib.training.generator import train_generator
from emolib.training.mixture import Given
from emolib.training.recipe_types import varied
from emolib.training.recipes import find_recipe, in_phase
from emolib.training.settings import FitConfig
from emolib.training.syncnet import train_syncnet
from emolib.training.task import FitResult

STAGES = {
    "syncnet": train_syncnet,
    "emotion": train_emotion,
    "classifier": train_classifier,
    "generator": train_generator,
}


def train(
    stage: str,
    store: Given | Iterable[Given],
    out: str | PathLike,
    recipe: str = "IMPROVED",
    *,
    phase: str | None = None,
    width: float | None = None,
    changes: Mapping[str, str] | None = None,
    **options,
) -> FitResult:
    """Train one stage by the names of its recipe and settings.

    Args:
        stage: "syncnet", "emotion", "classifier" or "generator".
        store: a clip store's folder, or several with shares (see `mixture.open_sources`).
        recipe: a name in `recipes.RECIPES[stage]`.
        phase: "frames" or "windows", of a generator (see `recipes.PHASES`).
        width: of the network; default: the profile's.
        changes: recipe settings to change, as `variants.varied` takes them.
        options: what the stage's own function takes: loop settings (None: the recipe's), `resume`,
            `device`, `start`, and for the generator `syncnet`, `emotion_disc`, `base`, `features`.

    Raises:
        ConfigError: unknown names, or judges given to a stage that asks none.
        EmolibError: as the stage's function says.
    """
    chosen = find_recipe(stage, recipe)
    chosen = in_phase(chosen, phase) if phase else chosen
    width = current_profile().width if width is None else width
    chosen = varied(chosen, {"network.width": str(float(width)), **(changes or {})})
    loop = {field.name for field in fields(FitConfig)}
    given = {name: value for name, value in options.items() if value is not None}
    judges = {"syncnet", "emotion_disc", "base", "features"} & set(given)
    if stage != "generator" and judges:
        names = ", ".join("--" + name.replace("_", "-") for name in sorted(judges))
        raise ConfigError(f"the stage {stage} asks no other network", fix=f"leave out {names}")
    unknown = set(given) - loop - {"resume", "device", "start"} - judges
    if unknown:
        raise ConfigError(f"unknown settings: {', '.join(sorted(unknown))}")
    return STAGES[stage](store, out, recipe=chosen, **given)


def parse_changes(pairs: list[str] | None) -> dict[str, str]:
    """`["reference=same_clip", …]` → a dict.

    Raises:
        ConfigError: an entry without an equals sign.
    """
    wrong = [pair for pair in pairs or [] if "=" not in pair]
    if wrong:
        raise ConfigError(f"cannot read {', '.join(wrong)}", expected="NAME=VALUE")
    return dict(pair.split("=", 1) for pair in pairs or [])
