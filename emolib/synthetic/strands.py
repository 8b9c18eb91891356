"""Ribbons of strands: how hair bends, layers and lies, once it is known where it starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from emolib.synthetic.head import AXIS_Z_DM, BODY, load_head, ramp

COVER_ROWS, COVER_COLUMNS = 64, 512
BUN = np.array([0.0, 1.08, -1.45])  # where gathered hair is knotted


@dataclass(frozen=True)
class Style:
    """Ribbon counts and shape. Lengths and widths in dm; reach is (top, sides)."""

    ribbons: int
    steps: int
    top: float
    sides: float
    width: float
    lift: float  # how steeply hair leaves the scalp
    bulk: float  # thickness of the layers
    gravity: float
    curl: float
    flow: str
    settle: float = 0.5  # how far hair that stands up bends back to its layer


@dataclass(frozen=True, eq=False)
class Strands:
    """Ribbons as vertices and triangles (numbered from 0). All float32 but for the indices.

    points, tangent, normal, colour: (M, 3); ao, follow: (M,); strand: (M, 3) across, along, own
    offset in `cover`; bind: (M,) int32 head vertex that carries it, or -1; triangles (K, 3)
    int32; cover: (64, 512) uint8.
    """

    points: np.ndarray
    tangent: np.ndarray
    normal: np.ndarray
    colour: np.ndarray
    ao: np.ndarray
    follow: np.ndarray
    strand: np.ndarray
    bind: np.ndarray
    triangles: np.ndarray
    cover: np.ndarray


def cover_pattern(curl: float) -> np.ndarray:
    """(64, 512) uint8 map of strands: rows run from root to tip, columns across many ribbons."""
    rng = np.random.default_rng(77)
    columns = np.arange(COVER_COLUMNS)
    place = np.abs((columns % 32) / 15.5 - 1)  # 0 in the middle of a ribbon, 1 at its edges
    tip = 0.97 - 0.20 * place**2 - 0.25 * rng.random(COVER_COLUMNS) ** 2
    gap = rng.random(COVER_COLUMNS) < 0.07 + 0.25 * place**2
    along = np.linspace(0, 1, COVER_ROWS)[:, None]
    open_at = rng.uniform(0.0, 0.6, COVER_COLUMNS)  # a gap opens somewhere along
    solid = (along < tip) & ~(gap & (along > open_at))
    start = rng.uniform(0, 0.10 + 0.1 * curl, COVER_COLUMNS) * (0.3 + place)
    return (solid & (along > start * 0.5)).astype(np.uint8)


def extrude(person, style, rest, normals, p, d, n, length, layer, bangs, rng):
    """Walk every ribbon from its root and give it width."""
    head = load_head()
    outer = np.flatnonzero((head.part_of == BODY) & (head.masks["mouth"] < 0.3))
    tree = cKDTree(rest[outer])
    count, steps = len(p), style.steps
    d = d / np.linalg.norm(d, axis=1, keepdims=True)
    bulk = (0.012 + style.bulk * person.hair.volume * layer)[:, None]
    phase = rng.uniform(0, 2 * np.pi, count)
    turns = rng.uniform(1.2, 2.6, count) * (1 if style.curl > 0.3 else 0.8)
    path, out = [p - n * 0.01], [n]
    side_axis = np.cross(d, n)
    for k in range(1, steps):
        t = k / (steps - 1)
        step = (length / (steps - 1))[:, None]
        d = (
            d
            + np.array([0, -style.gravity * (0.35 + t), 0])
            + np.where(bangs[:, None], [[0, -0.28, -0.02]], 0.0)
        )
        if style.flow == "bun":
            d = 0.6 * d + 0.9 * (BUN - path[-1])
        wave = style.curl + (0.12 * person.hair.wave if style.top > 1 else 0.0)
        swing = np.sin(phase + turns * 2 * np.pi * t)[:, None]
        curl = wave * (side_axis * swing + n * np.cos(phase + turns * 2 * np.pi * t)[:, None] * 0.6)
        d = d / np.linalg.norm(d, axis=1, keepdims=True)
        q = path[-1] + (d + curl) * step / np.sqrt(1 + wave)
        _, near = tree.query(q)
        v, vn = rest[outer[near]], normals[outer[near]]
        above = ((q - v) * vn).sum(1, keepdims=True)
        close = np.linalg.norm(q - v, axis=1, keepdims=True) < 0.6
        want = bulk * min(1.0, 0.35 + 1.5 * t)
        push = np.where(close, np.maximum(want - above, 0), 0)
        q = q + vn * push
        into = (d * vn).sum(1, keepdims=True)
        d = np.where((above < want) & close & (into < 0), d - vn * into * 0.9, d)
        high = above > want + 0.02  # what stands up bends over
        d = np.where(high & close, d - vn * np.maximum(into, 0) * style.settle, d)
        if style.gravity > 0.3:  # long hair keeps out of the face
            angle = np.abs(np.arctan2(q[:, 0], q[:, 2] - AXIS_Z_DM))
            face = ((angle < 0.95) & (q[:, 1] < 0.62) & ~bangs)[:, None]
            d = d + np.where(
                face, np.stack([0.9 * np.sign(q[:, 0]), 0 * angle, -0.5 + 0 * angle], 1), 0
            )
        path.append(q)
        out.append(np.where(close, vn, out[-1]))
    path, out = np.stack(path, 1), np.stack(out, 1)
    for _ in range(3 if style.curl < 0.3 else 1):
        path[:, 1:-1] = path[:, :-2] / 4 + path[:, 1:-1] / 2 + path[:, 2:] / 4
    return ribbons(
        person,
        path,
        out,
        style.width * rng.uniform(0.7, 1.25, count),
        layer,
        -np.ones(count, int),
        rng,
    )


def ribbons(person, path, out, width, layer, bind, rng, tint=1.0):
    """Two vertices a step across each path (n, steps, 3): the vertex and triangle arrays."""
    count, steps, _ = path.shape
    tangent = np.gradient(path, axis=1)
    tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-9
    out = out / (np.linalg.norm(out, axis=2, keepdims=True) + 1e-9)
    across = np.cross(tangent, out)
    across /= np.linalg.norm(across, axis=2, keepdims=True) + 1e-9
    t = np.linspace(0, 1, steps)
    half = (width[:, None] * (0.28 + 0.72 * np.sin(np.pi * np.clip(t * 0.85 + 0.12, 0, 1))) / 2)[
        ..., None
    ]
    points = np.stack([path - across * half, path + across * half], 2)  # (n, steps, 2, 3)
    base = np.array(person.hair.colour) * tint
    shade = rng.normal(1.0, 0.13, (count, 1)).clip(0.6, 1.5)
    grey = np.clip(
        person.hair.grey * 1.1 + rng.normal(0, 0.22, (count, 1)) * (person.hair.grey > 0), 0, 0.95
    )
    colour = (base * (1 - grey) + np.array([0.36, 0.35, 0.34]) * grey) * shade  # (n, 3)
    tips = 1 + 0.25 * t * (base.max() > 0.05)
    colour = colour[:, None, None] * tips[None, :, None, None] * np.ones((1, 1, 2, 1))
    ao = (0.50 + 0.50 * layer)[:, None] * (0.70 + 0.30 * np.clip(t * 2.5, 0, 1))[None]
    strand = np.zeros((count, steps, 2, 3))
    strand[:, :, 1, 0], strand[..., 1] = 1, t[None, :, None]
    strand[..., 2] = rng.integers(0, COVER_COLUMNS // 32, count)[:, None, None] * 32
    y = points[..., 1]
    follow = np.where((bind >= 0)[:, None, None], 1.0, 0.25 + 0.75 * ramp(-1.7, -0.55, y))
    at = (np.arange(count)[:, None] * steps + np.arange(steps - 1)) * 2
    quad = np.stack([at, at + 1, at + 2, at + 1, at + 3, at + 2], -1).reshape(-1, 3)
    flat = lambda a: np.repeat(a[:, :, None], 2, 2).reshape(-1, *a.shape[2:])  # noqa: E731
    return {
        "points": points.reshape(-1, 3), "tangent": flat(tangent), "normal": flat(out),
        "colour": colour.reshape(-1, 3), "ao": flat(ao), "follow": follow.reshape(-1),
        "strand": strand.reshape(-1, 3), "bind": np.repeat(bind, steps * 2), "triangles": quad,
    }  # fmt: skip
