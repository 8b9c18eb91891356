"""Creases: the furrows that come and go with an expression.

Each group of creases is a set of curves on the average head. The texture holds their relief once;
how deep they are in a frame follows from the face units, as the muscles that make them do.
Follows the Facial Action Coding System's list of furrows for each action unit.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.head import UNITS, ramp, recipe_units
from emolib.synthetic.texels import Texels, distance_to_line

N_GROUPS = 16
_SIDES = (("Left", 1.0), ("Right", -1.0))

# group -> units that deepen it, with their share; groups with a side come in pairs (left, right).
_MIDDLE = {
    1: {"browInnerUp": 0.7, "browOuterUp": 0.35},
    2: {"browDown": 0.55, "browInnerUp": 0.12},
    8: {"noseSneer": 0.55},
    9: {"mouthShrugLower": 0.8, "mouthFrown": 0.25},
}
_SIDED = {
    4: {"eyeSquint": 0.4, "cheekSquint": 0.6, "mouthSmile": 0.35},
    6: {
        "mouthSmile": 0.75, "noseSneer": 0.65, "mouthUpperUp": 0.5, "cheekSquint": 0.3,
        "mouthStretch": 0.25,
    },
    10: {"eyeSquint": 0.6, "cheekSquint": 0.6, "eyeBlink": 0.3},
    12: {"mouthFrown": 0.8, "mouthPress": 0.2},
    14: {"mouthSmile": 0.5, "mouthDimple": 0.9},
}  # fmt: skip
MUSCLES = np.zeros((N_GROUPS, len(UNITS)), np.float32)  # depth of each group per unit
for _group, _units in _MIDDLE.items():
    MUSCLES[_group] = recipe_units(_units)
for _group, _units in _SIDED.items():
    for _i, (_side, _) in enumerate(_SIDES):
        MUSCLES[_group + _i] = recipe_units({name + _side: share for name, share in _units.items()})


def depths(weights: np.ndarray, lines: float) -> np.ndarray:
    """(16,) float32 depth of every group for unit weights (52,); deeper on lined skin."""
    return (np.clip(MUSCLES @ np.clip(weights, 0, 1), 0, 1.1) * (0.55 + 0.6 * lines)).astype(
        np.float32
    )


def _curve(t: Texels, points, width):
    """Texels near a polyline of (x, y) points (flat indices), and how much furrow each bears, 0
    to 1."""
    points = np.asarray(points, np.float32)
    low, high = points.min(0) - 3 * width, points.max(0) + 3 * width
    near = np.flatnonzero(
        (t.x > low[0]) & (t.x < high[0]) & (t.y > low[1]) & (t.y < high[1]) & (t.z > -0.55)
    )
    at = np.stack([t.x.flat[near], t.y.flat[near]], 1)
    gap, along = distance_to_line(at, points)
    ends = ramp(0, 0.25, along) * ramp(1, 0.7, along)
    return near, np.exp(-((gap / width) ** 2)) * ends


def _smooth(points, n=14):
    """More points along a curve through a few (quadratic through three, else piecewise)."""
    points = np.asarray(points, float)
    s = np.linspace(0, len(points) - 1, n)
    fit = min(len(points) - 1, 3)
    return np.stack(
        [np.polyval(np.polyfit(range(len(points)), points[:, k], fit), s) for k in (0, 1)], 1
    )


def furrows(t: Texels, rng: np.random.Generator):
    """Relief (S, S) in dm (negative: a furrow) and the group (S, S) uint8 of every texel."""
    relief = np.zeros(t.x.shape, np.float32)
    group = np.zeros(t.x.shape, np.uint8)

    def add(number, points, width, depth):
        near, mark = _curve(t, _smooth(points), width)
        before = relief.flat[near]
        group.flat[near] = np.where(
            (mark > 0.02) & (mark * depth > -before), number, group.flat[near]
        )
        relief.flat[near] = np.minimum(before, -mark * depth)

    j = lambda s: float(rng.normal(0, s))  # noqa: E731
    for k in range(4):  # forehead
        y = 0.30 + 0.10 * k + j(0.012)
        add(1, [(-0.5, y + 0.03 + j(0.02)), (-0.2, y + j(0.01)), (0, y - 0.02), (0.2, y + j(0.01)),
                (0.5, y + 0.03 + j(0.02))], 0.020, 0.011)  # fmt: skip
    for side in (1, -1):
        add(
            2,
            [(0.055 * side, 0.065), (0.050 * side + j(0.006), 0.12), (0.065 * side, 0.20)],
            0.016,
            0.011,
        )
    add(8, [(-0.13, 0.02), (0, 0.035), (0.13, 0.02)], 0.018, 0.008)
    for side in (1, -1):
        add(8, [(0.05 * side, -0.03), (0.10 * side, -0.06), (0.15 * side, -0.12)], 0.015, 0.008)
    add(9, [(-0.13, -0.855), (0, -0.83), (0.13, -0.855)], 0.025, 0.012)
    for i, (_, side) in enumerate(_SIDES):
        for k, dy in enumerate((0.07, 0.015, -0.045, -0.10)):
            add(4 + i, [(0.50 * side, 0.01 + 0.45 * dy), (0.565 * side, 0.01 + 0.85 * dy),
                        ((0.64 + j(0.015)) * side, -0.01 + 1.3 * dy - 0.01 * k)],
                0.013, 0.007)  # fmt: skip
        add(6 + i, [(0.155 * side, -0.40), (0.225 * side, -0.50), (0.28 * side, -0.60),
                    (0.31 * side, -0.72)], 0.026, 0.017)  # fmt: skip
        add(
            10 + i,
            [(0.17 * side, -0.07), (0.29 * side, -0.115), (0.43 * side, -0.075)],
            0.018,
            0.009,
        )
        add(
            12 + i,
            [(0.255 * side, -0.68), (0.285 * side, -0.76), (0.28 * side, -0.86)],
            0.024,
            0.012,
        )
        add(
            14 + i,
            [(0.33 * side, -0.57), (0.345 * side, -0.66), (0.325 * side, -0.73)],
            0.02,
            0.008,
        )
    return relief, group
