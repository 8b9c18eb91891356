"""Stage 2: the emotion discriminator learns to name the emotion of five frames.

So does, apart from it, the classifier that judges generated clips and trains none.

Paper: §3.2.4. The released code pre-trains it at a rate of 1e-6 and never looks at held-out people.
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.data.augment import P_CLASSIFIER, Augment
from emolib.data.store import ClipStore
from emolib.data.windows import EmotionWindows, finished
from emolib.models.checkpoint import KINDS
from emolib.training.fit import fit, say_beside_bar
from emolib.training.loader import fixed_batches, to_device
from emolib.training.losses import emotion_loss
from emolib.training.recipes import CLASSIFIER_RECIPES, EMOTION_RECIPES, EmotionRecipe
from emolib.training.settings import FitConfig, check_settings
from emolib.training.task import FitResult, StageTask, start_weights, weights_sha256


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
        store: ClipStore,
        config: FitConfig,
        kind: str = "emotion",
    ):
        train, test = store.split("train"), store.split("test")
        train.check_classes()
        augment = Augment(P_CLASSIFIER) if recipe.augment else None
        data = EmotionWindows(train, config.seed, augment)
        super().__init__(kind, net, data, recipe, store)
        self.frames_per_item = recipe.frames_seen or VIDEO.n_frames
        if recipe.balanced:
            self.probabilities = data.probabilities()
        self.test = EmotionWindows(test, seed=1)
        self.n_eval, self.batch_size = config.eval_items, config.batch_size

    def step(self, batch: dict, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        if self.recipe.frames_seen is not None:
            order = torch.randperm(batch["frames"].shape[1])[: self.recipe.frames_seen]
            batch = {**batch, "frames": batch["frames"][:, order.sort().values]}
        batch = finished(batch)
        if self.recipe.jitter:
            batch["frames"] = self.recipe.jitter(batch["frames"])[0]
        if self.recipe.rough:
            batch["frames"] = self.recipe.rough(batch["frames"])
        return emotion_step(self.networks[self.kind], batch, self.recipe.label_smoothing)

    def evaluate(self, network: nn.Module, step: int) -> dict[str, float | list]:
        """Accuracy on unseen people: over all windows, and for each emotion."""
        device = next(network.parameters()).device
        logits, truth = [], []
        for batch in fixed_batches(self.test, self.n_eval, self.batch_size):
            batch = finished(to_device(batch, device))
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
    store: str | PathLike | ClipStore,
    out: str | PathLike,
    *,
    recipe: EmotionRecipe = EMOTION_RECIPES["IMPROVED"],
    config: FitConfig | None = None,
    start: str | PathLike | None = None,
    resume: bool = False,
    device: str = "auto",
    kind: str = "emotion",
    **options,
) -> FitResult:
    """Pre-train the emotion discriminator into `out/emotion.safetensors`.

    Says how many clips each emotion has before it starts. Arguments as `train_syncnet`; `kind` also
    names the weights file, and "classifier" trains the judge instead (see `train_classifier`).

    Raises:
        DatasetError: an emotion has no training clip.
        EmolibError: settings, data, device, or as `fit` says.
    """
    config = replace(config or recipe.fit, **options)
    check_settings(recipe=recipe, training=config)
    store = store if isinstance(store, ClipStore) else ClipStore(store)
    balance = store.split("train").class_balance()["clips"]
    say_beside_bar("training clips: " + ", ".join(f"{c} {n}" for c, n in balance.items()))
    asked = store.split("test").class_balance()["clips"]
    if lacking := [code for code, n in asked.items() if not n]:
        say_beside_bar(f"the test split shows no {', '.join(lacking)}: no accuracy tells of it")
    torch.manual_seed(config.seed)
    network, _ = KINDS[kind]
    net = start_weights(network(recipe.network), start, kind)
    task = EmotionTask(net, recipe, store, config, kind)
    if start is not None:
        task.origins["start"] = weights_sha256(net)
    return fit(task, Path(out), config, resume=resume, device=device)


def train_classifier(
    store: str | PathLike | ClipStore,
    out: str | PathLike,
    *,
    recipe: EmotionRecipe = CLASSIFIER_RECIPES["IMPROVED"],
    **options,
) -> FitResult:
    """Train the independent classifier into `out/classifier.safetensors`, as `train_emotion`.

    It exists to judge: no stage accepts it as a training objective.
    """
    return train_emotion(store, out, recipe=recipe, kind="classifier", **options)
