"""Equation 5 as one function of a batch, and the judges it asks.

Paper: §3.3 (eq. 5), appendix A.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.data.inputs import GeneratorInput
from emolib.models.checkpoint import load_checkpoint
from emolib.models.features import perceptual_features
from emolib.models.generator import Generator
from emolib.models.syncnet import fold_lower_halves
from emolib.training.losses import (
    as_pictures,
    as_released_pictures,
    change_weight,
    detail_loss,
    emotion_loss,
    l1_loss,
    perceptual_loss,
    sync_logit_loss,
    sync_loss,
    total_loss,
)
from emolib.training.recipe_types import GeneratorRecipe
from emolib.training.task import bare


@dataclass
class Judges:
    """The networks that the generator learns from; None where a loss is not used."""

    sync: nn.Module | None = None
    emotion: nn.Module | None = None
    features: nn.Module | None = None


def generator_step(
    generator: nn.Module, judges: Judges, batch: dict, recipe: GeneratorRecipe, alpha: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """Equation 5 for one batch, and its parts.

    Args:
        batch: of `GeneratorWindows`, finished.
        alpha: sync weight of this step; at 0 the expert is not asked.

    Paper: §3.3, eq. 5.
    """
    if recipe.frames_per_window is not None:
        batch = with_frames(batch, draw_frames(recipe.frames_per_window))
    target, reference = batch["target_frames"], batch["reference_frames"]
    generated = generate(generator, batch, recipe.mask)  # (B, T, 3, 96, 96)
    gain, full_at = recipe.change_gain, recipe.change_full_at
    weight = change_weight(target, reference, gain, full_at) if gain else None
    parts, weights = {"l1": l1_loss(generated, target, weight)}, recipe.weights.at(alpha)
    if weights.detail:
        parts["detail"] = detail_loss(generated, target, weight)
    if weights.sync:
        heard = batch["has_sound"]  # the expert has no word on still pictures
        faces, mel = generated[heard], batch["sync_mel"][heard]
        loss = expert_sync_loss(judges.sync, faces, mel) if len(faces) else 0 * generated.mean()
        parts["sync"] = heard.float().mean() * loss
    if weights.perceptual:
        chosen = draw_frames(recipe.perceptual_frames, generated.shape[1])
        fold = as_released_pictures if recipe.released_code_quirks else as_pictures
        parts["perceptual"] = perceptual_loss(
            judges.features, generated[:, chosen], target[:, chosen], fold
        )
    if weights.emotion:
        with parameters_frozen(bare(judges.emotion)) as judge:
            parts["emotion"] = emotion_loss(judge(generated), batch["emotion_idx"])
    return total_loss(parts, weights), parts


def generate(generator: nn.Module, batch: dict, mask: str) -> Tensor:
    """Frames (B, T, 3, 96, 96) float32 for a finished batch of `GeneratorWindows`."""
    target, reference = batch["target_frames"], batch["reference_frames"]
    given = GeneratorInput.of(target, reference, batch["mel_windows"], batch["emotion"], mask)
    return given.through(generator).float()


def expert_sync_loss(expert: nn.Module, frames: Tensor, mel: Tensor) -> Tensor:
    """What the frozen expert says of five frames and their sound, in the form it was trained in.

    Paper: eq. 2; for an expert with logits, the logistic loss.
    """
    faces = fold_lower_halves(frames)
    if expert.config.score == "cosine":
        return sync_loss(expert.prob(mel, faces))
    return sync_logit_loss(expert.logits(mel, faces))


def draw_frames(n_drawn: int | None, n_frames: int = VIDEO.n_frames) -> list[int]:
    """Which frames of a window to look at in this step, in order; None: all."""
    if n_drawn is None or n_drawn >= n_frames:
        return list(range(n_frames))
    return sorted(torch.randperm(n_frames)[:n_drawn].tolist())


def with_frames(batch: dict, chosen: list[int]) -> dict:
    """The batch with some frames of each window only: (B, len(chosen), …)."""
    kept = ("mel_windows", "target_frames", "reference_frames")
    return {**batch, **{name: batch[name][:, chosen] for name in kept}}


def psnr_db(frames: Tensor, target: Tensor) -> Tensor:
    """PSNR of each frame in dB, (B·T,), for (B, T, 3, H, W) in [0, 1]; at most 80 dB."""
    squared = (frames - target).square().flatten(0, 1).mean((1, 2, 3))
    return -10 * squared.clamp(min=1e-8).log10()


def freeze(net: nn.Module, released_code_quirks: bool = False) -> nn.Module:
    """`net` with gradients off for its parameters, in eval mode; returned for chaining.

    Args:
        released_code_quirks: leave it in train mode, as the released code does: BatchNorm then uses
            the statistics of generated faces, and its running averages keep drifting.
    """
    net.requires_grad_(False)
    return net.train(released_code_quirks)


@contextmanager
def parameters_frozen(net: nn.Module) -> Iterator[nn.Module]:
    """Inside, what `net` computes sends gradients to its input but not to its own parameters."""
    flags = [p.requires_grad for p in net.parameters()]
    net.requires_grad_(False)
    try:
        yield net
    finally:
        for parameter, flag in zip(net.parameters(), flags, strict=True):
            parameter.requires_grad_(flag)


def choose_judges(
    recipe: GeneratorRecipe,
    syncnet: str | PathLike | None,
    emotion_disc: str | PathLike | None,
    features: str = "auto",
) -> tuple[GeneratorRecipe, Judges]:
    """The judges a recipe asks for, and the recipe without the losses whose judge is missing.

    A loss that is left out is told in the recipe's name, so that no number can hide it.
    """
    weights, missing, judges = recipe.weights, [], Judges()
    if weights.sync and syncnet is not None:
        judges.sync, _ = load_checkpoint(syncnet, "syncnet")
    elif weights.sync:
        weights, missing = replace(weights, sync=0.0), [*missing, "no sync expert"]
    if weights.emotion and emotion_disc is not None:
        judges.emotion, _ = load_checkpoint(emotion_disc, "emotion")
    elif weights.emotion:
        weights, missing = replace(weights, emotion=0.0), [*missing, "no emotion judge"]
    if weights.perceptual:
        quirks = recipe.released_code_quirks
        judges.features = perceptual_features(features, released_code_quirks=quirks)
    if missing:
        recipe = replace(recipe, weights=weights, name=f"{recipe.name} ({', '.join(missing)})")
    return recipe, judges


def take_face_encoder(generator: Generator, base: str | PathLike) -> None:
    """Put the face encoder of a base generator into `generator` (paper: §4.3).

    Raises:
        CheckpointError: no generator, or of another width.
    """
    width = generator.config.width
    other, _ = load_checkpoint(base, "generator", architecture={"width": width})
    generator.face_encoder.load_state_dict(other.face_encoder.state_dict())
