"""Checks for notebook 05, the generator."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from emolib.models.blocks import ConvBlock, n_parameters
from emolib.models.cost import layer_macs
from emolib.notebook.checks import Verdict, exercise, not_yet, right


@exercise
def check_block_parameters(block_parameters: Callable[[int, int, int], int]) -> Verdict:
    """`block_parameters(c_in, c_out, kernel)`: what a conv block learns."""
    for c_in, c_out, kernel in ((6, 16, 7), (512, 512, 3), (512, 512, 1)):
        answer, truth = (
            block_parameters(c_in, c_out, kernel),
            n_parameters(ConvBlock(c_in, c_out, kernel)),
        )
        if answer == truth:
            continue
        off = truth - answer
        if off == 3 * c_out:
            return not_yet("the weights are right; the bias and the batch norm learn too")
        if off in (c_out, 2 * c_out):
            return not_yet(f"{off} short for {c_out} filters: convolution bias, norm scale, shift")
        return not_yet(f"({c_in}, {c_out}, {kernel}): {answer:,}, the real block has {truth:,}")
    return right("exact, to the unit")


@exercise
def check_macs(macs: Callable[[int, int, int, int, bool], int]) -> Verdict:
    """`macs(c_in, c_out, kernel, side_in, transposed)`: multiply-adds with stride 2."""
    for c_in, c_out, side in ((16, 32, 48), (160, 64, 24)):
        for transposed in (False, True):
            if transposed:
                layer = nn.ConvTranspose2d(c_in, c_out, 3, 2, 1, 1)
            else:
                layer = nn.Conv2d(c_in, c_out, 3, 2, 1)
            x = torch.zeros(1, c_in, side, side)
            with torch.no_grad():
                truth = layer_macs(layer, x, layer(x))
            answer = macs(c_in, c_out, 3, side, transposed)
            if answer == truth:
                continue
            kind = "a transposed convolution" if transposed else "a convolution"
            if answer == 4 * truth:
                return not_yet(f"{kind}: four times too many; which side visits every pixel once?")
            return not_yet(f"{kind} {c_in}→{c_out} from {side}²: {answer:,}, not {truth:,}")
    return right("a transposed convolution visits every input pixel, a convolution every output")


@exercise
def check_film(film: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """`film(x (N, C, H, W), scale (N, C), shift (N, C))`: the identity when both are zero."""
    x, scale, shift = torch.rand(2, 3, 5, 7), torch.rand(2, 3), torch.rand(2, 3)
    given = x.clone()
    answer = film(x, scale, shift)
    if not torch.equal(x, given):
        return not_yet("the input has changed: compute into a new tensor")
    if answer.shape != x.shape:
        return not_yet(f"shape {tuple(answer.shape)}, expected {tuple(x.shape)}")
    zero = torch.zeros(2, 3)
    if not torch.allclose(film(x, zero, zero), x):
        return not_yet("with scale 0 and shift 0 the maps must stay: think of 1 + scale")
    if not torch.allclose(
        answer, torch.einsum("nchw,nc->nchw", x, 1 + scale) + shift[..., None, None]
    ):
        return not_yet("each channel of each picture has its own scale and shift")
    return right("the identity at the start, a steering wheel afterwards")
