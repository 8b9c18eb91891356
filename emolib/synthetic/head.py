"""The head: one mesh, 52 face units, identity shapes, and where its landmarks are.

Follows `assets/head.npz` (MakeHuman/MPFB2 and faceunits01 data, CC0;
`scripts/build_head_asset.py`). Lengths are decimetres. The origin lies midway between the eyes of
the average person; x points to the picture's right, y up, z towards the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emolib.base.errors import ConfigError
from emolib.base.files import ASSETS
from emolib.synthetic.unit_repairs import STEP_DM, repaired, stem

UNITS: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight",
    "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft",
    "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft",
    "noseSneerRight", "tongueOut",
)  # fmt: skip
UNIT_INDEX = {name: i for i, name in enumerate(UNITS)}
STEMS = tuple(dict.fromkeys(map(stem, UNITS)))
_OF_STEM = np.array([[u in (s, s + "Left", s + "Right") for u in UNITS] for s in STEMS], float)
_OF_STEM /= _OF_STEM.sum(1, keepdims=True)
JAW_UNITS = ("jawOpen", "jawForward", "jawLeft", "jawRight")  # what carries the lower teeth

GAZE_RAD = 0.42  # what an eyeLook unit of 1 turns the eye by
HEAD_HEIGHT_DM = 2.15  # chin to crown of the average head: the unit of pose translations
BODY, EYE_L, EYE_R, TEETH_UP, TEETH_LOW, TONGUE, LASH_L, LASH_R, MOUTH = range(9)
MASKS = ("lips", "eyelids", "mouth", "ears")
AXIS_Z_DM = -0.75  # the vertical axis that the texture is wrapped around
_V_KNOTS = ((-3.45, -1.25, 0.75, 1.12), (1.0, 0.72, 0.10, 0.0))

# The 68 points in the usual order (jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, lips 48-67), seen
# from the camera left to right: vertices chosen on the average head.
LANDMARKS = np.array([
    2660, 2657, 2681, 2164, 2163, 737, 2217, 2215, 2147,
    4804, 4806, 3394, 4755, 4756, 5261, 5237, 5240,
    2184, 225, 224, 205, 208, 2920, 2917, 2935, 2936, 4775,
    136, 135, 164, 2056, 288, 332, 312, 3031, 2994,
    1062, 0, 54, 2704, 1070, 1094, 5284, 2775, 2721, 3691, 3723, 3699,
    425, 2276, 460, 466, 3156, 4861, 3122, 3172, 3178, 492, 486, 480,
    443, 514, 520, 3198, 3140, 3202, 523, 518,
])  # fmt: skip


def sides(name: str) -> list[int]:
    """Unit indices meant by a name: itself, or its left and right halves.

    Raises:
        KeyError: no unit has this name.
    """
    if name in UNIT_INDEX:
        return [UNIT_INDEX[name]]
    return [UNIT_INDEX[name + "Left"], UNIT_INDEX[name + "Right"]]


def recipe_units(recipe: dict[str, float]) -> np.ndarray:
    """A recipe (a name without side means both sides) as unit weights, (52,) float64."""
    weights = np.zeros(len(UNITS))
    for name, amount in recipe.items():
        weights[sides(name)] = amount
    return weights


def by_stem(units: np.ndarray) -> np.ndarray:
    """Unit weights (…, 52) → (…, 32) in `STEMS` order: the mean of a unit's two sides."""
    return units @ _OF_STEM.T


@dataclass(frozen=True, eq=False)
class Head:
    """The mesh and everything that can move it. Arrays are read-only by agreement.

    canonical: (N, 3) float32 average vertices; triangles (F, 3) int32; part (F,) and part_of (N,)
    int8. uv: (F, 3, 2) float32, texture place of each corner; u wraps at 1. masks: name -> (N,)
    float32 in [0, 1]. macros, shapes: name -> (N, 3) int16 in steps of `STEP_DM`. unit_start
    (53,), unit_vertex (K,), unit_delta (K, 3): the units' displacements, unit by unit. light:
    (N,) float32, share of ambient light that reaches a vertex at rest; light_start (53,),
    light_vertex, light_delta: what each unit at full weight adds to it, unit by unit. follow:
    (N,) float32, how much a vertex turns with the head (1) or stays with the shoulders (0).
    """

    canonical: np.ndarray
    triangles: np.ndarray
    part: np.ndarray
    part_of: np.ndarray
    uv: np.ndarray
    masks: dict[str, np.ndarray]
    macros: dict[str, np.ndarray]
    shapes: dict[str, np.ndarray]
    unit_start: np.ndarray
    unit_vertex: np.ndarray
    unit_delta: np.ndarray
    light: np.ndarray
    light_start: np.ndarray
    light_vertex: np.ndarray
    light_delta: np.ndarray
    follow: np.ndarray

    def identity(self, macros, shapes) -> np.ndarray:
        """Rest vertices (N, 3) float32 in dm of a mix of (name, weight) macros and shapes.

        Macros named after a race are shares of a whole and are normalised; the eyes stay in place.

        Raises:
            ConfigError: a name is not in the tables.
        """
        out = self.canonical.astype(np.float64)
        whole = sum(w for name, w in macros if "weight" not in name) or 1.0
        for table, chosen in ((self.macros, macros), (self.shapes, shapes)):
            for name, weight in chosen:
                if name not in table:
                    raise ConfigError(f"no head shape is called {name!r}")
                share = weight / whole if table is self.macros and "weight" not in name else weight
                out += table[name] * (share * STEP_DM)
        eyes = np.isin(self.part_of, (EYE_L, EYE_R))
        out[:, 1:] -= out[eyes, 1:].mean(0) - self.canonical[eyes, 1:].mean(0)
        return out.astype(np.float32)

    def joints(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the skull turns on the neck and where the neck starts, of some rest vertices."""
        return vertices[-16:-8].mean(0), vertices[-8:].mean(0)  # 8 corners each


def texture_place(points: np.ndarray) -> np.ndarray:
    """(..., 2) float32 texture coordinates of canonical points (..., 3): wrapped round the head,

    with more room for the face than for back and shoulders.
    """
    turn = np.arctan2(points[..., 0], points[..., 2] - AXIS_Z_DM) / np.pi  # -1..1, 0 in front
    away = np.abs(turn)
    u = 0.5 + 0.5 * np.sign(turn) * (1.6 * away - 0.6 * away**2)
    v = np.interp(points[..., 1], *_V_KNOTS)
    return np.stack([u, v], -1).astype(np.float32)


def _sparse(units: np.ndarray, least: float, step: float):
    """Units (52, N, ...) as one list of changed vertices: starts, vertex numbers, changes."""
    starts, vertices, deltas = [0], [], []
    for unit in units:
        moved = np.flatnonzero(np.abs(unit.reshape(len(unit), -1)).max(1) > least)
        vertices.append(moved)
        deltas.append(unit[moved] * np.float32(step))
        starts.append(starts[-1] + len(moved))
    return (
        np.array(starts, np.int64),
        np.concatenate(vertices).astype(np.int32),
        np.concatenate(deltas).astype(np.float32),
    )


def _follow(points: np.ndarray) -> np.ndarray:
    """Share of the head's turn that a canonical point takes part in: 1 at the chin, 0 at the
    collar."""
    height = points[:, 1] + 0.45 * (points[:, 2] - AXIS_Z_DM)
    return ramp(-1.6, -0.75, height).astype(np.float32)


def ramp(low, high, value) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between (also with low > high)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@lru_cache(maxsize=1)
def load_head() -> Head:
    """The head of `assets/head.npz`, read once a process.

    Raises:
        ConfigError: the asset is missing, or its units are not `UNITS`.
    """
    path = ASSETS / "head.npz"
    if not path.is_file():
        raise ConfigError(
            "the head asset is missing", file=path, fix="python scripts/build_head_asset.py WHEEL"
        )
    with np.load(path) as data:
        stored = {name: data[name] for name in data.files}
    if tuple(stored["unit_names"].tolist()) != UNITS:
        raise ConfigError(
            "the head asset has other face units", file=path, expected="52 ARKit units"
        )
    canonical = (stored["canonical"] * np.float32(STEP_DM)).astype(np.float32)
    triangles, part = stored["triangles"].astype(np.int32), stored["parts"].astype(np.int8)
    masks = {n: m.astype(np.float32) / 255 for n, m in zip(MASKS, stored["masks"], strict=True)}
    part = np.where((part == BODY) & (masks["mouth"][triangles] > 0.5).all(1), MOUTH, part)
    part_of = np.full(len(canonical), -1, np.int8)
    for corner in range(3):
        part_of[triangles[:, corner]] = part
    uv = texture_place(canonical)[triangles]
    split = np.ptp(uv[..., 0], axis=1) > 0.5
    uv[split, :, 0] += uv[split, :, 0] < 0.5
    units = repaired(stored["units"], UNITS, canonical, triangles, part_of == BODY)
    starts, vertices, deltas = _sparse(units, 3, STEP_DM)
    lights = _sparse(stored["unit_light"].astype(np.int16), 2, 1 / 127)
    return Head(
        canonical=canonical,
        triangles=triangles,
        part=part.astype(np.int8),
        part_of=part_of,
        uv=uv,
        masks=masks,
        macros=dict(zip(stored["macro_names"].tolist(), stored["macros"], strict=True)),
        shapes=dict(zip(stored["shape_names"].tolist(), stored["shapes"], strict=True)),
        unit_start=starts,
        unit_vertex=vertices,
        unit_delta=deltas,
        light=stored["light"].astype(np.float32) / 127,
        light_start=lights[0],
        light_vertex=lights[1],
        light_delta=lights[2],
        follow=_follow(canonical),
    )
