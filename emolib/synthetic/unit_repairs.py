"""What the data's face units lack: strength, two brow muscles, a wide smile, supple lips."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix

STEP_DM = 1.25e-4  # of the stored int16 coordinates

# The data's units are timid where emotions need them: how much further each one goes here.
_STRENGTH = {
    "browDown": 1.15, "browInnerUp": 1.5, "browOuterUp": 1.1, "mouthFrown": 1.55, "noseSneer": 1.45,
    "mouthUpperUp": 1.3, "mouthLowerDown": 1.35, "cheekSquint": 1.15, "mouthStretch": 1.2,
    "eyeWide": 1.25, "mouthShrugLower": 1.2,
}  # fmt: skip
# And two pulls that they lack: the corrugator draws the inner brow down and in; the frontalis
# lifts it. (unit stem, centre |x|, y, size x, y; displacement towards the middle, up, forward),
# all dm.
_PULLS = (
    ("browDown", 0.14, 0.13, 0.13, 0.10, 0.012, -0.032, 0.012),
    ("browInnerUp", 0.12, 0.15, 0.13, 0.12, 0.012, 0.035, 0.004),
)


def stem(name: str) -> str:
    """A unit's name without its side; "jawLeft" and "mouthLeft" are "jaw" and "mouth"."""
    return name.removesuffix("Left").removesuffix("Right")


def repaired(units, names, canonical, triangles, skin) -> np.ndarray:
    """Units (52, N, 3) float32, in steps of `STEP_DM`, that do what faces do.

    Args:
        units: (52, N, 3) int16 as stored; names: their 52 names.
        canonical: (N, 3) float32 dm; triangles: (F, 3) int32; skin: (N,) bool.
    """
    out = units.astype(np.float32)
    x, y, z = canonical.T
    lower = (units[names.index("jawOpen"), :, 1] * STEP_DM < -0.12) & (y > -0.95) & (z > 0.05)
    for i, name in enumerate(names):
        both = stem(name)
        out[i] *= _STRENGTH.get(both, 1.0)
        for which, cx, cy, sx, sy, inward, up, forward in _PULLS:
            if which != both:
                continue
            near = np.exp(-(((np.abs(x) - cx) / sx) ** 2) - ((y - cy) / sy) ** 2)
            near *= skin & (z > -0.4) & (y > 0.035)
            if name.endswith("Left"):
                near = near * (0.5 + 0.5 * np.tanh(x / 0.04))
            elif name.endswith("Right"):
                near = near * (0.5 - 0.5 * np.tanh(x / 0.04))
            pull = np.stack(
                [-inward * np.tanh(x / 0.05), np.full_like(x, up), np.full_like(x, forward)], 1
            )
            out[i] += near[:, None] * pull / STEP_DM
        if both == "mouthSmile":  # the data's smile presses the lips together and is narrow
            out[i, :, 1] *= 1 - 0.55 * lower * np.exp(-((x / 0.2) ** 4))
            out[i, :, 0] *= 1 + 0.3 * np.exp(-(((y + 0.67) / 0.25) ** 2)) * (z > -0.1)
    _supple(out, names, canonical, triangles)
    return out


def _supple(units, names, canonical: np.ndarray, triangles: np.ndarray) -> None:
    """Even out, sideways, what units do around the middle of the lips (in place): the data's mouth
    opens to a sharp V."""
    x, y, z = canonical.T
    near = (np.abs(x) < 0.25) & (y > -0.95) & (y < -0.5) & (z > 0.05)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = edges[near[edges].all(1)]
    along = canonical[edges[:, 0]] - canonical[edges[:, 1]]
    level = along[:, 0] ** 2 / ((along**2).sum(1) + 1e-9)
    links = coo_matrix((level, edges.T), shape=(len(canonical),) * 2).tocsr()
    links = links + links.T
    inside = np.flatnonzero(np.asarray(links.sum(1)).ravel() > 0)
    links = links[inside][:, inside]
    total = np.asarray(links.sum(1))
    share = 0.5 * np.exp(-((x[inside, None] / 0.15) ** 4))  # the corners keep their reach
    for i, name in enumerate(names):
        if name.startswith(("jaw", "mouth")):
            for _ in range(8):
                moves = units[i, inside]
                units[i, inside] = moves + share * (links @ moves / total - moves)
