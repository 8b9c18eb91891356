"""Following a face from one frame to the next, much cheaper than finding it anew.

`MeshFollower` asks the face mesh where the face of the last frame is now; `FlowFollower` follows
corners of the picture by optical flow where the mesh's runtime is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import cv2
import numpy as np

from emolib.media.face import Face
from emolib.media.mesh import (
    FaceMesh,
    pose_of_face,
    pose_of_landmarks,
    roi_of_face,
    roi_of_landmarks,
)

MIN_MESH_SCORE = 0.5
MIN_POINTS = 8
CORRECTION = 0.3  # of the way to the detector's box: enough against drift, too little to jump
FLOW = {"winSize": (21, 21), "maxLevel": 3}


@dataclass(frozen=True)
class Sighting:
    """A face in one frame: pose (4,) float64, and its landmarks (468, 3) float32 if known."""

    pose: np.ndarray
    landmarks: np.ndarray | None = None
    corners: np.ndarray | None = None  # (P, 1, 2) float32, what the flow follows
    grey: np.ndarray | None = None

    @property
    def box(self) -> np.ndarray:
        """The standard face square (4,)."""
        half = self.pose[2] / 2
        return np.concatenate([self.pose[:2] - half, self.pose[:2] + half])


class Follower(Protocol):
    """Turns a detected face into a sighting, and a sighting into the next frame's."""

    def start(self, frame: np.ndarray, face: Face) -> Sighting | None: ...

    def step(self, frame: np.ndarray, last: Sighting) -> Sighting | None: ...

    def corrected(self, frame: np.ndarray, last: Sighting, face: Face) -> Sighting: ...


class MeshFollower:
    """By the face mesh: 2 ms a frame, and landmarks come for free."""

    def __init__(self):
        self.mesh = FaceMesh()

    def start(self, frame: np.ndarray, face: Face) -> Sighting | None:
        """The detected face as the mesh sees it, or None if the mesh sees none there."""
        landmarks, score = self.mesh.landmarks(frame, roi_of_face(face))
        return self._look(frame, landmarks) if score >= MIN_MESH_SCORE else None

    def step(self, frame: np.ndarray, last: Sighting) -> Sighting | None:
        """Where the face of the last frame is in this one, or None if it is lost."""
        return self._look(frame, last.landmarks)

    def corrected(self, frame: np.ndarray, last: Sighting, face: Face) -> Sighting:
        """`last` itself: the mesh does not drift."""
        return last

    def _look(self, frame: np.ndarray, near: np.ndarray) -> Sighting | None:
        landmarks, score = self.mesh.landmarks(frame, roi_of_landmarks(near))
        if score < MIN_MESH_SCORE:
            return None
        return Sighting(pose_of_landmarks(landmarks), landmarks)


class FlowFollower:
    """By optical flow of corners in the face: no landmarks, and it drifts between detections."""

    def start(self, frame: np.ndarray, face: Face) -> Sighting | None:
        """The detected face, with the corners to follow."""
        return self._sight(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), pose_of_face(face))

    def step(self, frame: np.ndarray, last: Sighting) -> Sighting | None:
        """The face moved and scaled as most of its corners, or None if they are lost."""
        if last.corners is None or len(last.corners) < MIN_POINTS:
            return None
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        there, ok, _ = cv2.calcOpticalFlowPyrLK(last.grey, grey, last.corners, None, **FLOW)
        back, ok_back, _ = cv2.calcOpticalFlowPyrLK(grey, last.grey, there, None, **FLOW)
        drift = np.abs(back - last.corners).max(axis=(1, 2))
        good = (ok.ravel() == 1) & (ok_back.ravel() == 1) & (drift < 1.0)
        if good.sum() < max(MIN_POINTS, 0.4 * len(good)):
            return None
        old, new = last.corners[good, 0], there[good, 0]
        old_centre, new_centre = np.median(old, axis=0), np.median(new, axis=0)
        spread = np.linalg.norm(old - old_centre, axis=1)
        scale = np.median(np.linalg.norm(new - new_centre, axis=1) / np.maximum(spread, 1e-3))
        pose = last.pose.copy()
        pose[:2] = new_centre + scale * (last.pose[:2] - old_centre)
        pose[2] *= np.clip(scale, 0.9, 1.1)
        return Sighting(pose, None, there[good], grey)

    def corrected(self, frame: np.ndarray, last: Sighting, face: Face) -> Sighting:
        """`last` drawn a little towards the detector's box, with fresh corners to follow."""
        pose = last.pose + CORRECTION * (pose_of_face(face) - last.pose)
        return self._sight(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), pose)

    def _sight(self, grey: np.ndarray, pose: np.ndarray) -> Sighting:
        x, y, size, _ = pose
        mask = np.zeros_like(grey)
        centre = round(float(x)), round(float(y))
        cv2.ellipse(mask, centre, (round(0.33 * size), round(0.4 * size)), 0, 0, 360, 255, -1)
        corners = cv2.goodFeaturesToTrack(grey, 80, 0.01, max(2, 0.03 * size), mask=mask)
        return Sighting(pose, None, corners, grey)


def make_follower() -> Follower:
    """The mesh where its runtime is installed, optical flow elsewhere."""
    return MeshFollower() if find_spec("ai_edge_litert") else FlowFollower()
