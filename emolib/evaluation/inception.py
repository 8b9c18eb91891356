"""The network whose Fréchet distance may be called FID, from its official weights file.

FID is defined by one network: the 2015 Inception graph with 1,008 outputs, whose weights are
published for torch as `pt_inception-2015-12-05-6726825d.pth`. torchvision's Inception-v3 has other
weights and pools differently, so its distances are others. The file is not shipped; it is used
where the user has it. This network is torchvision's with the three differences put right.

Paper: §7.3. Source: Heusel et al. 2017; the differences: pytorch-fid's description of its port.
"""

from __future__ import annotations

import os

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.models.features import OfficialFile, official_places, read_official

_NOTE = "Apache-2.0, ImageNet terms"
FID_FILES = (
    OfficialFile("pt_inception-2015-12-05-6726825d.pth", 95.6, "6726825d", _NOTE),
    OfficialFile("weights-inception-2015-12-05-6726825d.pth", 95.6, "6726825d", _NOTE),
)
N_OUTPUTS = 1008
SIZE_PX = 299
AVERAGE_POOLED = ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b")
POOL_BRANCH = 192  # channels of the pooling branch, the last of block 7c


def fid_file():
    """The official file if it is on this machine: (its entry, its path), or None."""
    for official in FID_FILES:
        for place in official_places(official):
            if place.is_file():
                return official, place
    return None


class FidInception(nn.Module):
    """2,048 pooled features of the FID network; frozen, in eval mode.

    Args:
        path: the official weights; None for random ones (tests only).

    Raises:
        CheckpointError: another file.
    """

    def __init__(self, path: str | os.PathLike | None = None):
        super().__init__()
        from torchvision.models import inception_v3

        with torch.device("cpu" if path is None else "meta"):
            net = inception_v3(
                weights=None,
                num_classes=N_OUTPUTS,
                aux_logits=False,
                init_weights=False,
                transform_input=False,
            )
        if path is not None:
            net.load_state_dict(read_official(FID_FILES[0], path), assign=True)
        for name in AVERAGE_POOLED:
            getattr(net, f"Mixed_{name}").branch_pool.register_forward_pre_hook(_border_average)
        net.Mixed_7c.register_forward_hook(_max_pooled)
        net.fc = nn.Identity()
        self.net = net
        self.official_fid = path is not None
        self.name = "Inception 2015" if path is not None else "Inception 2015, random weights"
        self.eval().requires_grad_(False)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, H, W) in [0, 1] RGB → (N, 2048) float32."""
        size = (SIZE_PX, SIZE_PX)
        x = F.interpolate(frames.float(), size, mode="bilinear", align_corners=False)
        return self.net(2 * x - 1).float()


def _border_average(conv: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    """Averages over 3×3 with zeros beyond the border → averages over the pixels that exist."""
    there = inputs[0].new_ones(1, 1, *inputs[0].shape[-2:])
    return inputs[0] / F.avg_pool2d(there, 3, 1, 1)


def _max_pooled(block: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
    """A block's output with maxima instead of averages in its pooling branch, the last."""
    pooled = block.branch_pool(F.max_pool2d(inputs[0], 3, 1, 1))
    return torch.cat([output[:, :-POOL_BRANCH], pooled], dim=1)
