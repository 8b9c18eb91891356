"""The network's maps onto the picture: a 96-pixel answer for a face of any size.

With the composite head nothing of the face is ever shrunk: colour, blend weight and flow are
enlarged, and applied to the face as it is in the source. What the network leaves alone stays as
sharp as it was. The paper's head gives only 96×96 colours, which have to be enlarged and pasted.

Deviation: the released code pastes a hard rectangle of enlarged 96-pixel face.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import torch
from torch import Tensor

from emolib.config import VIDEO
from emolib.media.compose import CropTransform
from emolib.models.heads import composite


def paint(
    frame: np.ndarray, transform: CropTransform, maps: dict[str, Tensor], native: bool = True
) -> np.ndarray:
    """A new frame with the generated face in its place; pixels outside the face's box stay.

    Args:
        frame: (H, W, 3) uint8 RGB.
        transform: where the face is.
        maps: of one frame: `frames` (3, 96, 96), and from a composite head `colour` (3, 96, 96),
            `weight` (1, 96, 96), `flow` (2, 96, 96).
        native: apply the composite maps at the face's own resolution; False pastes 96 pixels.
    """
    if not native or "flow" not in maps:
        return transform.paste(frame, as_picture(maps["frames"]))
    size = max(VIDEO.face_px, ceil(transform.side_px))
    before = transform.crop(frame, size)  # (S, S, 3)
    reference = torch.from_numpy(before).permute(2, 0, 1)[None] / 255  # (1, 3, S, S)
    layers = (maps[name][None].to("cpu", torch.float32) for name in ("colour", "weight", "flow"))
    after = composite(*layers, reference)[0]  # (3, S, S)
    changed = after.permute(1, 2, 0).numpy() * 255
    return transform.paste(frame, changed, reference=before)


def as_picture(face: Tensor) -> np.ndarray:
    """(3, S, S) in [0, 1] → (S, S, 3) uint8."""
    levels = (face.float() * 255).round().clamp(0, 255)
    return levels.permute(1, 2, 0).to("cpu", torch.uint8).numpy()
