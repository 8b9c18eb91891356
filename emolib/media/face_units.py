"""What a face does, in ARKit's face units, seen in pictures: the renderer's own units, measured.

MediaPipe's blendshape network (Apache-2.0) reads 146 of the mesh's 478 points. It needs no training
on our people and names no emotion, so it compares real, rendered and generated faces alike. Never
the weight itself but its *change* against the same person's calm face means something: faces
differ at rest. The network says nothing of `tongueOut`, and almost nothing of `noseSneer`,
`cheekSquint` and `jawForward`, which stay near 0 whatever the face does.

Reference: Google, "MediaPipe BlendShape V2 Model Card", 2022.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from emolib.media.detect import load_tflite, make_detector
from emolib.media.face import FaceDetector
from emolib.media.mesh import MESH_478, FaceMesh, roi_of_face, roi_of_landmarks

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
    detector = make_detector(detector) if isinstance(detector, str) else detector
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
    """Measures face units frame by frame. Not safe to share between threads."""

    def __init__(self, detector: FaceDetector | str = "auto"):
        self.detector = make_detector(detector) if isinstance(detector, str) else detector
        self.network = load_tflite("face_blendshapes.tflite")

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
        self.network.set_tensor(self.network.get_input_details()[0]["index"], seen[None])
        self.network.invoke()
        output = self.network.get_tensor(self.network.get_output_details()[0]["index"])
        return np.append(output[1:], np.float32(0))  # the first is "neutral", no face unit
