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

    name: str
    width: float
    height: float
    down: float  # shift of the centre towards the chin
    upright: bool  # sides parallel to the picture's, or turned with the head


GEOMETRIES = {
    # A square with the whole face, upright: the face keeps its proportions at 96×96.
    "box": Geometry("box", 1.0, 1.0, 0.0, upright=True),
    # Tight hairline-to-chin box, squeezed into a square, as the paper's detector gives it.
    "tight": Geometry("tight", 0.74, 0.88, -0.02, upright=True),
    # The square, turned so that the eyes are level: a similarity transform from the landmarks.
    "aligned": Geometry("aligned", 1.0, 1.0, 0.0, upright=False),
}


def parse_geometry(geometry: str | Geometry) -> Geometry:
    """A `Geometry` by name.

    Raises:
        ConfigError: unknown name.
    """
    if isinstance(geometry, Geometry):
        return geometry
    if geometry not in GEOMETRIES:
        raise ConfigError(
            f"unknown crop geometry {geometry!r}", expected="one of " + ", ".join(GEOMETRIES)
        )
    return GEOMETRIES[geometry]
