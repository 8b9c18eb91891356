"""The network's maps onto the picture: a 96-pixel answer for a face of any size.

With the composite head nothing of the face is ever shrunk: colour, blend weight and flow are
enlarged, and the picture itself is fetched along the flow, once, at its own resolution. What the
network leaves alone stays as sharp as it was. Towards the edge of the box flow and weight end, so
the face meets the rest of the picture without a seam and without a second outline.
The paper's head gives only 96×96 colours, which have to be enlarged and pasted.

Deviation: the released code pastes a hard rectangle of enlarged 96-pixel face.
"""

from __future__ import annotations

import cv2
import numpy as np

from emolib.media.compose import CropTransform, store_pixels


def paint(
    frame: np.ndarray,
    transform: CropTransform,
    maps: dict[str, np.ndarray],
    native: bool = True,
    share: float = 1.0,
) -> np.ndarray:
    """A new frame with the generated face in its place; pixels outside the face's box stay.

    Args:
        frame: (H, W, 3) uint8 RGB.
        transform: where the face is.
        maps: of one frame, float32: `frames` (3, 96, 96) in [0, 1], and from a composite head
            `colour` (3, 96, 96), `weight` (1, 96, 96), `flow` (2, 96, 96) in widths of the crop.
        native: apply the composite maps at the face's own resolution; False pastes 96 pixels.
        share: how far to go, 0 leaves the frame as it is, 1 is all the way.
    """
    if not native or "flow" not in maps:
        pasted = transform.paste(frame, as_picture(maps["frames"]))
        return cv2.addWeighted(pasted, share, frame, 1 - share, 0) if share < 1 else pasted
    out, place = frame.copy(), transform.covered(frame.shape)
    layers = np.concatenate([maps["flow"], maps["weight"]]).transpose(1, 2, 0)  # (96, 96, 3)
    spread = transform.spread(np.ascontiguousarray(layers), place)  # (h, w, 3)
    if not spread.size:
        return out
    spread *= share * transform.feather(place)[..., None]
    moved = fetch(frame, place, spread[..., :2] @ transform.inverse[:, :2].T.astype(np.float32))
    weight = spread[..., 2:].clip(0, 1)
    colour = transform.spread(np.ascontiguousarray(maps["colour"].transpose(1, 2, 0)), place)
    store_pixels(out[place], moved + weight * (255 * colour - moved))
    return out


def fetch(frame: np.ndarray, place: tuple[slice, slice], way_px: np.ndarray) -> np.ndarray:
    """The pixels (h, w, 3) uint8 that lie `way_px` (h, w, 2: x, y) away from those of `place`.

    Cubic; the picture's edge is repeated. No way gives the very pixels of `place`.
    """
    rows, columns = place
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + way_px[..., 0]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + way_px[..., 1]
    return cv2.remap(frame, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def as_picture(face: np.ndarray) -> np.ndarray:
    """(3, S, S) float in [0, 1] → (S, S, 3) uint8."""
    levels = np.rint(255 * face).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0))
