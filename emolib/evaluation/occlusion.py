"""Where a judge looks: cover a part of the face and see how much surer it was without.

Follows: Zeiler and Fergus 2014 (occlusion); Simonyan et al. 2013 (the gradient on the input).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from emolib.errors import ConfigError


def covered(frames: Tensor, y: int, x: int, side: int) -> Tensor:
    """A copy of frames (…, 3, H, W) with a square of their mean colour at row y, column x."""
    other = frames.clone()
    other[..., y : y + side, x : x + side] = frames.mean((-2, -1), keepdim=True)
    return other


@torch.no_grad()
def occlusion_map(
    net: nn.Module, frames: Tensor, emotion_idx: int, side: int = 24, stride: int = 12
) -> Tensor:
    """How much the log-probability of an emotion falls when a square is covered in all frames.

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
    whole = net(frames[None]).log_softmax(1)[0, emotion_idx]
    said = torch.stack([net(row).log_softmax(1)[:, emotion_idx] for row in rows])  # (n, n)
    return whole - said


def saliency(net: nn.Module, frames: Tensor, emotion_idx: int) -> Tensor:
    """(H, W): how strongly each pixel's value moves the log-probability, mean over the frames."""
    x = frames[None].clone().requires_grad_()
    (slope,) = torch.autograd.grad(net(x).log_softmax(1)[0, emotion_idx], x)
    return slope[0].abs().sum(1).mean(0)
