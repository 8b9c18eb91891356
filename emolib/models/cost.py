"""What a network does, layer by layer: shapes, parameters, multiplications. By watching it run.

Nothing here is written by hand for a network: hooks record what passes through each module, so a
drawing or a table made from it cannot disagree with the code.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_CONVS = (nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose2d,)


@dataclass(frozen=True)
class ModuleCost:
    """One module's part in one forward pass."""

    name: str  # dotted, as in `named_modules`
    kind: str  # class name
    n_parameters: int  # of this module and all inside it
    macs: int  # multiply-adds of convolutions, linear layers and LSTMs inside it; 1 MAC = 2 FLOPs
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


def layer_macs(layer: nn.Module, x: Tensor, out: Tensor) -> int:
    """Multiply-adds of one layer for one call; 0 for layers without weights, norms, activations."""
    if isinstance(layer, _CONVS):
        return layer.weight[0].numel() * out.numel()
    if isinstance(layer, _TRANSPOSED):
        return layer.weight[0].numel() * x.numel()
    if isinstance(layer, nn.Linear):
        return layer.in_features * out.numel()
    if isinstance(layer, nn.LSTM):
        n_steps = x.shape[0] * x.shape[1]
        return n_steps * sum(w.numel() for n, w in layer.named_parameters() if "weight" in n)
    return 0


@torch.no_grad()
def trace(model: nn.Module, *inputs: Tensor) -> list[ModuleCost]:
    """Run `model(*inputs)` once in eval mode and say what each of its modules did, in order.

    Args:
        inputs: as `forward` takes them.

    Returns:
        One `ModuleCost` per called module, parents after their children, the whole model last
        under the name "".
    """
    macs: dict[str, int] = {}
    calls: list[tuple[str, nn.Module, tuple, tuple]] = []

    def watch(name: str):
        def hook(module: nn.Module, args: tuple, out) -> None:
            out = out[0] if isinstance(out, tuple) else out
            out = out["frames"] if isinstance(out, dict) else out
            macs[name] = layer_macs(module, args[0], out)
            calls.append((name, module, tuple(args[0].shape), tuple(out.shape)))

        return hook

    was_training = model.training
    with ExitStack() as hooks:
        for name, module in model.named_modules():
            hooks.callback(module.register_forward_hook(watch(name)).remove)
        try:
            model.eval()(*inputs)
        finally:
            model.train(was_training)

    rows = []
    for name, module, shape_in, shape_out in calls:
        inside = [n for n in macs if name == "" or n == name or n.startswith(name + ".")]
        n_parameters = sum(p.numel() for p in module.parameters())
        total = sum(macs[n] for n in inside)
        rows.append(
            ModuleCost(name, type(module).__name__, n_parameters, total, shape_in, shape_out)
        )
    return rows
