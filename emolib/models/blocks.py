"""The bricks of every network here: a convolution, a batch norm, a ReLU, sometimes a skip.

Wav2Lip, EmoGen and the colour SyncNet are stacks of these (`reference` tables: filters, kernel,
stride, padding). Also here: how channel counts shrink with the width multiplier, and how a trained
stack is folded for inference, or grown wider.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from os import PathLike

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from emolib.base.errors import CheckpointError

MIN_CHANNELS = 4


def scaled(channels: int, width: float) -> int:
    """A channel count at a width: `channels · width`, rounded, never under 4.

    Geometry (picture size, T, mel window) does not change with the width.
    """
    return max(min(MIN_CHANNELS, channels), round(channels * width))


class ConvBlock(nn.Module):
    """Convolution → batch norm → (+ input) → ReLU, the skip being added before the ReLU.

    Args:
        residual: add the input; needs `c_in == c_out`, stride 1.
        transposed: upsample with a transposed convolution.
        activation: end in a ReLU; without it the block can return negative numbers.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int | tuple[int, int] = 1,
        padding: int = 0,
        *,
        residual: bool = False,
        transposed: bool = False,
        output_padding: int = 0,
        activation: bool = True,
    ):
        super().__init__()
        self.residual, self.activation = residual, activation
        if transposed:
            self.conv = nn.ConvTranspose2d(c_in, c_out, kernel, stride, padding, output_padding)
        else:
            self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm(self.conv(x))  # in place from here: no backward pass needs it as it was
        if self.residual:
            out += x
        return F.relu_(out) if self.activation else out


def fuse_for_inference(model: nn.Module) -> nn.Module:
    """A frozen copy of `model` for generating: batch norms multiplied into the convolutions before
    them (one pass over memory instead of four), channels last, eval mode.

    Gives what `model.eval()` gives, to about 1e-5. The model itself is unchanged.
    """
    fused = copy.deepcopy(model).eval().requires_grad_(False)
    for block in fused.modules():
        if isinstance(block, ConvBlock):
            transposed = isinstance(block.conv, nn.ConvTranspose2d)
            block.conv = fuse_conv_bn_eval(block.conv, block.norm, transposed)
            block.norm = nn.Identity()
    return fused.to(memory_format=torch.channels_last)


def conv_stack(rows: Sequence[tuple], c_in: int, width: float = 1.0) -> nn.Sequential:
    """Conv blocks from rows `(filters, kernel, stride, padding, n_residual)`.

    After each row's own block come `n_residual` residual 3×3 blocks of the same filters: this is
    how the encoders' tables read.
    """
    blocks: list[nn.Module] = []
    for filters, kernel, stride, padding, n_residual in rows:
        c_out = scaled(filters, width)
        blocks.append(ConvBlock(c_in, c_out, kernel, stride, padding))
        blocks += [ConvBlock(c_out, c_out, 3, 1, 1, residual=True) for _ in range(n_residual)]
        c_in = c_out
    return nn.Sequential(*blocks)


def audio_encoder(width: float = 1.0, *, n_residual_256: int = 1) -> nn.Sequential:
    """Mel window (N, 1, 80, 16), frequency × time, → (N, 512, 1, 1); `512` scales with the width.

    The colour SyncNet's has two residual blocks at 256 channels (`n_residual_256=2`), Wav2Lip's
    one. Otherwise they are the same network.
    """
    rows = (
        (32, 3, 1, 1, 2),  # 32×80×16
        (64, 3, (3, 1), 1, 2),  # 64×27×16
        (128, 3, 3, 1, 2),  # 128×9×6
        (256, 3, (3, 2), 1, n_residual_256),  # 256×3×3
        (512, 3, 1, 0, 0),  # 512×1×1
        (512, 1, 1, 0, 0),
    )
    return conv_stack(rows, 1, width)


def n_parameters(model: nn.Module) -> int:
    """How many numbers training can change (batch-norm statistics do not count)."""
    return sum(parameter.numel() for parameter in model.parameters())


# Of a config: what may be less in the small one. A network without emotion may grow one: its
# encoder's answer joins as new channels at the end.
MAY_GROW = ("head_channels", "multi_scale_sound", "emotion")
NEW = "emotion_encoder."  # layers that the small network may lack


def net2net(
    small: dict[str, Tensor], large: dict[str, Tensor], *, file: str | PathLike | None = None
) -> dict[str, Tensor]:
    """The state `large` with every tensor of `small` in its first corner.

    What a known channel hears of new channels starts at 0; new channels keep their own start. The
    answers stay the same where the configs differ in `MAY_GROW` alone: elsewhere (another width)
    layers are joined in ways that a corner does not keep.

    Raises:
        CheckpointError: other tensors, or one that is larger in `small`.
    """
    names = sorted(set(small) ^ set(large))
    names = [name for name in names if name in small or not name.startswith(NEW)]
    problems = [f"only one of the two has {name}" for name in names] or [
        f"{name} is {tuple(small[name].shape)}, not within {tuple(large[name].shape)}"
        for name in large
        if name in small
        if small[name].ndim != large[name].ndim
        or any(a > b for a, b in zip(small[name].shape, large[name].shape, strict=True))
    ]
    if problems:
        raise CheckpointError(
            f"holds another architecture: {'; '.join(problems[:3])}",
            file=file,
            expected="the same layers, each as wide as here or narrower",
        )
    state = {}
    for name, tensor in large.items():
        state[name] = tensor.clone()
        known = small.get(name)
        if known is None:
            continue
        if known.ndim > 1:
            state[name][: len(known)] = 0
        state[name][tuple(slice(n) for n in known.shape)] = known
    return state
