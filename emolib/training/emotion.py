"""Stage 2: the emotion discriminator learns to name the emotion of five frames.

So does, apart from it, the classifier that judges generated clips and trains none.

Paper: §3.2.4. The released code pre-trains it at a rate of 1e-6 and never looks at held-out people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.augment import P_CLASSIFIER, Augment
from emolib.data.store import ClipStore
from emolib.data.windows import EmotionWindows, finished
from emolib.models.checkpoint import KINDS
from emolib.training.fit import fit_recipe, print_beside_bar
from emolib.training.losses import emotion_loss
from emolib.training.mixture import Given, Source, open_sources
from emolib.training.recipe_types import EmotionRecipe
from emolib.training.recipes import CLASSIFIER_RECIPES, EMOTION_RECIPES
from emolib.training.settings import FitConfig
from emolib.training.task import FitResult, StageTask


def emotion_step(
    net: nn.Module, batch: dict, smoothing: float = 0.0
) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy of the true frames' emotion.

    Args:
        batch: of `EmotionWindows`, finished.

    Paper: §3.2.4, eq. 4.
    """
    logits = net(batch["frames"])  # (B, 6)
    right = (logits.argmax(1) == batch["emotion_idx"]).float().mean()
    return emotion_loss(logits, batch["emotion_idx"], smoothing), {"accuracy": right}


class EmotionTask(StageTask):
    """A network that names emotions, on a store's training split, looked at on its test split.

    Args:
        kind: "emotion" for the discriminator, "classifier" for the independent judge.
    """

    def __init__(
        self,
        net: nn.Module,
        recipe: EmotionRecipe,
        stores,
        config: FitConfig,
        kind: str = "emotion",
    ):
        augment = Augment(P_CLASSIFIER) if recipe.augment else None

        def windows(store: ClipStore, split: str) -> EmotionWindows:
            if split == "test":
                return EmotionWindows(store, seed=1)
            return EmotionWindows(store, config.seed, augment)

        super().__init__(kind, net, recipe, stores, config, windows)
        self.frames_per_item = recipe.frames_seen or VIDEO.n_frames
        if recipe.balanced:
            self.probabilities = self.data.probabilities()

    def step(self, batch: dict, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        if self.recipe.frames_seen is not None:
            order = torch.randperm(batch["frames"].shape[1])[: self.recipe.frames_seen]
            batch = {**batch, "frames": batch["frames"][:, order.sort().values]}
        batch = finished(batch)
        if self.recipe.jitter:
            batch["frames"] = self.recipe.jitter(batch["frames"])[0]
        if self.recipe.degrade:
            batch["frames"] = self.recipe.degrade(batch["frames"])
        return emotion_step(self.networks[self.kind], batch, self.recipe.label_smoothing)

    def measure(self, network: nn.Module, batches: Iterator[dict]) -> dict[str, float | list]:
        """Accuracy on unseen people: over all windows, and for each emotion."""
        logits, truth = [], []
        for batch in batches:
            logits.append(network(batch["frames"]).float().cpu())
            truth.append(batch["emotion_idx"].cpu())
        logits, truth = torch.cat(logits), torch.cat(truth)
        right = (logits.argmax(1) == truth).float()
        each = {
            code: round(float(right[truth == place].mean()), 4)
            for place, code in enumerate(EMOTIONS)
            if (truth == place).any()
        }
        return {
            "accuracy": round(float(right.mean()), 4),
            "loss": round(float(emotion_loss(logits, truth)), 4),
            **each,
        }


def train_emotion(
    store: Given | Iterable[Given],
    out: str | PathLike,
    *,
    recipe: EmotionRecipe = EMOTION_RECIPES["IMPROVED"],
    start: str | PathLike | None = None,
    kind: str = "emotion",
    **options,
) -> FitResult:
    """Pre-train the emotion discriminator into `out/emotion.safetensors`.

    Says how many clips each emotion has before it starts. Arguments as `train_syncnet`; `kind` also
    names the weights file, and "classifier" trains the judge instead (see `train_classifier`).

    Raises:
        DatasetError: an emotion has no training clip.
        EmolibError: as `fit_recipe` says.
    """

    def make_task(config: FitConfig) -> EmotionTask:
        sources = open_sources(store)
        tell_emotions(sources)
        network, _ = KINDS[kind]
        task = EmotionTask(network(recipe.network), recipe, sources, config, kind)
        return task.start_from(start)

    return fit_recipe(make_task, out, recipe, **options)


def tell_emotions(sources: Sequence[Source]) -> None:
    """Say how many training clips show each emotion, and what cannot be tested.

    Raises:
        DatasetError: a store without labels, or an emotion that no store shows.
    """
    clips = {}
    for split in ("train", "test"):
        tables = [one.store.split(split).class_balance()["clips"] for one in sources]
        clips[split] = sum(tables)
        if split == "train" and (bare := [n for n, t in enumerate(tables) if not t.sum()]):
            raise DatasetError(
                "no clip shows an emotion: this store has no labels",
                file=sources[bare[0]].store.root,
                expected="labelled clips in every store",
                fix="leave the store out",
            )
    print_beside_bar("training clips: " + ", ".join(f"{c} {n}" for c, n in clips["train"].items()))
    lacking = {s: ", ".join(c for c, n in table.items() if not n) for s, table in clips.items()}
    if lacking["train"]:
        raise DatasetError(
            f"no clip shows {lacking['train']}",
            file=sources[0].store.root,
            expected="at least one training clip of each of the six emotions",
            fix="prepare more clips, or use a split by random95",
        )
    if lacking["test"]:
        print_beside_bar(f"the test split shows no {lacking['test']}: no accuracy tells of it")


def train_classifier(
    store: Given | Iterable[Given],
    out: str | PathLike,
    *,
    recipe: EmotionRecipe = CLASSIFIER_RECIPES["IMPROVED"],
    **options,
) -> FitResult:
    """Train the independent classifier into `out/classifier.safetensors`, as `train_emotion`.

    It exists to judge: no stage accepts it as a training objective.
    """
    return train_emotion(store, out, recipe=recipe, kind="classifier", **options)
