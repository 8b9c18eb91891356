"""Two rows of teeth on their gums, built for one person and carried by skull and jaw.

Sizes follow tables of adult tooth anatomy (Ash and Nelson, *Wheeler's Dental Anatomy*): crowns of
5 to 10 mm on an arch that is nearly straight in front and runs back at the canines. Lengths are
decimetres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from emolib.synthetic.person import Person

# From the midline back: crown widths and heights of both rows.
_WIDTH = {
    "upper": (0.086, 0.066, 0.076, 0.070, 0.067, 0.100),
    "lower": (0.053, 0.058, 0.068, 0.070, 0.071, 0.108),
}
_HEIGHT = {
    "upper": (0.104, 0.092, 0.100, 0.088, 0.082, 0.075),
    "lower": (0.088, 0.088, 0.098, 0.085, 0.078, 0.072),
}
_ARCH = {"upper": (0.335, 0.40, 3.0), "lower": (0.315, 0.40, 3.0)}  # half width, depth, power
_COLUMNS = 6  # a tooth
# A column of vertices from behind the edge up to the gums: share of the crown, and depth (dm).
_ROWS = ((0.5, -0.052), (0.04, -0.036), (0.0, -0.014), (0.22, 0.0), (0.6, 0.004), (0.98, -0.006),
         (1.25, -0.004), (2.6, -0.02))  # fmt: skip
OVERLAP = 0.045  # the lower edges bite this far behind the upper ones


class Row(NamedTuple):
    """points (N, 3) float32 dm; triangles (F, 3) int32.

    place (N, 3) float32: tooth number from the midline, with a fraction across the tooth and the
    side's sign; height in crowns from the edge (0) over the gum line (1); how dark this tooth is.
    """

    points: np.ndarray
    triangles: np.ndarray
    place: np.ndarray


def build_rows(person: Person, edge: np.ndarray, width: float) -> tuple[Row, Row]:
    """The upper and the lower row: `edge` (3,) is the middle of the upper row's edge, `width` the
    share of the average mouth's."""
    rng = np.random.default_rng([person.seed, 41])
    upper = _row(person, "upper", width, rng)
    lower = _row(person, "lower", width, rng)
    upper.points[:] += edge
    lower.points[:] += edge + np.array([0, OVERLAP, -0.030], np.float32)
    return upper, lower


def _row(person: Person, which: str, width: float, rng) -> Row:
    teeth = person.teeth
    size, tall = np.array(_WIDTH[which]), np.array(_HEIGHT[which]) * teeth.length
    span, depth, power = _ARCH[which]
    x = np.linspace(0, span * 0.995, 400)
    arch = np.stack([x, -depth * (x / span) ** power], 1) * [width, width]
    along = np.r_[0, np.cumsum(np.hypot(*np.diff(arch, axis=0).T))]
    starts = np.r_[0, np.cumsum(size)] * width
    n = len(size)
    u = np.arange(n * _COLUMNS + 1) / _COLUMNS  # tooth numbers with fractions
    columns = []
    for sign in (-1.0, 1.0):
        turn, push, drop = (rng.normal(0, s, n) * teeth.crooked for s in (0.10, 0.010, 0.008))
        number = np.minimum(u.astype(int), n - 1)
        across = u - number  # 0 … 1 from the tooth's inner side to its outer
        s = np.interp(u, np.arange(n + 1), starts)
        px, pz = np.interp(s, along, arch[:, 0]), np.interp(s, along, arch[:, 1])
        slope = np.gradient(pz, s) / np.maximum(np.gradient(px, s), 1e-6)
        normal = np.stack([-slope, np.ones_like(slope)], 1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        middle = 1 - np.abs(2 * across - 1)  # 0 between teeth, 1 in a tooth's middle
        bulge = 0.013 * np.sqrt(np.clip(middle * 2.5, 0, 1)) + 0.006 * middle - 0.012
        bulge += (push[number] + turn[number] * (across - 0.5) * size[number]) * np.clip(
            3 * middle, 0, 1
        )
        worn = np.where(number == 2, 0.014 * (1 - teeth.wear), 0.003)  # canines are pointed
        round_ = 0.012 * (1 - middle) ** 6 + worn * (1 - middle) ** 1.5
        canine = np.where(number == 1, 0.010, np.where(number >= 3, 0.008 * (number - 2), 0.0))
        edge = round_ + canine + drop[number] * np.clip(3 * middle, 0, 1)
        tone = (0.035 * number + rng.normal(0, 0.025, n)[number] * (1 + teeth.crooked)).clip(0, 1)
        rise = np.array([r for r, _ in _ROWS])[:, None]
        out = np.array([d for _, d in _ROWS])[:, None]
        crown = rise <= 1
        y = np.where(crown, edge + (tall[number] - edge) * rise, tall[number] * rise)
        away = out + np.where(crown & (out > -0.03), bulge, 0.5 * bulge)
        points = np.stack(
            [sign * (px + away * normal[:, 0]), y, pz + away * normal[:, 1]], 2
        )  # (rows, columns, 3)
        gap = sign * (u + 1)
        place = np.stack(np.broadcast_arrays(gap, rise, tone), 2)
        columns.append((points, place))
    left, right = columns
    points = np.concatenate([left[0][:, ::-1], right[0]], 1)
    place = np.concatenate([left[1][:, ::-1], right[1]], 1)
    rows, across = points.shape[:2]
    k = (np.arange(rows - 1)[:, None] * across + np.arange(across - 1)).ravel()
    triangles = np.concatenate(
        [np.stack([k, k + 1, k + across], 1), np.stack([k + 1, k + across + 1, k + across], 1)]
    )
    if which == "lower":
        points[..., 1] *= -1
        triangles = triangles[:, ::-1]
    shape = (rows * across, 3)
    return Row(
        points.reshape(shape).astype(np.float32),
        triangles.astype(np.int32),
        place.reshape(shape).astype(np.float32),
    )
