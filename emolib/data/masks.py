"""What the generator may not see of its target, and how its input is put together.

Paper: §3.1 (the whole face is masked, because emotion shows everywhere; Figure 6).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError

MASKS = {
    "full": "everything, as the paper",
    "half": "the lower half, as Wav2Lip",
    "aligned": "brows to chin, with the border left as a clue to pose; for aligned crops",
}
FULL_AT, FADED_AT = 0.86, 1.0  # of the ellipse's radius: hidden inside, seen outside, soft between
CENTRE, RADII = (0.50, 0.54), (0.42, 0.44)  # of the aligned crop: across, down


@lru_cache(maxsize=8)
def hidden(mask: str, size: int = VIDEO.face_px) -> np.ndarray:
    """How much of each pixel is hidden: (S, S) float32, 0 seen, 1 hidden. Do not write to it.

    Raises:
        ConfigError: unknown mask.
    """
    if mask not in MASKS:
        raise ConfigError(f"unknown mask {mask!r}", expected="one of " + ", ".join(MASKS))
    cover = np.ones((size, size), np.float32)
    if mask == "half":
        cover[: size // 2] = 0
    elif mask == "aligned":
        place = (np.arange(size) + 0.5) / size
        across = (place - CENTRE[0]) / RADII[0]
        down = (place[:, None] - CENTRE[1]) / RADII[1]
        radius = np.sqrt(across**2 + down**2)  # (S, S)
        cover[:] = np.clip((FADED_AT - radius) / (FADED_AT - FULL_AT), 0, 1)
    cover.setflags(write=False)
    return cover


def to_unit(frames: Tensor) -> Tensor:
    """Pictures of bytes as float32 in [0, 1]; float pictures as they are."""
    return frames.float().div_(255) if frames.dtype == torch.uint8 else frames


def masked_input(target: Tensor, reference: Tensor, mask: str = "full") -> Tensor:
    """The generator's picture input: (..., 6, S, S) float32, the masked target, then the reference.

    Args:
        target, reference: (..., 3, S, S) uint8, or float in [0, 1].
        mask: a name in `MASKS`. Hidden pixels are 0 (black), as released.
    """
    target, reference = to_unit(target), to_unit(reference)
    cover = hidden(mask, target.shape[-1])
    seen = torch.from_numpy(1 - cover).to(target.device)
    return torch.cat([target * seen, reference], dim=-3)  # (..., 6, S, S)
