"""The texture's ground: where each texel lies on the average head, and tools to paint there.

The texture wraps round the head (`head.texture_place`). Paint is a function of the place on the
average head (dm), so that it follows anatomy on every person.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from emolib.synthetic.head import AXIS_Z_DM, BODY, load_head
from emolib.synthetic.raster import EMPTY, FAR, draw


class Texels:
    """Canonical places of a square texture's texels, read-only.

    x, y, z: (S, S) float32 dm. masks: name -> (S, S) float32. step_u, step_v: (S, S, 3), what
    turns a height's differences along columns and rows into its slope over the surface.
    """

    def __init__(self, size: int):
        self.size = size
        head = load_head()
        keep = head.part == BODY
        triangles, uv = head.triangles[keep], head.uv[keep]
        values = np.concatenate([head.canonical, np.stack(list(head.masks.values()), 1)], 1)
        flat = np.zeros((len(triangles) * 3, 3), np.float32)
        flat[:, :2] = uv.reshape(-1, 2) * size
        corners = head.canonical[triangles].reshape(-1, 3)
        flat[:, 2] = np.hypot(corners[:, 0], corners[:, 2] - AXIS_Z_DM)  # the outermost wins
        order = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
        ids = np.full((size, size), EMPTY, np.int32)
        depth = np.full((size, size), FAR, np.float32)
        for turn in (0, size):
            draw(flat - np.array([turn, 0, 0], np.float32), order, 0, True, depth, ids)
        seen = ids >= 0
        rows, columns = np.nonzero(seen)
        corner = flat.reshape(-1, 3, 3)[ids[seen], :, :2]
        turn = np.round((corner[..., 0].mean(1) - columns) / size) * size
        at = np.stack([columns + 0.5 + turn, rows + 0.5], 1) - corner[:, 0]
        e1, e2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
        area = e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0]
        w1 = (at[:, 0] * e2[:, 1] - at[:, 1] * e2[:, 0]) / area
        w2 = (e1[:, 0] * at[:, 1] - e1[:, 1] * at[:, 0]) / area
        weights = np.stack([1 - w1 - w2, w1, w2], 1)[..., None]
        out = np.zeros((size, size, values.shape[1]), np.float32)
        out[seen] = (values[triangles[ids[seen]]] * weights).sum(1)
        nearest = distance_transform_edt(~seen, return_distances=False, return_indices=True)
        out = out[tuple(nearest)]  # texels under no triangle copy their neighbour
        self.places = out[..., :3]
        self.x, self.y, self.z = np.moveaxis(self.places, -1, 0)
        self.masks = dict(zip(head.masks, np.moveaxis(out[..., 3:], -1, 0), strict=True))
        self._slopes()
        front = (self.z > -0.75) & (self.y > -1.5) & (np.abs(self.x) < 0.95)
        self._front = np.argwhere(front)
        self._tree = cKDTree(self.places[front][:, :2])

    def _slopes(self) -> None:
        right = (np.roll(self.places, -1, 1) - np.roll(self.places, 1, 1)) / 2
        down = np.gradient(self.places, axis=0)
        e, g = (right**2).sum(-1) + 1e-7, (down**2).sum(-1) + 1e-7
        f = (right * down).sum(-1)
        det = np.maximum(e * g - f * f, 0.15 * e * g)[..., None]
        self.step_u = ((g[..., None] * right - f[..., None] * down) / det).astype(np.float32)
        self.step_v = ((e[..., None] * down - f[..., None] * right) / det).astype(np.float32)

    def slope(self, height: np.ndarray) -> np.ndarray:
        """(S, S, 3) slope over the surface of a height map (S, S) in dm; a bump leans away from
        it."""
        du = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) / 2
        dv = np.gradient(height, axis=0)
        slope = du[..., None] * self.step_u + dv[..., None] * self.step_v
        return np.clip(slope, -1.9, 1.9)

    def noise(self, rng: np.random.Generator, across_dm: float, down_dm: float | None = None):
        """(S, S) float32 smooth noise, about unit variance, with blobs of the given size."""
        scale = self.size / 512
        sigma = (159 * (down_dm or across_dm) * scale, 137 * across_dm * scale)
        raw = rng.standard_normal((512, 512), dtype=np.float32)
        if self.size != 512:
            raw = np.kron(raw, np.ones((self.size // 512,) * 2, np.float32))
        soft = gaussian_filter(raw, sigma, mode=("reflect", "wrap"))
        return soft / (soft.std() + 1e-9)

    def texel(self, x, y) -> np.ndarray:
        """(..., 2) float row and column of the front texels nearest to canonical (x, y)."""
        at = np.stack(np.broadcast_arrays(x, y), -1)
        _, index = self._tree.query(at, k=3)
        return self._front[index].mean(-2)


@lru_cache(maxsize=2)
def texels(size: int) -> Texels:
    """The texels of a square texture of 512 or 1024 rows, made once a process."""
    return Texels(size)


def blob(x, y, at, size) -> np.ndarray:
    """A Gaussian spot: 1 at `at`, falling off over `size` (a number, or one for x and one for
    y)."""
    sx, sy = (size, size) if np.isscalar(size) else size
    return np.exp(-(((x - at[0]) / sx) ** 2) - ((y - at[1]) / sy) ** 2)


def distance_to_line(at: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of points (P, 2) to a polyline (K, 2), and the share of its length where it is
    nearest."""
    a, d = line[:-1], np.diff(line, axis=0)
    size = np.hypot(*d.T)
    s = np.clip(((at[:, None] - a) * d).sum(-1) / np.maximum(size**2, 1e-12), 0, 1)  # (P, K - 1)
    gap = np.linalg.norm(at[:, None] - a - s[..., None] * d, axis=-1)
    nearest = gap.argmin(1)
    rows = np.arange(len(at))
    start = np.r_[0, np.cumsum(size)]
    along = (start[nearest] + s[rows, nearest] * size[nearest]) / start[-1]
    return gap[rows, nearest], along
