"""The door to faces: find them, follow one through a video, crop it, paste it back.

Behind it: `detect` (one picture), `mesh` (468 landmarks and pose), `tracker` (frame to frame),
`track` (a whole video), `compose` (crop and paste).
"""

from emolib.media.compose import CropTransform, crop_face, paste_face
from emolib.media.detect import make_detector
from emolib.media.face import (
    GEOMETRIES,
    Face,
    FaceDetector,
    Geometry,
    fill_gaps,
    jitter_px,
    smooth_centred,
)
from emolib.media.mesh import FaceMesh, pose_of_landmarks
from emolib.media.track import FaceTrack, track_faces

__all__ = [
    "GEOMETRIES",
    "CropTransform",
    "Face",
    "FaceDetector",
    "FaceMesh",
    "FaceTrack",
    "Geometry",
    "crop_face",
    "fill_gaps",
    "jitter_px",
    "make_detector",
    "paste_face",
    "pose_of_landmarks",
    "smooth_centred",
    "track_faces",
]
