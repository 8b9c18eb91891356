"""The face mesh (468 points, or 478 with irises), and a face's pose read from its bony points.

A face's *pose* is four numbers: centre x, centre y, size (pixels) and roll (radians). They come
from points that speech and expression hardly move, so a crop does not breathe with the mouth. Size
is the 3-D spread of those points, so it does not shrink when the head turns.

Deviation: the paper crops the raw detector box of each frame; its lower edge follows the chin, so
the crop itself betrays how far the mouth is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from emolib.media.compose import sample
from emolib.media.detect import make_detector, run_tflite
from emolib.media.face import EYES, Face, FaceDetector

ROI_SCALE = 1.5  # the network wants this much room around the face
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)  # outer and inner corners, the person's right first
FOREHEAD = (10, 67, 297, 54, 284)
NOSE = (168, 6, 197, 195, 5, 4)  # bridge from top to tip
TEMPLES = (127, 356, 234, 454)
RIGID = np.array([*RIGHT_EYE, *LEFT_EYE, *FOREHEAD, *NOSE, *TEMPLES])

# The standard face square: from the hairline to below the chin of an open mouth.
SIZE_PER_SPREAD, DOWN_PER_SIZE = 3.1, 0.226
_TO_UNIT = np.float32(1 / 255)

MESH_468 = "face_landmark.tflite", 192  # pixels a side
MESH_478 = "face_landmarks_detector.tflite", 256  # sees lips, lids and irises better


class FaceMesh:
    """Landmarks of a face whose place is roughly known."""

    def __init__(self, network: tuple[str, int] = MESH_468):
        self.name, self.input_px = network

    def landmarks(self, frame: np.ndarray, roi: np.ndarray) -> tuple[np.ndarray, float]:
        """Mesh of the face in a turned square of the frame.

        Args:
            frame: (H, W, 3) uint8 RGB.
            roi: (4,) centre x, centre y, side in pixels, roll in radians.

        Returns:
            landmarks (468 or 478, 3) float32: x, y in pixels, z in pixels towards the back of the
            head; and the network's confidence in [0, 1] that this is a face.
        """
        x, y, side, roll = (float(value) for value in roi)
        cos, sin, px = np.cos(roll), np.sin(roll), self.input_px
        scale = side / px
        turn = np.array([[cos, -sin], [sin, cos]]) * scale  # input pixels -> frame pixels
        shift = np.array([x, y]) - turn @ np.full(2, px / 2)
        view = sample(frame, np.column_stack([turn, shift]), (px, px))
        points, logit = (x.ravel() for x in run_tflite(self.name, view[None] * _TO_UNIT)[:2])
        points = points.reshape(-1, 3).astype(np.float64)
        points[:, :2] = points[:, :2] @ turn.T + shift
        points[:, 2] *= scale
        score = 1 / (1 + np.exp(-np.clip(float(logit[0]), -80, 80)))
        return points.astype(np.float32), score


def roi_of_face(face: Face) -> np.ndarray:
    """Where the mesh should look for a detected face: (4,) centre x, y, side, roll."""
    centre = (face.box[:2] + face.box[2:]) / 2
    return np.array([*centre, ROI_SCALE * 0.87 * face.size_px, roll_of_face(face)])


def roi_of_landmarks(landmarks: np.ndarray) -> np.ndarray:
    """Where the mesh should look in the next frame, from this frame's landmarks (M, 3)."""
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    side = ROI_SCALE * (high - low).max()
    return np.array([*(low + high) / 2, side, roll_of_landmarks(landmarks)])


def roll_of_face(face: Face) -> float:
    """Roll of the eye line in radians, clockwise on the screen; 0 without keypoints."""
    if len(face.keypoints) < 2:
        return 0.0
    dx, dy = face.keypoints[EYES[1]] - face.keypoints[EYES[0]]
    return float(np.arctan2(dy, dx))


def roll_of_landmarks(landmarks: np.ndarray) -> float:
    """Roll of the eye line of a mesh (M, 3) in radians, clockwise on the screen."""
    right, left = landmarks[list(RIGHT_EYE)].mean(axis=0), landmarks[list(LEFT_EYE)].mean(axis=0)
    return float(np.arctan2(left[1] - right[1], left[0] - right[0]))


def pose_of_landmarks(landmarks: np.ndarray) -> np.ndarray:
    """Pose (4,) float64 from a mesh (468, 3): centre x, y, size px, roll rad."""
    points = landmarks[RIGID].astype(np.float64)
    centre = points.mean(axis=0)
    size = SIZE_PER_SPREAD * np.sqrt(((points - centre) ** 2).sum(axis=1).mean())
    down = landmarks[list(NOSE)].mean(axis=0) - landmarks[list(FOREHEAD)].mean(axis=0)
    down = down / np.linalg.norm(down)
    x, y = centre[:2] + DOWN_PER_SIZE * size * down[:2]
    return np.array([x, y, size, roll_of_landmarks(landmarks)])


N_UNITS = 52  # ARKit's, in alphabetical order, as `synthetic.head.UNITS`; the last is tongueOut
MIN_SCORE = 0.5
# The mesh points that the network was trained on, ending with both irises.
_POINTS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66,
    67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144,
    145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173,
    176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284,
    285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332,
    334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, *range(468, 478),
])  # fmt: skip


def follow_mesh(
    frames: Iterable[np.ndarray], detector: FaceDetector | str = "auto"
) -> Iterator[np.ndarray | None]:
    """The mesh of the foremost face of every frame: (478, 3) float32 pixels, or None without one.

    Args:
        frames: (H, W, 3) uint8 RGB each, of one shot.
        detector: a `FaceDetector`, or its name; finds the face again whenever it is lost.
    """
    detector = make_detector(detector)
    mesh, points = FaceMesh(MESH_478), None
    for frame in frames:
        if points is not None:
            points = _see(mesh, frame, roi_of_landmarks(points))
        for face in [] if points is not None else detector.detect(frame)[:1]:
            near, _ = mesh.landmarks(frame, roi_of_face(face))
            points = _see(mesh, frame, roi_of_landmarks(near))
        yield points


def _see(mesh: FaceMesh, frame: np.ndarray, roi: np.ndarray) -> np.ndarray | None:
    points, score = mesh.landmarks(frame, roi)
    return points if score >= MIN_SCORE else None


class FaceUnits:
    """Measures face units frame by frame."""

    def __init__(self, detector: FaceDetector | str = "auto"):
        self.detector = make_detector(detector)

    def __call__(self, frames: Iterable[np.ndarray]) -> np.ndarray:
        """Unit weights of the foremost face of every frame (see `follow_mesh`).

        Returns:
            (N, 52) float32 in [0, 1]; a row of NaN where no face is seen.
        """
        rows = [
            np.full(N_UNITS, np.nan) if points is None else self.of_points(points)
            for points in follow_mesh(frames, self.detector)
        ]
        return np.array(rows, np.float32).reshape(-1, N_UNITS)

    def of_points(self, points: np.ndarray) -> np.ndarray:
        """Unit weights (52,) float32 of a mesh (478, 2 or 3) in pixels."""
        seen = points[_POINTS, :2].astype(np.float32)
        output = run_tflite("face_blendshapes.tflite", seen[None])[0]
        return np.append(output[1:], np.float32(0))  # the first is "neutral", no face unit
