"""Painting: a person's skin, brows and clothes as one texture wrapped round the head.

Every texel knows its place on the average head, so paint follows anatomy and moves with the mesh. A
texel holds 14 bytes: square root of linear RGB, gloss, slope of the static relief (x, y, z), slope of
the creases that come with expression, crease darkening, cloth, cavity, crease group.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from emolib.synthetic.head import BODY, load_head
from emolib.synthetic.person import Person
from emolib.synthetic.raster import EMPTY, draw

CHANNELS = 14


@lru_cache(maxsize=2)
def texel_places(size: int):
    """Canonical places (size, size, 3) float32 of texels, and the masks (4, size, size) under them."""
    head = load_head()
    keep = head.part == BODY
    triangles, uv = head.triangles[keep], head.uv[keep]
    values = np.concatenate([head.canonical, np.stack(list(head.masks.values()), 1)], 1)
    flat = np.zeros((len(triangles) * 3, 3), np.float32)
    flat[:, :2] = uv.reshape(-1, 2) * size
    corners = head.canonical[triangles].reshape(-1, 3)
    flat[:, 2] = np.hypot(corners[:, 0], corners[:, 2] + 0.75)  # the outermost surface wins
    wrapped = flat - np.array([size, 0, 0], np.float32)
    order = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    ids = np.full((size, size), EMPTY, np.int32)
    depth = np.full((size, size), -1e9, np.float32)
    for sheet in (flat, wrapped):
        draw(sheet, order, 0, True, depth, ids)
    seen = ids >= 0
    rows, columns = np.nonzero(seen)
    chosen = ids[seen]
    corner = flat.reshape(-1, 3, 3)[chosen, :, :2]
    shift = np.round((corner[..., 0].mean(1) - columns) / size) * size
    at = np.stack([columns + 0.5 + shift, rows + 0.5], 1)
    e1, e2, d = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0], at - corner[:, 0]
    area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
    w1 = (d[:, 0] * e2[:, 1] - d[:, 1] * e2[:, 0]) / area
    w2 = (e1[:, 0] * d[:, 1] - e1[:, 1] * d[:, 0]) / area
    weights = np.stack([1 - w1 - w2, w1, w2], 1)[..., None]
    out = np.zeros((size, size, values.shape[1]), np.float32)
    out[seen] = (values[triangles[chosen]] * weights).sum(1)
    # Texels that no triangle covers copy their nearest neighbour, so that edges never show.
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
    out = out[tuple(nearest)]
    return out[..., :3], np.moveaxis(out[..., 3:], -1, 0)


def paint(person: Person, size: int) -> np.ndarray:
    """The person's texture (size, size, 14) uint8."""
    places, masks = texel_places(size)
    x, y, z = np.moveaxis(places, -1, 0)
    tone = np.array(person.skin.tone, np.float32)
    colour = np.broadcast_to(tone, (*x.shape, 3)).copy()
    lips = np.clip(masks[0], 0, 1)[..., None]
    colour += (np.array(person.skin.lips, np.float32) - colour) * lips
    scalp = ((y > 0.72 - 0.25 * (x / 0.6) ** 2) & (z < 0.4)) | ((z < -0.7) & (y > -0.9))
    scalp &= masks[3] < 0.1
    if person.hair.style != "bald":
        colour[scalp] = person.hair.colour
    b = person.brows
    t = (np.abs(x) - 0.13) / 0.44
    line = 0.135 + b.lift + b.arch * np.sin(np.clip(t, 0, 1) * 2.2)
    brow = (np.clip(1.5 - np.abs(y - line) / (b.thickness * 0.5), 0, 1) * np.clip((t + 0.05) * 10, 0, 1)
            * np.clip((1.02 - t) * 6, 0, 1) * (z > -0.3))[..., None]
    colour += (np.array(b.colour, np.float32) - colour) * brow * b.density
    cloth = (y < -1.45 - 0.3 * (z + 0.5)).astype(np.float32)[..., None]
    colour += (np.array(person.clothes.colour, np.float32) - colour) * cloth
    out = np.zeros((size, size, CHANNELS), np.uint8)
    out[..., :3] = np.rint(np.sqrt(np.clip(colour, 0, 1)) * 255)
    out[..., 3] = 110
    out[..., 4:10] = 128
    out[..., 11] = cloth[..., 0] * 255
    out[..., 12] = 255
    return out
