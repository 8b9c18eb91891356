"""Where a judge looks: cover a part of the face and see how much surer it was without.

Follows: Zeiler and Fergus 2014 (occlusion).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from emolib.base.errors import ConfigError


def covered(frames: Tensor, y: int, x: int, side: int) -> Tensor:
    """A copy of frames (…, 3, H, W) with a square of their mean colour at row y, column x."""
    other = frames.clone()
    other[..., y : y + side, x : x + side] = frames.mean((-2, -1), keepdim=True)
    return other


def log_odds(logits: Tensor, emotion_idx: int) -> Tensor:
    """(B, 6) logits → (B,): log of p / (1 − p). It goes on growing where p is near 1."""
    others = logits.clone()
    others[:, emotion_idx] = -torch.inf
    return logits[:, emotion_idx] - others.logsumexp(1)


@torch.no_grad()
def occlusion_map(
    net: nn.Module, frames: Tensor, emotion_idx: int, side: int = 24, stride: int = 12
) -> Tensor:
    """How much the log-odds of an emotion fall when a square is covered in all frames.

    Args:
        net: frames (B, T, 3, H, W) → logits (B, 6).
        frames: (T, 3, H, W) float in [0, 1], one window.
        side, stride: of the square, and from one place to the next, in pixels.

    Returns:
        (n, n) float; positive where the covered part spoke for the emotion.

    Raises:
        ConfigError: a square larger than the picture.
    """
    H = frames.shape[-1]
    if not 0 < side <= H:
        raise ConfigError(f"a square of {side} px", expected=f"1 to {H}")
    places = range(0, H - side + 1, stride)
    rows = [torch.stack([covered(frames, y, x, side) for x in places]) for y in places]
    said = torch.stack([log_odds(net(row), emotion_idx) for row in rows])  # (n, n)
    return log_odds(net(frames[None]), emotion_idx) - said
