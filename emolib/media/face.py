"""What a face is to this package: a box in a picture, and how much around it belongs to its crop.

Sizes of crops are in units of the face's own size (see `mesh`), so one geometry fits every video. A
clip store and a checkpoint record the geometry they were made with, by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from emolib.base.errors import ConfigError

EYES = (0, 1)  # keypoints: the person's right eye, left eye, nose, mouth, right ear, left ear


@dataclass(frozen=True)
class Face:
    """One detected face.

    Attributes:
        box: (4,) float32, x0 y0 x1 y1 in pixels, edges not centres; may reach outside the picture.
        score: confidence in [0, 1].
        keypoints: (K, 2) float32 pixels; BlazeFace's six, or none (K = 0).
    """

    box: np.ndarray
    score: float
    keypoints: np.ndarray

    @property
    def size_px(self) -> float:
        """Geometric mean of width and height."""
        width, height = self.box[2:] - self.box[:2]
        return float(np.sqrt(max(width, 0) * max(height, 0)))


class FaceDetector(Protocol):
    """Anything that finds faces: has a `name` and `detect`."""

    name: str

    def detect(self, frame: np.ndarray) -> list[Face]:
        """Faces in a frame (H, W, 3) uint8 RGB, best first; empty when there is none."""
        ...


def iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box (4,) with many (M, 4): (M,) in [0, 1]."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / np.maximum(area - shared, 1e-9)


def without_nested(faces: list[Face]) -> list[Face]:
    """Best-first faces less those that mostly cover, or lie in, a better one."""
    kept: list[Face] = []
    for face in faces:
        low = [np.maximum(face.box[:2], other.box[:2]) for other in kept]
        high = [np.minimum(face.box[2:], other.box[2:]) for other in kept]
        shared = [np.prod(np.clip(b - a, 0, None)) for a, b in zip(low, high, strict=True)]
        smaller = [min(face.size_px, other.size_px) ** 2 for other in kept]
        if all(s < 0.5 * area for s, area in zip(shared, smaller, strict=True)):
            kept.append(face)
    return kept


@dataclass(frozen=True)
class Geometry:
    """A rectangle about a face's centre, in units of the face's size."""

    width: float
    height: float
    down: float  # shift of the centre towards the chin
    upright: bool  # sides parallel to the picture's, or turned with the head


GEOMETRIES = {
    # A square with the whole face, upright: the face keeps its proportions at 96×96.
    "box": Geometry(1.0, 1.0, 0.0, upright=True),
    # Tight hairline-to-chin box, squeezed into a square, as the paper's detector gives it.
    "tight": Geometry(0.74, 0.88, -0.02, upright=True),
    # The square, turned so that the eyes are level: a similarity transform from the landmarks.
    "aligned": Geometry(1.0, 1.0, 0.0, upright=False),
}


def parse_geometry(name: str) -> Geometry:
    """A `Geometry` by name. Raises ConfigError: unknown name."""
    if name not in GEOMETRIES:
        known = "one of " + ", ".join(GEOMETRIES)
        raise ConfigError(f"unknown crop geometry {name!r}", expected=known)
    return GEOMETRIES[name]


SMOOTH_HALF_FRAMES = 2  # two frames before to two after: the paper's T = 5
MAX_GAP_FRAMES = 10


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches (first, one past last) where `flags` (N,) bool is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def smooth_centred(
    values: np.ndarray,
    half_frames: int = SMOOTH_HALF_FRAMES,
    breaks: tuple[int, ...] | list[int] = (),
    noise: float | np.ndarray | None = None,
) -> np.ndarray:
    """Each value as the weighted mean of its neighbours, as many before as after.

    Args:
        values: (N, D) float.
        half_frames: neighbours on each side; weights fall linearly with distance.
        breaks: frames that begin something new (cuts); no window reaches across one.
        noise: size of what counts as jitter, a number or (N,), in the values' unit. Neighbours that
            differ by much more are real motion and hardly count. None: all count.

    Returns:
        (N, D) float64. A straight motion comes back unchanged, at the ends too.
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    index = np.arange(n)
    starts = np.array([0, *sorted(b for b in breaks if 0 < b < n), n])
    piece = np.searchsorted(starts, index, side="right") - 1
    reach = np.minimum(index - starts[piece], starts[piece + 1] - 1 - index).clip(0, half_frames)
    noise = None if noise is None else np.broadcast_to(np.asarray(noise, np.float64), (n,))
    smoothed = values.copy()
    for half in range(1, half_frames + 1):
        offsets = np.arange(-half, half + 1)
        at = index[reach == half]
        near = values[at[:, None] + offsets]  # (n, 2 half + 1, D)
        weights = np.tile(half + 1.0 - np.abs(offsets), (len(at), 1))
        if noise is not None:
            away = np.linalg.norm(near - values[at, None], axis=2) / noise[at, None]
            weights *= np.exp(-(away**2) / 2)
        smoothed[at] = np.einsum("nod,no->nd", near, weights / weights.sum(axis=1, keepdims=True))
    return smoothed


def fill_gaps(
    values: np.ndarray, seen: np.ndarray, max_gap: int = MAX_GAP_FRAMES
) -> tuple[np.ndarray, np.ndarray]:
    """Values with every unseen frame filled in, and which of them may be trusted.

    Args:
        values: (N, D) float; rows where `seen` is false are ignored.
        seen: (N,) bool, at least one true.
        max_gap: gaps up to this length, between two sightings, are filled by a straight line and
            trusted. Longer gaps and the ends are filled too (nothing stays NaN) but not trusted.

    Returns:
        (N, D) float64 and (N,) bool.
    """
    index, at = np.arange(len(seen)), np.flatnonzero(seen)
    filled = np.stack([np.interp(index, at, column[at]) for column in np.asarray(values).T], axis=1)
    found = seen.copy()
    for first, end in runs(~seen):
        inside = first > 0 and end < len(seen)
        found[first:end] = inside and end - first <= max_gap
    return filled, found


def jitter_px(values: np.ndarray) -> float:
    """RMS of the second difference of (N, D) over time, in its unit: 0 for any steady motion."""
    second = np.diff(np.asarray(values, dtype=np.float64), n=2, axis=0)
    return float(np.sqrt((second**2).mean())) if second.size else 0.0
