"""Finding faces in one picture: a detector by its name, and the two that need no network.

Every detector returns the *standard face square* of `mesh`: from the hairline to below the chin of
an open mouth. So a crop means the same whoever found the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from emolib.base.errors import ConfigError, ResourceError
from emolib.media.face import Face, FaceDetector, without_nested


@dataclass(frozen=True)
class _Margins:
    """How a detector's own square becomes the standard one: shift and scale, in its sides."""

    down: float
    scale: float

    def face(self, x: float, y: float, side: float, score: float) -> Face:
        centre = np.array([x + side / 2, y + side * (0.5 + self.down)])
        half = side * self.scale / 2
        box = np.concatenate([centre - half, centre + half]).astype(np.float32)
        return Face(box, score, np.zeros((0, 2), np.float32))


class DlibDetector:
    """dlib's HOG detector: frontal faces from 40 px; no landmarks, about 26 ms at 480×360."""

    name = "dlib"
    margins = _Margins(down=0.0, scale=1.25)

    def __init__(self, min_score: float = 0.0):
        import dlib

        self.min_score, self.detector = min_score, dlib.get_frontal_face_detector()

    def detect(self, frame: np.ndarray) -> list[Face]:
        """Faces in a frame (H, W, 3) uint8 RGB, best first."""
        grow = 1 if min(frame.shape[:2]) < 600 else 0  # its smallest window is 80 px
        rects, scores, _ = self.detector.run(np.ascontiguousarray(frame), grow, self.min_score)
        found = [
            self.margins.face(
                rect.left(), rect.top(), rect.width(), float(1 / (1 + np.exp(-score)))
            )
            for rect, score in zip(rects, scores, strict=True)
        ]
        return without_nested(sorted(found, key=lambda face: -face.score))


class HaarDetector:
    """OpenCV's Haar cascade: the last resort, frontal faces from 24 px; has false alarms."""

    name = "haar"
    margins = _Margins(down=0.08, scale=1.06)

    def __init__(self):
        if not hasattr(cv2, "CascadeClassifier"):
            raise ResourceError(
                f"OpenCV {cv2.__version__} has no Haar cascades",
                expected="opencv-python-headless >=4.9,<5",
                fix="pip install 'opencv-python-headless<5'",
            )
        file = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
        self.cascade = cv2.CascadeClassifier(str(file))

    def detect(self, frame: np.ndarray) -> list[Face]:
        """Faces in a frame (H, W, 3) uint8 RGB, best first."""
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        found = self._look(grey) or self._look(cv2.equalizeHist(grey))  # each misses some faces
        return without_nested(sorted(found, key=lambda face: -face.score))

    def _look(self, grey: np.ndarray) -> list[Face]:
        boxes, _, weights = self.cascade.detectMultiScale3(
            grey, 1.1, 5, minSize=(24, 24), outputRejectLevels=True
        )
        return [
            self.margins.face(x, y, side, float(1 / (1 + np.exp(-weight / 2))))
            for (x, y, side, _), weight in zip(boxes, np.ravel(weights), strict=True)
        ]


def _blazeface() -> FaceDetector:
    from emolib.media.blaze import BlazeFaceDetector

    return BlazeFaceDetector()


DETECTORS = {  # best first: name -> (the module it needs, how to make it)
    "blazeface": ("ai_edge_litert", _blazeface),
    "dlib": ("dlib", DlibDetector),
    "haar": ("cv2", HaarDetector),
}


def make_detector(name: str = "auto") -> FaceDetector:
    """The detector of that name, or for `"auto"` the best one that is installed.

    Raises:
        ConfigError: unknown name.
        ResourceError: its package is not installed.
    """
    if name == "auto":
        name = next(key for key, (module, _) in DETECTORS.items() if find_spec(module))
    if name not in DETECTORS:
        raise ConfigError(
            f"unknown face detector {name!r}", expected="auto, " + ", ".join(DETECTORS)
        )
    module, make = DETECTORS[name]
    if not find_spec(module):
        raise ResourceError(
            f"the face detector {name!r} needs the package {module}",
            fix="install it, or choose --detector auto",
        )
    return make()
