"""Stage 1: the lip-sync expert learns whether five mouths and a fifth of a second of sound agree.

Paper: §3.1. The paper shows one pair at a time ("pairs"); ours asks each face about several sounds
of its own clip ("offsets"), which leaves the plateau at log 2 far sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from os import PathLike

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.data.augment import P_CLASSIFIER, Augment
from emolib.data.store import ClipStore
from emolib.data.windows import MIN_NEGATIVE_FRAMES, SyncWindows, Windows, finished
from emolib.media.mel import mel_windows
from emolib.models.syncnet import SyncNet, cosine, fold_lower_halves
from emolib.training.fit import fit_recipe
from emolib.training.guards import SyncMonitor
from emolib.training.losses import sync_logit_loss, sync_loss
from emolib.training.mixture import Given
from emolib.training.recipe_types import SyncRecipe
from emolib.training.recipes import SYNC_RECIPES
from emolib.training.settings import FitConfig
from emolib.training.task import FitResult, StageTask, bare

FIXED_SCALE = 10.0  # inverse temperature where the network has none of its own
OFFSETS = tuple(range(-7, 8))  # frames, of the per-offset curve


class OffsetWindows(Windows):
    """Five frames with K windows of their own clip's sound; the first is the right one.

    The lips go through their encoder once for K questions, so a batch teaches more per second.

    Items: frames (5, 3, S, S) uint8; mels (K, 1, 80, 16) float32; offset_frames (K,) int64: how
    much later the frames are than the sound, 0 for the first; clip_idx int64.

    Args:
        n_sounds: K. Wrong ones are drawn from all that are at least three frames away; in a clip
            too short to have any, from its farthest.
        offsets: instead, exactly these offsets, for measuring (the first need not be 0). Clips
            too short to hold them all are left out.
    """

    def __init__(
        self,
        store: ClipStore,
        seed: int = 0,
        augment: Augment | None = None,
        n_sounds: int = 8,
        offsets: tuple[int, ...] | None = None,
    ):
        super().__init__(store, seed, augment)
        self.n_sounds, self.offsets = n_sounds, offsets
        if offsets is not None:
            reach = 1 + max(offsets) - min(offsets)
            self.clip_idx = self.clip_idx[self.n_starts[self.clip_idx] >= reach]

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        n_starts = int(self.n_starts[clip])
        if self.offsets is not None:
            first, end = max(0, max(self.offsets)), n_starts + min(0, min(self.offsets))
            start = int(rng.integers(first, end))
            heard = start - np.asarray(self.offsets)
        else:
            start = int(rng.integers(n_starts))
            away = np.abs(np.arange(n_starts) - start)
            far = np.flatnonzero(away >= min(MIN_NEGATIVE_FRAMES, away.max()))
            wrong = rng.choice(far, self.n_sounds - 1, replace=len(far) < self.n_sounds - 1)
            heard = np.concatenate([[start], wrong])
        return {
            "frames": self._changed(self._cut(clip, start), rng),
            "mels": mel_windows(self._mel(clip), heard, n_frames=VIDEO.n_frames),
            "offset_frames": start - heard,
            "clip_idx": np.int64(clip),
        }


def pair_step(net: nn.Module, batch: dict) -> tuple[Tensor, dict[str, Tensor]]:
    """One sound for each face, right or wrong: the paper's loss, or the logistic one.

    Args:
        batch: of `SyncWindows`, finished.

    Paper: eq. 2–3.
    """
    faces, label = fold_lower_halves(batch["frames"]), batch["in_sync"]
    cosines = cosine(*net(batch["mel"], faces))  # (B,)
    if bare(net).config.score == "cosine":
        loss = sync_loss(cosines, label)
    else:
        loss = sync_logit_loss(as_logits(bare(net), cosines), label)
    right = (as_logits(bare(net), cosines) > 0) == (label > 0.5)
    return loss, {"accuracy": right.float().mean()}


def offsets_step(net: nn.Module, batch: dict) -> tuple[Tensor, dict[str, Tensor]]:
    """K sounds for each face, the first being right: choose it, and say yes to it alone.

    Args:
        batch: of `OffsetWindows`, finished.
    """
    B, K = batch["mels"].shape[:2]
    audio, face = net(batch["mels"].flatten(0, 1), fold_lower_halves(batch["frames"]))
    cosines = cosine(audio.unflatten(0, (B, K)), face[:, None])  # (B, K)
    logits = as_logits(bare(net), cosines)
    choose = F.cross_entropy(logits, logits.new_zeros(B, dtype=torch.long))
    decide = (sync_logit_loss(logits[:, 0], 1.0) + sync_logit_loss(logits[:, 1:], 0.0)) / 2
    chosen = (logits.argmax(1) == 0).float().mean()
    return choose + decide, {"choose": choose, "decide": decide, "chosen": chosen}


def as_logits(net: SyncNet, cosines: Tensor) -> Tensor:
    """Logits of cosines by the network's own scale and bias; without them, ½ is the border."""
    if net.config.score == "logits":
        return net.scale * cosines + net.bias
    return FIXED_SCALE * (cosines - 0.5)


class SyncTask(StageTask):
    """SyncNet on a store's training split, looked at on its test split."""

    def __init__(self, net: SyncNet, recipe: SyncRecipe, stores, config: FitConfig):
        augment = Augment(P_CLASSIFIER) if recipe.augment else None

        def windows(store: ClipStore, split: str) -> Windows:
            if split == "test":
                return OffsetWindows(store, seed=1, offsets=OFFSETS)
            if recipe.loss == "pairs":
                return SyncWindows(store, config.seed, augment)
            return OffsetWindows(store, config.seed, augment, recipe.n_sounds)

        super().__init__("syncnet", net, recipe, stores, config, windows)
        self.monitor = SyncMonitor()

    def step(self, batch: dict, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        batch = finished(batch)
        if self.recipe.jitter:
            batch["frames"] = self.recipe.jitter(batch["frames"])[0]
        one_step = pair_step if self.recipe.loss == "pairs" else offsets_step
        return one_step(self.networks["syncnet"], batch)

    def watch(self, step: int, means: dict[str, float], say: Callable[[str], None]) -> None:
        if told := self.monitor.see(step, means.get("decide", means["loss"])):
            say(told)

    def measure(self, network: nn.Module, batches: Iterator[dict]) -> dict[str, float | list]:
        """Accuracy on true and on wrong pairs of unseen people, and the curve over offsets.

        The curve's mean logit must peak at 0; `offset_right` is the share of single windows (0.2 s
        each) whose own curve peaks within a frame of 0.
        """
        rows = []
        for batch in batches:
            B, K = batch["mels"].shape[:2]
            audio, face = network(batch["mels"].flatten(0, 1), fold_lower_halves(batch["frames"]))
            rows.append(as_logits(network, cosine(audio.unflatten(0, (B, K)), face[:, None])))
        logits = torch.cat(rows).cpu()  # (N, 15)
        offsets = torch.tensor(OFFSETS)
        true, wrong = logits[:, offsets == 0], logits[:, offsets.abs() >= 3]
        in_sync, off_sync = float((true > 0).float().mean()), float((wrong < 0).float().mean())
        curve = logits.mean(0)
        peaks = offsets[logits.argmax(1)]
        return {
            "accuracy": round((in_sync + off_sync) / 2, 4),
            "in_sync": round(in_sync, 4),
            "off_sync": round(off_sync, 4),
            "loss": round(float(sync_logit_loss(true) + sync_logit_loss(wrong, 0.0)) / 2, 4),
            "best_offset": int(offsets[curve.argmax()]),
            "offset_right": round(float((peaks.abs() <= 1).float().mean()), 4),
            "curve": [round(float(value), 3) for value in curve],
        }


def train_syncnet(
    store: Given | Iterable[Given],
    out: str | PathLike,
    *,
    recipe: SyncRecipe = SYNC_RECIPES["IMPROVED"],
    start: str | PathLike | None = None,
    **options,
) -> FitResult:
    """Pre-train the lip-sync expert into `out/syncnet.safetensors`.

    Args:
        store: a clip store or its folder, or several (see `mixture.open_sources`).
        start: see `StageTask.start_from`.
        options: of `fit_recipe`: `resume`, `device`, and settings of the loop.

    Raises:
        EmolibError: as `fit_recipe` says.
    """

    def make_task(config: FitConfig) -> SyncTask:
        task = SyncTask(SyncNet(recipe.network), recipe, store, config)
        return task.start_from(start)

    return fit_recipe(make_task, out, recipe, **options)
