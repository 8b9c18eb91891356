"""Mouth and eyes in numbers, from true landmarks or from a face mesh, in one unit.

The synthetic corpus knows 68 points of every frame; generated frames have none, so a mesh of 468
points is fitted to them. Both are read as openings in units of the distance between the outer eye
corners, which neither speech nor expression changes. A mesh hardly follows a blink, so a frame is
placed on the line between this person's own open and shut eye instead (`eye_openness`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from emolib.base.errors import ConfigError, MediaError
from emolib.media.faces import FaceMesh, pose_of_landmarks

ROI_PER_CROP = 1.25  # the mesh wants this much room around our face square
MIN_SCORE = 0.5  # below, the mesh does not believe that this is a face
OPEN_QUANTILE = 0.9  # an eye is open in most frames


@dataclass(frozen=True)
class Points:
    """Which landmark is which."""

    eyes: tuple[tuple[int, int], ...]  # outer and inner corners, the person's right eye first
    lids: tuple[tuple[int, int], ...]  # upper and lower pairs of both eyes
    lips: tuple[int, int]  # inner upper and lower middle


MESH = Points(((33, 133), (263, 362)), ((159, 145), (386, 374)), (13, 14))
IBUG = Points(((36, 39), (45, 42)), ((37, 41), (38, 40), (43, 47), (44, 46)), (62, 66))


@dataclass(frozen=True, eq=False)
class FaceMotion:
    """What a face does, frame by frame; every row (T,) float64.

    Attributes:
        lips: gap between the inner lips, in distances between the outer eye corners; 0 when shut.
        eyes: how open the lids are, about 1 for the clip's own open eye and 0 in a blink; None from
            a mesh, which does not follow them.
        pose: (T, 4) centre x, y, size (in crop sides), roll (radians); None for 68 points.
        corners: (T, 2, 2, 2) both eyes' left and right corner on the screen, pixels.
    """

    lips: np.ndarray
    eyes: np.ndarray | None
    pose: np.ndarray | None = None
    corners: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.lips)


def motion_of_points(landmarks: np.ndarray, points: Points = IBUG) -> FaceMotion:
    """Openings of landmarks (T, N, 2 or 3) float; only x and y are read.

    Gaps are measured towards the chin and end at 0: in a firm blink the upper lid passes the lower.

    Args:
        points: `IBUG` for the corpus's 68 true points, `MESH` for the mesh's 468.
    """
    xy = np.asarray(landmarks, np.float64)[..., :2]
    across = xy[:, points.eyes[1][0]] - xy[:, points.eyes[0][0]]  # (T, 2)
    unit = np.linalg.norm(across, axis=1)
    down = np.stack([-across[:, 1], across[:, 0]], axis=1) / unit[:, None]

    def gap(pair: tuple[int, int]) -> np.ndarray:
        return np.maximum(((xy[:, pair[1]] - xy[:, pair[0]]) * down).sum(axis=1), 0)

    lids = np.mean([gap(pair) for pair in points.lids], axis=0) / unit
    (outer, inner), (far_outer, far_inner) = points.eyes
    corners = xy[:, [[outer, inner], [far_inner, far_outer]]]  # (T, 2, 2, 2)
    is_open = max(float(np.quantile(lids, OPEN_QUANTILE)), 1e-6)
    return FaceMotion(gap(points.lips) / unit, lids / is_open, None, corners)


def motion_of_frames(faces: np.ndarray, mesh: FaceMesh) -> FaceMotion:
    """Openings, pose and eye corners as the mesh sees them in face crops.

    Every frame is looked at alone and in the same place, so that nothing drifts from frame to frame
    and two clips of one crop geometry are measured alike.

    Args:
        faces: (T, S, S, 3) uint8 RGB crops of the standard face square.

    Raises:
        MediaError: the mesh recognises no face in more than half of the frames.
    """
    T, size = len(faces), faces.shape[1]
    roi = np.array([size / 2, size / 2, ROI_PER_CROP * size, 0.0])
    found = [mesh.landmarks(face, roi) for face in faces]
    lost = sum(score < MIN_SCORE for _, score in found)
    if 2 * lost > T:
        raise MediaError(f"the mesh finds no face in {lost} of {T} frames", expected="a face crop")
    landmarks = np.stack([points for points, _ in found])  # (T, 468, 3)
    pose = np.stack([pose_of_landmarks(points) for points in landmarks])
    pose[:, :3] /= size
    return replace(motion_of_points(landmarks, MESH), eyes=None, pose=pose)


PATCH = (24, 14)  # width and height in pixels
CORNERS_AT = (0.1, 0.9)  # of the width: where the eye's corners come to lie
MIDDLE_AT = 0.5  # of the height
OPEN, SHUT = 0.85, 0.5  # of the open eye, as the true lids show it


def eye_patches(frames: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Both eyes of every frame, turned level and brought to one size: (T, 2, 14, 24) float32.

    Brightness is taken out: each patch has mean 0, in grey levels.

    Args:
        frames: (T, S, S, 3) uint8 RGB.
        corners: (T, 2, 2, 2) float pixels: two eyes, their left and right corner on the screen,
            x and y.

    Raises:
        ConfigError: not one pair of eyes a frame.
    """
    if corners.shape != (len(frames), 2, 2, 2):
        raise ConfigError(f"corners are {corners.shape}", expected=f"({len(frames)}, 2, 2, 2)")
    width, height = PATCH
    ends = np.array([[at * width, MIDDLE_AT * height] for at in CORNERS_AT])
    patches = np.empty((len(frames), 2, height, width), np.float32)
    for t, frame in enumerate(frames):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        for eye in range(2):
            there = _similarity(ends, corners[t, eye].astype(np.float64))
            how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            patches[t, eye] = cv2.warpAffine(
                grey, there, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE
            )
    return patches - patches.mean(axis=(2, 3), keepdims=True)


def eye_openness(
    frames: np.ndarray, true_frames: np.ndarray, corners: np.ndarray, lids: np.ndarray
) -> np.ndarray | None:
    """How open the eyes of each frame are, (T,) float64: 0 as in the true blink, 1 as when open.

    Args:
        frames: (T, S, S, 3) uint8 RGB, the clip to read.
        true_frames: the same poses as they truly are.
        corners: see `eye_patches`, of the true frames.
        lids: (T,) the true openness, from known landmarks.

    Returns:
        None if the true clip has no blink or no open eye to compare with.
    """
    shut, is_open = lids < SHUT, lids > OPEN
    if not shut.any() or not is_open.any():
        return None
    truth = eye_patches(true_frames, corners)
    low, high = truth[shut].mean(axis=0), truth[is_open].mean(axis=0)  # (2, 14, 24) each
    way = high - low
    seen = eye_patches(frames, corners) - low
    return (seen * way).sum(axis=(1, 2, 3)) / max(float((way**2).sum()), 1e-6)


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(2, 3) turn, scale and shift that takes two points (2, 2) to two others."""
    a, b = source[1] - source[0], target[1] - target[0]
    turn = complex(*b) / complex(*a)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, target[0] - linear @ source[0]])
