"""Tracking every face of a video, frame by frame: found anew now and then, followed in between.

Following is much cheaper than finding: the face mesh is asked where the last frame's face is now.
Each face of a shot has one tracklet. Pictures are not kept, so memory does not grow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from emolib.base.errors import MediaError
from emolib.media.face import MAX_GAP_FRAMES, Face, FaceDetector, iou
from emolib.media.mesh import FaceMesh, pose_of_landmarks, roi_of_face, roi_of_landmarks

SAME_FACE_IOU = 0.3
CUT_LEVELS = 14.0  # how far grey levels must move, on average, to call it a cut
REDETECT_EVERY = 12  # frames between looks for newcomers
MAX_FACES = 6
MIN_MESH_SCORE = 0.5


@dataclass(frozen=True)
class Detection:
    """A face in one frame: pose (4,) float64 (see `mesh`), landmarks (468, 3) float32 in pixels."""

    pose: np.ndarray
    landmarks: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """The standard face square (4,) float64: x0, y0, x1, y1 in pixels."""
        half = self.pose[2] / 2
        return np.concatenate([self.pose[:2] - half, self.pose[:2] + half])


@dataclass
class Tracklet:
    """One face within one shot: the frames it was seen in, and its poses there."""

    frames: list[int] = field(default_factory=list)
    poses: list[np.ndarray] = field(default_factory=list)
    landmarks: list[np.ndarray] = field(default_factory=list)
    last: Detection | None = None
    active: bool = True

    def add(self, frame_idx: int, detection: Detection, keep_landmarks: bool) -> None:
        """The face was seen in this frame."""
        self.frames.append(frame_idx)
        self.poses.append(detection.pose)
        if keep_landmarks and detection.landmarks is not None:
            self.landmarks.append(detection.landmarks)
        self.last, self.active = detection, True


class Tracker:
    """Takes frames one by one; its tracklets grow.

    Args:
        detector: finds faces in a frame.
        keep_landmarks: also keep the mesh of every frame (5.6 kB a face).
        file: the video's name, for messages.
    """

    def __init__(self, detector: FaceDetector, keep_landmarks: bool, file: str | None):
        self.detector, self.mesh = detector, FaceMesh()
        self.keep_landmarks, self.file = keep_landmarks, file
        self.n_frames, self.n_frozen = 0, 0
        self.cuts: list[int] = []  # first frame of each shot, the very first included
        self.tracklets: list[Tracklet] = []
        self.picture_px = (0, 0)
        self._shot: list[Tracklet] = []
        self._thumbnail: np.ndarray | None = None
        self._levels: np.ndarray | None = None
        self._previous_levels: np.ndarray | None = None
        self._before: tuple[np.ndarray | None, list[Tracklet]] = (None, [])
        self._detected_idx = -(10**9)

    def update(self, frame: np.ndarray) -> None:
        """Take in the next frame (H, W, 3) uint8 RGB."""
        self._check(frame)
        index = self.n_frames
        self.n_frames += 1
        if self._is_cut(frame):
            self._begin_shot(index)
        seen = self._follow(index, frame)
        lost = any(tracklet.active for tracklet in self._shot) and not seen
        wait = REDETECT_EVERY if seen else 2
        if lost or index - self._detected_idx >= wait:
            self._detect(index, frame, seen)

    def _begin_shot(self, index: int) -> None:
        """Start afresh; or go on with the last shot, if what came between was a mere flash."""
        self._detected_idx = -(10**9)
        levels, tracklets = self._before
        brief = self.cuts and index - self.cuts[-1] <= MAX_GAP_FRAMES
        if brief and levels is not None and level_distance(self._levels, levels) < CUT_LEVELS:
            self.cuts.pop()
            self._shot = tracklets + self._shot
            for tracklet in self._shot:
                tracklet.active = False
            return
        self._before = self._previous_levels, self._shot
        self._shot = []
        self.cuts.append(index)

    def _follow(self, index: int, frame: np.ndarray) -> list[Tracklet]:
        """Trails that go on in this frame."""
        seen: list[Tracklet] = []
        for tracklet in self._shot:
            if not tracklet.active:
                continue
            detection = self._at(frame, roi_of_landmarks(tracklet.last.landmarks))
            merged = detection and any(_overlap(detection, other.last) > 0.6 for other in seen)
            if detection is None or merged or not self._inside(detection.pose):
                tracklet.active = False
                self._detected_idx = -(10**9)  # look for it at once
            else:
                tracklet.add(index, detection, self.keep_landmarks)
                seen.append(tracklet)
        return seen

    def _detect(self, index: int, frame: np.ndarray, seen: list[Tracklet]) -> None:
        self._detected_idx = index
        for face in self.detector.detect(frame):
            if len(seen) >= MAX_FACES:
                break
            if any(_covers(face, tracklet.last) for tracklet in seen):
                continue
            detection = self._start(frame, face)
            if detection is None or not self._inside(detection.pose):
                continue
            if any(_overlap(detection, tracklet.last) > SAME_FACE_IOU for tracklet in seen):
                continue
            tracklet = self._known(index, detection)
            if tracklet is None:
                tracklet = Tracklet()
                self._shot.append(tracklet)
                self.tracklets.append(tracklet)
            tracklet.add(index, detection, self.keep_landmarks)
            seen.append(tracklet)

    def _at(self, frame: np.ndarray, roi: np.ndarray) -> Detection | None:
        """The face in a turned square (4,) of the frame as the mesh sees it; None if none."""
        landmarks, score = self.mesh.landmarks(frame, roi)
        found = Detection(pose_of_landmarks(landmarks), landmarks)
        return found if score >= MIN_MESH_SCORE else None

    def _start(self, frame: np.ndarray, face: Face) -> Detection | None:
        """A detected face as the mesh sees it at a second look, centred on the first."""
        first = self._at(frame, roi_of_face(face))
        return first and self._at(frame, roi_of_landmarks(first.landmarks))

    def _known(self, index: int, detection: Detection) -> Tracklet | None:
        """The lost tracklet that this face continues: near in place and size, or the only one."""
        near = []
        for tracklet in (t for t in self._shot if not t.active):
            gap = index - tracklet.frames[-1]
            size = max(tracklet.last.pose[2], detection.pose[2])
            away = np.linalg.norm(tracklet.last.pose[:2] - detection.pose[:2]) / size
            grown = abs(np.log(detection.pose[2] / tracklet.last.pose[2]))
            only = gap > MAX_GAP_FRAMES and len(self._shot) == 1
            if only or (away < 0.5 + 0.1 * min(gap, MAX_GAP_FRAMES) and grown < 0.5):
                near.append((away, tracklet))
        return min(near, key=lambda pair: pair[0])[1] if near else None

    def _inside(self, pose: np.ndarray) -> bool:
        width, height = self.picture_px
        return 0 <= pose[0] < width and 0 <= pose[1] < height

    def _check(self, frame: np.ndarray) -> None:
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise MediaError(
                f"a frame of shape {frame.shape}, {frame.dtype}",
                file=self.file,
                where=f"frame {self.n_frames}",
                expected="(H, W, 3) uint8 RGB",
            )
        size = frame.shape[1], frame.shape[0]
        if self.n_frames and size != self.picture_px:
            raise MediaError(
                f"the picture changes size from {self.picture_px} to {size}",
                file=self.file,
                where=f"frame {self.n_frames}",
                fix="convert the video to one size first",
            )
        self.picture_px = size

    def _is_cut(self, frame: np.ndarray) -> bool:
        """Whether this frame begins a shot; also counts frames that repeat the last one."""
        stride = max(1, min(frame.shape[:2]) // 96)
        thumbnail = np.ascontiguousarray(frame[::stride, ::stride])
        levels = quarter_levels(thumbnail)
        last_thumbnail, self._thumbnail = self._thumbnail, thumbnail
        self._previous_levels, self._levels = self._levels, levels
        if last_thumbnail is None:
            return True
        if np.array_equal(thumbnail, last_thumbnail):
            self.n_frozen += 1
        return level_distance(levels, self._previous_levels) > CUT_LEVELS


def quarter_levels(picture: np.ndarray) -> np.ndarray:
    """Cumulative histograms of each quarter and colour: (4, 3, 256) float64 in [0, 1]."""
    height, width = picture.shape[0] // 2 or 1, picture.shape[1] // 2 or 1
    quarters = [
        picture[y : y + height, x : x + width]
        for y in (0, picture.shape[0] - height)
        for x in (0, picture.shape[1] - width)
    ]
    counts = [
        cv2.calcHist([quarter], [channel], None, [256], [0, 256]).ravel()
        for quarter in quarters
        for channel in range(3)
    ]
    return (np.cumsum(counts, axis=1) / (height * width)).reshape(4, 3, 256)


def level_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Grey levels that pixels must move, on average, between two `quarter_levels` (4, 3, 256)."""
    return float(np.abs(a - b).sum(axis=-1).mean())


def _overlap(a: Detection, b: Detection) -> float:
    return float(iou(a.box, b.box[None])[0])


def _covers(face: Face, detection: Detection) -> bool:
    return bool(iou(face.box.astype(np.float64), detection.box[None])[0] > SAME_FACE_IOU)
