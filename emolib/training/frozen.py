"""Networks that are asked but do not learn: their weights and statistics must not move.

Paper: §3.1 ("not fine-tuned further"), §3.2.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


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
