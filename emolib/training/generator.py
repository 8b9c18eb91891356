"""Stage 3: the generator learns to make the face that says this with that emotion.

Paper: §3.3 (eq. 5), appendix A.2. The lip-sync expert is frozen; the emotion discriminator goes on
learning from true frames, or is frozen too (`co_train`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from os import PathLike

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.augment import P_GENERATOR, Augment
from emolib.data.store import ClipStore
from emolib.data.windows import GeneratorWindows, finished
from emolib.models.blocks import fuse_for_inference
from emolib.models.checkpoint import InputRules
from emolib.models.generator import Generator
from emolib.training.fit import fit_recipe, print_beside_bar
from emolib.training.guards import STUCK_CHECKS
from emolib.training.losses import emotion_loss
from emolib.training.mixture import Given, Source, open_sources
from emolib.training.objective import (
    Judges,
    choose_judges,
    expert_sync_loss,
    freeze,
    generate,
    generator_step,
    psnr_db,
    take_face_encoder,
)
from emolib.training.recipe_types import GeneratorRecipe
from emolib.training.recipes import GENERATOR_RECIPES
from emolib.training.settings import FitConfig
from emolib.training.task import FitResult, StageTask, bare, weights_sha256

PATIENCE = 10  # evaluations with the sync weight still at 0 before we speak up


class GeneratorTask(StageTask):
    """A generator on a store's training split, looked at on its test split."""

    watched = "l1"

    def __init__(
        self,
        generator: Generator,
        judges: Judges,
        recipe: GeneratorRecipe,
        stores,
        config: FitConfig,
    ):
        augment = Augment(P_GENERATOR) if recipe.augment else None

        def windows(store: ClipStore, split: str) -> GeneratorWindows:
            draws = (1, None) if split == "test" else (config.seed, augment)
            settings = recipe.windows
            if (store.emotion_idx < 0).all():  # nobody knows which clip shows another emotion
                settings = replace(settings, reference="same_clip_near")
            return GeneratorWindows(store, settings, *draws, needs_emotion=recipe.needs_labels)

        sources = open_sources(stores)
        check_labels(sources, recipe)
        super().__init__("generator", generator, recipe, sources, config, windows)
        self.frames_per_item = recipe.frames_per_window or VIDEO.n_frames
        self.judges, self.schedule = judges, {"opened_step": None, "n_closed": 0}
        learned_from = {
            "syncnet": judges.sync,
            "emotion_disc": judges.emotion,
            "features": judges.features,
        }
        self.origins |= {name: weights_sha256(net) for name, net in learned_from.items() if net}
        quirks = recipe.released_code_quirks
        if judges.emotion is not None and recipe.co_train:
            self.networks["emotion"] = judges.emotion
            self.rate_scales["emotion"] = recipe.discriminator_rate
        elif judges.emotion is not None:
            self.frozen["emotion"] = freeze(judges.emotion, quirks)
        if judges.sync is not None:
            self.sync_judge = fuse_for_inference(judges.sync)  # for measuring, whatever the quirks
            judges.sync = freeze(judges.sync, True) if quirks else self.sync_judge
            self.frozen |= {"sync": judges.sync, "sync_judge": self.sync_judge}
        if judges.features is not None:
            self.frozen["features"] = freeze(judges.features)
        if recipe.face_encoder == "freeze":
            freeze(generator.face_encoder)

    def inputs(self) -> InputRules:
        geometry = (
            self.sources[0].store.info.get("settings", {}).get("geometry", InputRules.geometry)
        )
        return InputRules(self.recipe.mask, self.recipe.alignment, geometry)

    def set_train(self) -> None:
        super().set_train()
        if self.recipe.face_encoder == "freeze":
            bare(self.networks["generator"]).face_encoder.eval()

    def alpha(self, step: int) -> float:
        """The sync weight at `step`."""
        if self.judges.sync is None:
            return 0.0
        full, opened = self.recipe.weights.sync, self.schedule["opened_step"]
        return self.recipe.schedule.alpha(full, step, opened)

    def step(self, batch: dict, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        batch = finished(batch)
        if self.recipe.jitter:
            names = ("target_frames", "reference_frames")
            batch |= dict(zip(names, self.recipe.jitter(*(batch[n] for n in names)), strict=True))
        generator, alpha = self.networks["generator"], self.alpha(step)
        loss, parts = generator_step(generator, self.judges, batch, self.recipe, alpha)
        if "emotion" in self.networks:  # the discriminator's own loss, on true frames (§3.2.4)
            logits = self.networks["emotion"](batch["target_frames"])
            parts["discriminator"] = emotion_loss(logits, batch["emotion_idx"])
            loss = loss + parts["discriminator"]
        return loss, {**parts, "alpha": torch.tensor(alpha)}

    def measure(self, network: nn.Module, batches: Iterator[dict]) -> dict[str, float]:
        """L1 and PSNR on unseen people, beside those of copying the reference; what judges say.

        `emotion_accuracy` is by the judge it learns from: it tells whether training works, not how
        good the result is.
        """
        rows: dict[str, list[Tensor]] = {}
        for batch in batches:
            target, reference = batch["target_frames"], batch["reference_frames"]
            generated = generate(network, batch, self.recipe.mask)
            found = {
                "l1": (generated - target).abs().mean((1, 2, 3, 4)),
                "psnr_db": psnr_db(generated, target),
                "psnr_copy_db": psnr_db(reference, target),
            }
            if self.judges.sync is not None and batch["has_sound"].all():
                mel = batch["sync_mel"]
                found["sync_loss"] = expert_sync_loss(self.sync_judge, generated, mel)[None]
                found["sync_loss_true"] = expert_sync_loss(self.sync_judge, target, mel)[None]
            if self.judges.emotion is not None:
                said = bare(self.judges.emotion)(generated).argmax(1)
                found["emotion_accuracy"] = (said == batch["emotion_idx"]).float()
            for name, values in found.items():
                rows.setdefault(name, []).append(values.float().cpu())
        return {name: round(float(torch.cat(values).mean()), 4) for name, values in rows.items()}

    def after_evaluation(self, metrics: dict, step: int, say: Callable[[str], None]) -> None:
        loss = metrics.get("sync_loss")
        if loss is None or self.schedule["opened_step"] is not None:
            return
        if self.recipe.schedule.opens(loss):
            self.schedule["opened_step"] = step
            say(f"the sync weight is on from step {step} (validation sync loss {loss:.3f})")
            return
        self.schedule["n_closed"] += 1
        if self.schedule["n_closed"] == PATIENCE and not self.alpha(step):
            say(
                f"the sync weight is still 0 after {PATIENCE} evaluations (validation sync loss "
                f"{loss:.3f}; chance is 0.693); check that: " + "; ".join(STUCK_CHECKS)
            )


def check_labels(sources: Sequence[Source], recipe: GeneratorRecipe) -> None:
    """Refuse clips without labels where a recipe needs them and gives them none.

    Raises:
        DatasetError: a store without labels.
    """
    for one in sources:
        if recipe.needs_labels and not recipe.unlabelled and (one.store.emotion_idx < 0).all():
            raise DatasetError(
                f"the recipe {recipe.name} needs labelled clips, and this store has none",
                file=one.store.root,
                expected="clips with one of the six emotions",
                fix="a recipe without emotion (BASE, WAV2LIP), or --set unlabelled=NEU where "
                "people speak calmly",
            )


def train_generator(
    store: Given | Iterable[Given],
    out: str | PathLike,
    *,
    recipe: GeneratorRecipe = GENERATOR_RECIPES["IMPROVED"],
    syncnet: str | PathLike | None = None,
    emotion_disc: str | PathLike | None = None,
    base: str | PathLike | None = None,
    features: str = "auto",
    start: str | PathLike | None = None,
    **options,
) -> FitResult:
    """Train a generator into `out/generator.safetensors`.

    Args:
        syncnet, emotion_disc: checkpoints of the judges; without one, its loss is left out and the
            recipe's name says so.
        base: checkpoint of the base generator whose face encoder PRE takes over.
        features: see `models.features.perceptual_features`.
        start: see `StageTask.start_from`.
        options: of `fit_recipe`: `resume`, `device`, and settings of the loop.

    Raises:
        EmolibError: as `fit_recipe` says.
    """
    if (recipe.face_encoder != "learn") != (base is not None):
        given = "none is given" if base is None else "the recipe does not use one"
        raise ConfigError(
            f"recipe {recipe.name} and the base generator do not fit: {given}",
            fix="PRE needs --base CKPT, trained with --recipe BASE; other recipes take none",
        )

    def make_task(config: FitConfig) -> GeneratorTask:
        found, judges = choose_judges(recipe, syncnet, emotion_disc, features)
        print_beside_bar(f"recipe {found.name}, loss weights {found.weights}")
        torch.manual_seed(config.seed)  # again: loading judges draws numbers
        generator = Generator(found.network)
        if base is not None:
            take_face_encoder(generator, base)
        task = GeneratorTask(generator, judges, found, store, config).start_from(start)
        if base is not None:
            task.origins["base"] = weights_sha256(generator.face_encoder)
        return task

    return fit_recipe(make_task, out, recipe, **options)
