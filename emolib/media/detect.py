"""Finding faces in one picture: BlazeFace gives boxes with six keypoints, by two small networks.

The short-range network (128×128) is best for faces near the camera, the full-range one (192×192)
for small ones; both look at the whole picture, and where neither finds a face, at overlapping tiles
of it. Anchors, decoding and blending of overlapping boxes follow the paper:
Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import local

import cv2
import numpy as np

from emolib.base.errors import ConfigError
from emolib.base.files import ASSETS
from emolib.media.face import Face, FaceDetector, iou, without_nested

MIN_SCORE = 0.5  # confidences below are no face
SAME_IOU = 0.3  # boxes that overlap more are one face
BOX_SCALE = 1.15  # from BlazeFace's square (brows to chin) to the standard face square of `mesh`


SHORT_RANGE = "face_detection_short_range.tflite", 128, ((16, 2), (8, 6))
FULL_RANGE = "face_detection_full_range_sparse.tflite", 192, ((48, 1),)  # file, px, grid: below

_own = local()  # an interpreter holds its input and output, so each thread has its own


def run_tflite(name: str, tensor: np.ndarray) -> list[np.ndarray]:
    """The outputs of a network in `assets/faces` for a batch of inputs, on one thread."""
    if not hasattr(_own, "interpreters"):
        _own.interpreters = {}
    if name not in _own.interpreters:
        from ai_edge_litert.interpreter import Interpreter

        with _without_native_chatter():
            interpreter = Interpreter(model_path=str(ASSETS / "faces" / name), num_threads=1)
            interpreter.allocate_tensors()
        ends = interpreter.get_input_details(), interpreter.get_output_details()
        _own.interpreters[name] = interpreter, *([end["index"] for end in one] for one in ends)
    interpreter, inputs, outputs = _own.interpreters[name]
    interpreter.set_tensor(inputs[0], tensor)
    interpreter.invoke()
    return [interpreter.get_tensor(index) for index in outputs]


@contextmanager
def _without_native_chatter() -> Iterator[None]:
    """The runtime greets on the process's stderr, past Python, and offers no switch for it."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    try:
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@lru_cache
def anchor_centres(grid: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Anchor centres in [0, 1], row by row, finest grid first: (A, 2) float32.

    Args:
        grid: (cells a side, anchors a cell), finest first.
    """
    layers = []
    for cells, repeats in grid:
        centre = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(centre, centre, indexing="ij")
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(layers).astype(np.float32)


def blend_overlaps(points: np.ndarray, scores: np.ndarray):
    """Weighted non-maximum suppression: each group of overlapping boxes becomes its mean.

    Args:
        points: (M, 2 + K, 2): two box corners, then keypoints.
        scores: (M,) confidences, the weights of the mean.

    Returns:
        list of (points (2 + K, 2), best score of the group), best first.
    """
    order = np.argsort(-scores, kind="stable")
    points, scores, groups = points[order], scores[order], []
    while len(scores):
        boxes = points[:, :2].reshape(-1, 4)
        near = iou(boxes[0], boxes) > SAME_IOU
        near[0] = True
        weights = scores[near, None, None]
        groups.append(((points[near] * weights).sum(0) / weights.sum(), float(scores[0])))
        points, scores = points[~near], scores[~near]
    return groups


def blazeface(picture: np.ndarray, network: tuple) -> list[tuple[np.ndarray, float]]:
    """Raw faces of a picture (H, W, 3) uint8 RGB by one of the two networks.

    Returns:
        (points (8, 2) float32 pixels, score) each: box corners, then six keypoints.
    """
    name, side, grid = network
    tensor, scale, offset = letterbox(picture, side)
    raw, logits = (output[0] for output in run_tflite(name, tensor[None]))
    scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -80, 80)))
    keep = scores > MIN_SCORE
    if not keep.any():
        return []
    points, anchors = raw[keep].reshape(-1, 8, 2) / side, anchor_centres(grid)[keep]
    centre, half = points[:, 0] + anchors, points[:, 1] / 2  # then six keypoints
    points[:, 2:] += anchors[:, None]
    points[:, 0], points[:, 1] = centre - half, centre + half
    return blend_overlaps((points * side - offset) / scale, scores[keep])


def letterbox(picture: np.ndarray, side: int) -> tuple[np.ndarray, float, np.ndarray]:
    """The picture shrunk into a black square: (side, side, 3) float32 in [-1, 1], scale, offset."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(picture, size, interpolation=how)
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    tensor = np.full((side, side, 3), -1.0, dtype=np.float32)
    tensor[y : y + size[1], x : x + size[0]] = small * np.float32(1 / 127.5) - 1
    return tensor, scale, np.array([x, y], dtype=np.float32)


def tiles(height: int, width: int, side: int) -> list[tuple[int, int]]:
    """Top-left corners (x, y) of squares of `side` that cover the picture, half overlapping."""

    def starts(length: int) -> np.ndarray:
        n = max(1, int(np.ceil(2 * (length - side) / side)) + 1)
        return np.unique(np.linspace(0, max(length - side, 0), n).round().astype(int))

    return [(int(x), int(y)) for y in starts(height) for x in starts(width)]


class BlazeFaceDetector:
    """Both BlazeFace networks on the whole picture; tiles of it when they see nothing.

    Tiles take about 15 ms more at 720×1080.
    """

    name = "blazeface"

    def detect(self, frame: np.ndarray) -> list[Face]:
        """Faces in a frame (H, W, 3) uint8 RGB, best first."""
        found = blazeface(frame, SHORT_RANGE) + blazeface(frame, FULL_RANGE)
        height, width = frame.shape[:2]
        side = min(height, width)
        while not found and side >= 120:
            for x, y in tiles(height, width, side):
                closer = blazeface(frame[y : y + side, x : x + side], FULL_RANGE)
                found += [(points + np.float32([x, y]), score) for points, score in closer]
            side //= 2
            if side < max(height, width) // 5:
                break
        if not found:
            return []
        points = np.stack([p for p, _ in found])
        groups = blend_overlaps(points, np.array([score for _, score in found]))
        return without_nested([face_from_points(points, score) for points, score in groups])


def face_from_points(points: np.ndarray, score: float) -> Face:
    """A `Face` whose box is the standard face square (see `mesh`), from BlazeFace's points."""
    corners = points[:2].astype(np.float64)
    keypoints = points[2:].astype(np.float32)
    side = BOX_SCALE * (corners[1] - corners[0]).mean()
    centre = corners.mean(axis=0)
    box = np.concatenate([centre - side / 2, centre + side / 2]).astype(np.float32)
    return Face(box, score, keypoints)


def make_detector(name: FaceDetector | str = "auto") -> FaceDetector:
    """The face detector of that name; "auto" is BlazeFace, the only one that the package brings.

    A detector is given back. Raises ConfigError: unknown name.
    """
    if not isinstance(name, str):
        return name
    if name not in ("auto", BlazeFaceDetector.name):
        raise ConfigError(
            f"unknown face detector {name!r}", expected=f"auto or {BlazeFaceDetector.name}"
        )
    return BlazeFaceDetector()
