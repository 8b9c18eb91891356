"""A person's geometry: the head's mesh shaped, dressed, fitted and grown with hair, ready to move.

The data's parts do not know each other: shapes that move the lips leave the teeth behind, and
lids made for the average eye do not close on every eye. Here they are fitted to the person once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from emolib.synthetic import cloth, glasses, hair, motion, surfaces, teeth
from emolib.synthetic import head as h
from emolib.synthetic.lids import Lids, centre_eyes, fit_lids, widen_eyes
from emolib.synthetic.person import Person
from emolib.synthetic.strands import Strands

# Rest pose: the mesh's own rest reads as startled; these are added before any weight.
REST = {"browDown": 0.18, "eyeSquint": 0.16, "eyeBlink": 0.07, "mouthPress": 0.2}
_KINDS = {
    h.BODY: surfaces.SKIN, h.EYE_L: surfaces.EYE, h.EYE_R: surfaces.EYE_R,
    h.TONGUE: surfaces.TONGUE, h.MOUTH: surfaces.CAVITY,
}  # fmt: skip
_UPPER_LIP, _LOWER_LIP = (61, 62, 63), (67, 66, 65)  # landmark numbers, facing each other
_SKIN_DM = 0.03  # at least so much lies before the teeth


@dataclass(frozen=True, eq=False)
class Figure:
    """What stays the same in every frame of a person.

    Vertices: N of the head, then T of teeth and glasses, then M of hair. rest: (N + T, 3) float32
    dm; jaw: (first, last) vertex of the lower row, and how each of `head.JAW_UNITS` moves it
    (4, last - first, 3) float32 dm. triangles (F, 3) int32, uv (F, 3, 2), material (F,) int8 of
    what is drawn. local: (N + T, 3) place on the eyeball (radii) or in a row of teeth, or colour of
    a spectacle frame. eyes: (first, last, centre) of both eyeballs. rest_weights (52,): what is
    added to weights; lids: what opens and shuts them. follow (N + T + M,). strands: the hair.
    """

    rest: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    material: np.ndarray
    local: np.ndarray
    eyes: tuple
    jaw: tuple
    rest_weights: np.ndarray
    lids: Lids
    pivot: np.ndarray
    neck: np.ndarray
    follow: np.ndarray
    strands: Strands


def build_figure(person: Person) -> Figure:
    """The person's geometry (a second or so of work)."""
    head = h.load_head()
    rest = head.identity(person.macros, person.shapes)
    widen_eyes(head, rest)
    centre_eyes(head, rest)
    rest_weights = h.recipe_units(REST).astype(np.float32)
    _close_lips(head, rest, rest_weights)
    _place_tongue(head, rest)
    rows = _rows(head, person, rest)
    moves = _jaw_moves(head, rows[1])
    _keep_inside(head, rest, rows[1].points, moves[0])
    pivot, neck = head.joints(rest)
    normals = np.zeros_like(rest)
    motion.smooth_normals(rest, head.triangles[head.part == h.BODY], normals)
    cloth.raise_cloth(person, rest, normals)
    local, eyes = _local_places(head, rest)
    strands = hair.grow(person, rest, normals)
    drawn = np.isin(head.part, tuple(_KINDS))
    parts = [(*row, surfaces.TEETH) for row in rows]
    if person.glasses:
        frame = glasses.build_frame(person.glasses, eyes, _ears(head, rest))
        parts.append((*frame, surfaces.FRAME))
    starts = len(rest) + np.r_[0, np.cumsum([len(points) for points, *_ in parts])]
    n_added = sum(len(triangles) for _, triangles, _, _ in parts)
    return Figure(
        rest=np.concatenate([rest, *(points for points, *_ in parts)]),
        triangles=np.concatenate(
            [head.triangles[drawn]]
            + [part[1] + np.int32(start) for part, start in zip(parts, starts, strict=False)]
        ),
        uv=np.concatenate([head.uv[drawn], np.zeros((n_added, 3, 2), np.float32)]),
        material=np.concatenate(
            [[_KINDS[p] for p in head.part[drawn]]]
            + [np.full(len(triangles), kind) for _, triangles, _, kind in parts]
        ).astype(np.int8),
        local=np.concatenate([local, *(place for _, _, place, _ in parts)]),
        eyes=eyes,
        jaw=(starts[1], starts[2], moves),
        rest_weights=rest_weights,
        lids=fit_lids(head, rest, rest_weights),
        pivot=pivot,
        neck=neck,
        follow=np.concatenate(
            [head.follow, np.ones(starts[-1] - len(rest), np.float32), strands.follow]
        ),
        strands=strands,
    )


def _moved(head: h.Head, rest, weights) -> np.ndarray:
    out = np.empty_like(rest)
    motion.deform(rest, head.unit_start, head.unit_vertex, head.unit_delta, weights, out)
    return out


def _close_lips(head: h.Head, rest: np.ndarray, rest_weights: np.ndarray) -> None:
    """Bring the lips together at rest, in place: both lips move half the gap, corners stay."""
    opening = _moved(head, rest, rest_weights)
    up, low = h.LANDMARKS[list(_UPPER_LIP)], h.LANDMARKS[list(_LOWER_LIP)]
    gap = float((opening[up, 1] - opening[low, 1]).max()) + 0.018
    jaw = np.zeros(len(rest), np.float32)
    first, last = head.unit_start[h.UNIT_INDEX["jawOpen"] :][:2]
    jaw[head.unit_vertex[first:last]] = head.unit_delta[first:last, 1]
    x, y, z = head.canonical.T
    line = float(head.canonical[np.r_[up, low], 1].mean())
    near = np.exp(-(((y - line) / 0.085) ** 2)) * np.exp(-((x / 0.23) ** 4)) * (z > -0.1)
    near *= np.isin(head.part_of, (h.BODY, h.MOUTH))
    share = np.where(jaw < -0.12, 0.62, -0.38)
    rest[:, 1] += near * share * np.clip(gap, -0.03, 0.08)


def _drift(head: h.Head, rest: np.ndarray) -> np.ndarray:
    """(3,) dm by which this person's lips lie elsewhere than the average's."""
    marks = h.LANDMARKS[list(_UPPER_LIP + _LOWER_LIP)]
    return (rest[marks] - head.canonical[marks]).mean(0)


def _place_tongue(head: h.Head, rest: np.ndarray) -> None:
    """The tongue and the data's own teeth, which only lead ours, follow this person's lips."""
    inside = np.isin(head.part_of, (h.TEETH_UP, h.TEETH_LOW, h.TONGUE))
    drift = _drift(head, rest) - (rest[inside] - head.canonical[inside]).mean(0)
    drift[2] -= 0.015
    rest[inside] += drift.astype(np.float32)


def _rows(head: h.Head, person: Person, rest: np.ndarray) -> tuple[teeth.Row, teeth.Row]:
    corners = h.LANDMARKS[[48, 54]]
    wide = np.ptp(rest[corners, 0]) / np.ptp(head.canonical[corners, 0])
    edge = _drift(head, rest) + np.array([0, -0.702, 0.150])
    return teeth.build_rows(person, edge.astype(np.float32), float(np.clip(wide, 0.88, 1.12)))


def _ears(head: h.Head, rest: np.ndarray) -> np.ndarray:
    """(2, 3) dm: where temples rest on the ears, the person's left first."""
    at = np.flatnonzero(head.masks["ears"] > 0.5)
    out = []
    for side in (1, -1):
        ear = rest[at[rest[at, 0] * side > 0]]
        top = ear[:, 1].max()
        front = ear[ear[:, 1] > top - 0.18]
        inner = front[np.argsort(front[:, 2])[-3:]].mean(0)
        out.append([inner[0] + 0.03 * side, top - 0.07, inner[2] - 0.15])
    return np.array(out)


def _jaw_moves(head: h.Head, row: teeth.Row) -> np.ndarray:
    """(4, T, 3) float32 dm: how each jaw unit moves the lower row: the affine map that fits what
    it does to the data's own teeth."""
    own = np.flatnonzero(head.part_of == h.TEETH_LOW)
    places = np.c_[head.canonical[own], np.ones(len(own))]
    out = np.empty((len(h.JAW_UNITS), len(row.points), 3), np.float32)
    for k, name in enumerate(h.JAW_UNITS):
        unit = h.UNIT_INDEX[name]
        moves = np.zeros_like(head.canonical)
        first, last = head.unit_start[unit : unit + 2]
        moves[head.unit_vertex[first:last]] = head.unit_delta[first:last]
        fit = np.linalg.lstsq(places, moves[own], rcond=None)[0]
        out[k] = np.c_[row.points, np.ones(len(row.points))] @ fit
    return out


def _keep_inside(head: h.Head, rest, points: np.ndarray, jaw_open: np.ndarray) -> None:
    """Push the lower row (T, 3) back where it would pierce the chin, mouth shut or wide open.

    jaw_open: (T, 3) dm, how `jawOpen` moves the row. In place.
    """
    x, y, z = head.canonical.T
    skin = np.flatnonzero((head.part_of == h.BODY) & (z > 0) & (np.abs(x) < 0.5) & (y < -0.5))
    weights = np.zeros(len(h.UNITS), np.float32)
    for amount in (0.0, 0.5, 1.0):
        weights[h.UNIT_INDEX["jawOpen"]] = amount
        front = _moved(head, rest, weights)[skin]
        row = points + amount * jaw_open
        _, near = cKDTree(front[:, :2]).query(row[:, :2], k=4)
        points[:, 2] -= np.maximum(row[:, 2] - (front[near, 2].min(1) - _SKIN_DM), 0)


def _local_places(head: h.Head, rest: np.ndarray):
    local = np.zeros_like(rest)
    eyes = []
    for part in (h.EYE_L, h.EYE_R):
        at = np.flatnonzero(head.part_of == part)
        radius = np.ptp(rest[at, 0]) / 2
        centre = ((rest[at].max(0) + rest[at].min(0)) / 2).astype(np.float32)
        centre[2] = rest[at, 2].min() + radius
        local[at] = (rest[at] - centre) / radius
        eyes.append((int(at[0]), int(at[-1]) + 1, centre))
    return local, tuple(eyes)
