"""Glasses: rims, bridge and temples as tubes on one person's face, and where the lenses lie.

Lengths are decimetres. Sizes follow what opticians print on frames: lenses 46 to 56 mm wide, 30 to
46 mm high.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.looks import Glasses

_AROUND = 28  # points of a rim
_SIDES = 4  # of a tube
_CLEAR_DM = 0.14  # from the cornea to the lens
_WRAP = 0.10  # lenses turn outwards by so many radians


def build_frame(glasses: Glasses, eyes, ears: np.ndarray):
    """The frame for eyeballs (first, last, centre) ×2 and ears (2, 3), the person's left first.

    Returns:
        points (N, 3) float32 dm, triangles (F, 3) int32, colour (N, 3) float32 linear RGB. The last
        six points bear no triangle: centre, outer end and upper end of each lens.
    """
    half_w, half_h = glasses.width / 2, glasses.height / 2
    tubes, lenses = [], []
    turn = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    squeeze = (np.abs(c) ** glasses.power + np.abs(s) ** glasses.power) ** (-1 / glasses.power)
    depth = max(eye[2][2] for eye in eyes) + 0.16 + _CLEAR_DM
    inner = []
    for (_, _, eye), ear in zip(eyes, ears, strict=True):
        side = np.sign(eye[0])
        centre = np.array([side * max(abs(eye[0]), half_w + 0.055), eye[1] - 0.015, depth])
        across = np.array([side * np.cos(_WRAP), 0, -np.sin(_WRAP)]) * half_w
        up = np.array([0, 1.0, -0.12]) * half_h
        lower = 1 + glasses.drop * np.clip(-s, 0, 1)[:, None]
        rim = centre + (c * squeeze)[:, None] * across + (s * squeeze)[:, None] * up * lower
        tubes.append(_tube(rim, glasses.rim * (0.75 + 0.5 * np.clip(s, 0, 1) * glasses.brow), True))
        lenses += [centre, centre + across * 0.97, centre + up * 0.97]
        inner.append(centre - across + np.array([0, 0.25 * half_h, 0.0]))
        hinge = centre + across * 1.02 + up * 0.45
        path = hinge + (ear - hinge) * np.linspace(0, 1, 8)[:, None]
        path[:2, 0] = hinge[0]
        tubes.append(_tube(path, np.full(8, glasses.rim * 0.8), False))
    span = np.linspace(0, 1, 7)[:, None]
    bridge = inner[0] + (inner[1] - inner[0]) * span
    bridge += np.sin(np.pi * span) * np.array([0, 0.025, 0.02])
    tubes.append(_tube(bridge, np.full(7, glasses.rim * 0.9), False))
    start, points, triangles = 0, [], []
    for p, t in tubes:
        points.append(p)
        triangles.append(t + start)
        start += len(p)
    points = np.concatenate([*points, np.array(lenses)]).astype(np.float32)
    colour = np.broadcast_to(np.float32(glasses.colour), points.shape).copy()
    return points, np.concatenate(triangles).astype(np.int32), colour


def _tube(path: np.ndarray, thick: np.ndarray, closed: bool):
    """Points and triangles of a tube along a path (K, 3), `thick` (K,) wide."""
    along = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    aside = np.cross(along, [0.0, 0.0, 1.0])
    weak = np.linalg.norm(aside, axis=1, keepdims=True) < 0.3
    aside = np.where(weak, np.cross(along, [0.0, 1.0, 0.0]), aside)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    upward = np.cross(aside, along)
    turn = np.arange(_SIDES) * 2 * np.pi / _SIDES + np.pi / 4
    ring = np.cos(turn)[:, None] * aside[:, None] + np.sin(turn)[:, None] * upward[:, None]
    points = path[:, None] + ring * (thick / 2)[:, None, None]  # (K, sides, 3)
    k = len(path)
    a = np.arange(k if closed else k - 1)[:, None] * _SIDES + np.arange(_SIDES)
    b = a - np.arange(_SIDES) + (np.arange(_SIDES) + 1) % _SIDES
    c, d = (a + _SIDES) % (k * _SIDES), (b + _SIDES) % (k * _SIDES)
    a, b, c, d = (i.ravel() for i in (a, b, c, d))
    return points.reshape(-1, 3), np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
