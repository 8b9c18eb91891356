"""Checks for notebook 05, the generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_seq(seq: Callable[[Tensor, Tensor, nn.Module], Tensor]) -> Verdict:
    """`seq(sound (N·T, D, 1, 1), emotion (N, 6), encoder)` → (N·T, 2·D, 1, 1)."""
    N, T, D = 2, 5, 8
    sound, emotion = torch.rand(N * T, D, 1, 1), torch.eye(6)[[0, 3]]
    encoder = nn.Linear(6, D)
    answer = seq(sound, emotion, encoder)
    if tuple(answer.shape) != (N * T, 2 * D, 1, 1):
        return not_yet(f"shape {tuple(answer.shape)}, expected {(N * T, 2 * D, 1, 1)}")
    label = encoder(emotion)[..., None, None]
    if torch.allclose(answer, torch.cat([sound, label.repeat_interleave(T, 0)], 1)):
        return right("1024 channels at one pixel: sound and emotion enter the decoder together")
    if torch.allclose(answer, torch.cat([sound, label.repeat(T, 1, 1, 1)], 1)):
        return not_yet("windows are mixed: the labels go A, B, A, B, …; frames go A, A, …, B, B, …")
    if torch.allclose(answer, torch.cat([label.repeat_interleave(T, 0), sound], 1)):
        return not_yet("trained weights expect the sound first, then the emotion")
    return not_yet("right shape, wrong numbers: is the emotion encoded, and the sound untouched?")


@exercise
def check_decode(decode: Callable[[Tensor, Sequence, list], Tensor]) -> Verdict:
    """`decode(x, blocks, skips)`: each block, then the encoder's map of the same size."""
    sides, skips = (4, 2, 1), [torch.rand(1, 3, side, side) for side in (4, 2, 1)]
    first, double = nn.Conv2d(5, 4, 1), [nn.ConvTranspose2d(7, 4, 2, 2) for _ in sides[1:]]
    x, blocks, given = torch.rand(1, 5, 1, 1), [first, *double], list(skips)
    truth = x
    for block, skip in zip(blocks, reversed(skips), strict=True):
        truth = torch.cat([block(truth), skip], 1)
    answer = decode(x, blocks, given)
    if len(given) != len(skips):
        return not_yet("the list of skips is empty afterwards: leave it as it was")
    if answer.shape == (1, 4, 4, 4):
        return not_yet("the last skip is missing: it is appended after the last block, too")
    if answer.shape != truth.shape:
        return not_yet(f"shape {tuple(answer.shape)}, expected {tuple(truth.shape)}")
    if not torch.allclose(answer, truth):
        return not_yet("trained weights expect the block's output first, then the skip")
    return right("each block's output, with the skip of the same size")


@exercise
def check_blend(blend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """`blend(colour, weight, warped)`: the composite head's last line."""
    colour, weight, warped = torch.rand(2, 3, 5, 7), torch.rand(2, 1, 5, 7), torch.rand(2, 3, 5, 7)
    answer = blend(colour, weight, warped)
    if answer.shape != colour.shape:
        return not_yet(f"shape {tuple(answer.shape)}, expected {tuple(colour.shape)}")
    if torch.allclose(answer, torch.lerp(colour, warped, weight)):
        return not_yet("the other way round: weight 0 is a copy of the reference")
    if not torch.allclose(answer, torch.lerp(warped, colour, weight)):
        return not_yet("the two shares must add up to 1 at each pixel")
    return right("weight 0 copies the reference, weight 1 paints")
