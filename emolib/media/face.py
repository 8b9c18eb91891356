"""What a face is to this package, and what every detector of faces must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

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
