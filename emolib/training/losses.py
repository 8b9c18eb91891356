"""The generator's objective, term by term, and how its sync weight grows.

Every function takes plain tensors or a network as an argument, so each can be checked by hand.

Paper: §3.1 (eq. 1–3), §3.3 (eq. 4–5), appendix A.2 (weights and the α rule).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from emolib.models.emotion import scramble_like_released
from emolib.training.settings import Checked

CHANCE = 0.6931  # −ln 0.5: what a score of one half costs, where a network learns nothing
EPS = 1e-6  # keeps cosines inside (0, 1): the loss stays under 13.9, its slope finite


def l1_loss(generated: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean absolute difference; with a weight map, its weighted mean.

    Args:
        generated, target: (B, T, 3, H, W) float in [0, 1].
        weight: (B, T, 1, H, W) float ≥ 0, or None for 1 everywhere.

    Paper: eq. 1, averaged over pixels as the released code does.
    """
    difference = (generated - target).abs()
    if weight is None:
        return difference.mean()
    return (difference * weight).mean() / weight.mean()


def change_weight(target: Tensor, reference: Tensor, gain: float, full_at: float = 0.1) -> Tensor:
    """Weights 1 … 1 + gain: high where the target differs from the reference.

    With a reference of the same person at the same pose most pixels are right from the start; the
    few that must change (brows, lids, mouth) would be drowned in the mean.

    Args:
        target, reference: (B, T, 3, H, W) float in [0, 1].
        gain: extra weight where the colours differ by `full_at` or more (mean of three channels).

    Returns:
        (B, T, 1, H, W) float, without gradient.

    Deviation: the paper weighs all pixels alike.
    """
    with torch.no_grad():
        change = (target - reference).abs().mean(2, keepdim=True)  # (B, T, 1, H, W)
        return 1 + gain * (change / full_at).clamp_(max=1)


def detail_loss(generated: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean difference in how steep the two are, across and down, in squares of five pixels.

    L1 is content with a blur where it is unsure where an edge lies; this asks for as much of an
    edge, wherever in its square.

    Args:
        generated, target: (B, T, 3, H, W) float in [0, 1].
        weight: (B, T, 1, H, W) float ≥ 0, or None for 1 everywhere.

    Follows: gradient difference loss, Mathieu et al. 2016. Deviation: absolute, and of squares.
    """
    total = 0.0
    for dim in (3, 4):
        steep = [frames.float().diff(dim=dim).abs() for frames in (generated, target)]
        around = [F.avg_pool3d(one, (1, 5, 5), 1, (0, 2, 2), False, False) for one in steep]
        here = None if weight is None else weight.narrow(dim, 1, weight.shape[dim] - 1)
        total = total + l1_loss(*around, here)
    return total


def sync_loss(prob: Tensor, in_sync: Tensor | float = 1.0) -> Tensor:
    """Binary cross-entropy of sync probabilities; with `in_sync` = 1 the paper's E_sync.

    Args:
        prob: (B,) cosines of `models.syncnet.sync_prob`, in any float type.
        in_sync: (B,) 0 or 1, or one number for all.

    Paper: eq. 2. Deviation: float32 whatever the network ran in, and cut to [EPS, 1 − EPS]: a
    cosine of 0 or 1 has an infinite loss or slope.
    """
    prob = prob.float().clamp(EPS, 1 - EPS)
    label = _labels(prob, in_sync)
    return -(label * prob.log() + (1 - label) * (1 - prob).log()).mean()


def sync_logit_loss(logits: Tensor, in_sync: Tensor | float = 1.0) -> Tensor:
    """The same question asked on logits (`SyncNet.logits` with a learned scale and bias).

    Its slope never exceeds 1 per logit, where eq. 2 has a pole at both ends.

    Deviation: the paper puts the cosine itself into the logarithm.
    """
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, _labels(logits, in_sync))


def _labels(like: Tensor, in_sync: Tensor | float) -> Tensor:
    return torch.as_tensor(in_sync, device=like.device).to(like.dtype).expand_as(like)


def as_pictures(frames: Tensor) -> Tensor:
    """(B, T, 3, H, W) → (B·T, 3, H, W): time joins the batch (paper: §3.2.4)."""
    return frames.flatten(0, 1)


def as_released_pictures(frames: Tensor) -> Tensor:
    """The same shape as the released code fills it: planes of several frames mixed, in BGR order.

    A feature network that turns RGB to BGR itself then sees what the released one saw.
    """
    return scramble_like_released(frames).flip(1)


def perceptual_loss(
    features: Callable[[Tensor], Sequence[Tensor]],
    generated: Tensor,
    target: Tensor,
    fold: Callable[[Tensor], Tensor] = as_pictures,
) -> Tensor:
    """Squared distance of intermediate features, a mean in each layer, summed over layers.

    Args:
        features: frames (N, 3, H, W) in [0, 1] → a sequence of feature maps.
        generated, target: (B, T, 3, H, W); the target's features are made without a graph.
        fold: how time joins the batch.

    Paper: §3.3, "Perceptual Loss".
    """
    with torch.no_grad():
        wanted = features(fold(target))
    found = features(fold(generated))
    return sum(F.mse_loss(a.float(), b.float()) for a, b in zip(found, wanted, strict=True))


def emotion_loss(logits: Tensor, emotion: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of emotion logits (B, 6) with class indices (B,) or one-hot rows (B, 6).

    `smoothing` of the probability wanted is spread over all six.

    Paper: eq. 4. Deviation: a mean over the batch of −log p; the paper divides by the six classes.
    """
    target = emotion if emotion.ndim == 1 else emotion.to(torch.float32)
    return F.cross_entropy(logits.float(), target, label_smoothing=smoothing)


BESIDE_L1 = ("sync", "perceptual", "emotion", "detail")


@dataclass(frozen=True)
class LossWeights(Checked):
    """α, β, γ of eq. 5; L1 gets what is left. Source: paper, appendix A.2."""

    sync: float = 0.03  # α, once it is on
    perceptual: float = 0.01  # β
    emotion: float = 0.001  # γ (released code: 0.01)
    detail: float = 0.0  # this project's, not in eq. 5

    @property
    def l1(self) -> float:
        """What the others leave."""
        return 1 - sum(getattr(self, name) for name in BESIDE_L1)

    RANGES: ClassVar = dict.fromkeys(BESIDE_L1, "[0, 1)")

    def problems(self) -> list[str]:
        found = super().problems()
        if self.l1 <= 0:
            found.append(
                f"{' + '.join(BESIDE_L1)} = {1 - self.l1:g} leaves nothing for L1 (expected < 1)"
            )
        return found

    def at(self, alpha: float) -> LossWeights:
        """The weights of a step whose α is `alpha`."""
        return replace(self, sync=alpha)


def total_loss(parts: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """(1 − α − β − γ) · L1 + α · sync + β · perceptual + γ · emotion, over the parts present.

    Args:
        parts: "l1" always; the others of `BESIDE_L1` where their weight is above 0.

    Raises:
        KeyError: a part with a weight is missing.

    Paper: eq. 5.
    """
    total = weights.l1 * parts["l1"]
    for name in BESIDE_L1:
        weight = getattr(weights, name)
        if weight:
            total = total + weight * parts[name]
    return total


@dataclass(frozen=True)
class Threshold(Checked):
    """α is 0 until the validation sync loss falls below `below`, then its full value for good.

    Paper: appendix A.2, "less than a predefined value"; 0.75 is the released code's value, which
    lies above chance (0.693). Deviation: the step at which it opened is stored in the checkpoint;
    the released code forgets it.
    """

    below: float = 0.75

    RANGES: ClassVar = {"below": "(0, inf)"}

    def alpha(self, full: float, step: int, opened_step: int | None) -> float:
        return full if opened_step is not None and step >= opened_step else 0.0

    def opens(self, sync_loss: float) -> bool:
        return sync_loss < self.below


@dataclass(frozen=True)
class Ramp(Checked):
    """α grows in a straight line from 0 at step `start` to its full value at step `end`.

    Deviation: the paper's rule jumps, and may never open.
    """

    start: int = 0
    end: int = 1

    RANGES: ClassVar = dict.fromkeys(("start", "end"), "[0, inf)")

    def alpha(self, full: float, step: int, opened_step: int | None = None) -> float:
        return full * min(1.0, max(0.0, (step - self.start) / max(1, self.end - self.start)))

    def opens(self, sync_loss: float) -> bool:
        return False

    def problems(self) -> list[str]:
        found = super().problems()
        if self.start > self.end:
            found.append(f"start {self.start} lies after end {self.end}")
        return found
