"""Looking at a video frame by frame and keeping a trail for every face in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from emolib.base.errors import MediaError
from emolib.media.face import Face, FaceDetector, iou
from emolib.media.follow import Follower, Sighting, make_follower

SAME_FACE_IOU = 0.3
CUT_LEVELS = 14.0  # how far grey levels must move, on average, to call it a cut
MAX_FACES = 6


@dataclass
class Trail:
    """One face within one shot: the frames it was seen in, and its poses there."""

    frames: list[int] = field(default_factory=list)
    poses: list[np.ndarray] = field(default_factory=list)
    landmarks: list[np.ndarray] = field(default_factory=list)
    last: Sighting | None = None
    active: bool = True

    def add(self, frame_idx: int, sighting: Sighting, keep_landmarks: bool) -> None:
        self.frames.append(frame_idx)
        self.poses.append(sighting.pose)
        if keep_landmarks and sighting.landmarks is not None:
            self.landmarks.append(sighting.landmarks)
        self.last, self.active = sighting, True


class Scout:
    """Feeds on frames one by one; its trails grow, its memory does not hold pictures."""

    def __init__(
        self,
        detector: FaceDetector,
        redetect_every: int = 12,
        max_gap: int = 10,
        keep_landmarks: bool = False,
        file: str | None = None,
        follower: Follower | None = None,
    ):
        self.detector, self.follower = detector, follower or make_follower()
        self.redetect_every, self.max_gap = redetect_every, max_gap
        self.keep_landmarks, self.file = keep_landmarks, file
        self.n_frames, self.n_frozen = 0, 0
        self.cuts: list[int] = []  # first frame of each shot, the very first included
        self.trails: list[Trail] = []
        self.picture_px = (0, 0)
        self._shot: list[Trail] = []
        self._glance: np.ndarray | None = None
        self._levels: np.ndarray | None = None
        self._previous_levels: np.ndarray | None = None
        self._before: tuple[np.ndarray | None, list[Trail]] = (None, [])
        self._looked_idx = -(10**9)

    def look(self, frame: np.ndarray) -> None:
        """Take in the next frame (H, W, 3) uint8 RGB."""
        self._check(frame)
        index = self.n_frames
        self.n_frames += 1
        if self._is_cut(frame):
            self._begin_shot(index)
        seen = self._follow(index, frame)
        lost = any(trail.active for trail in self._shot) and not seen
        wait = self.redetect_every if seen else 2
        if lost or index - self._looked_idx >= wait:
            self._detect(index, frame, seen)

    def _begin_shot(self, index: int) -> None:
        """Start afresh; or go on with the last shot, if what came between was a mere flash."""
        self._looked_idx = -(10**9)
        levels, trails = self._before
        brief = self.cuts and index - self.cuts[-1] <= self.max_gap
        if brief and levels is not None and level_distance(self._levels, levels) < CUT_LEVELS:
            self.cuts.pop()
            self._shot = trails + self._shot
            for trail in self._shot:
                trail.active = False
            return
        self._before = self._previous_levels, self._shot
        self._shot = []
        self.cuts.append(index)

    def _follow(self, index: int, frame: np.ndarray) -> list[Trail]:
        """Trails that go on in this frame."""
        seen: list[Trail] = []
        for trail in self._shot:
            if not trail.active:
                continue
            sighting = self.follower.step(frame, trail.last)
            merged = sighting and any(_overlap(sighting, other.last) > 0.6 for other in seen)
            if sighting is None or merged or not self._inside(sighting.pose):
                trail.active = False
                self._looked_idx = -(10**9)  # look for it at once
            else:
                trail.add(index, sighting, self.keep_landmarks)
                seen.append(trail)
        return seen

    def _detect(self, index: int, frame: np.ndarray, seen: list[Trail]) -> None:
        self._looked_idx = index
        for face in self.detector.detect(frame):
            if len(seen) >= MAX_FACES:
                break
            taken = [trail for trail in seen if _covers(face, trail.last)]
            if taken:
                trail = taken[0]
                trail.last = self.follower.corrected(frame, trail.last, face)
                trail.poses[-1] = trail.last.pose
                continue
            sighting = self.follower.start(frame, face)
            if sighting is None or not self._inside(sighting.pose):
                continue
            if any(_overlap(sighting, trail.last) > SAME_FACE_IOU for trail in seen):
                continue
            trail = self._known(index, sighting, seen) or self._new_trail()
            trail.add(index, sighting, self.keep_landmarks)
            seen.append(trail)

    def _known(self, index: int, sighting: Sighting, seen: list[Trail]) -> Trail | None:
        """The lost trail that this face continues: near in place and size, or the only one."""
        lost = [trail for trail in self._shot if not trail.active]
        near = []
        for trail in lost:
            gap = index - trail.frames[-1]
            size = max(trail.last.pose[2], sighting.pose[2])
            away = np.linalg.norm(trail.last.pose[:2] - sighting.pose[:2]) / size
            grown = abs(np.log(sighting.pose[2] / trail.last.pose[2]))
            only = gap > self.max_gap and len(self._shot) == 1
            if only or (away < 0.5 + 0.1 * min(gap, self.max_gap) and grown < 0.5):
                near.append((away, trail))
        return min(near, key=lambda pair: pair[0])[1] if near else None

    def _new_trail(self) -> Trail:
        trail = Trail()
        self._shot.append(trail)
        self.trails.append(trail)
        return trail

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
        glance = np.ascontiguousarray(frame[::stride, ::stride])
        levels = quarter_levels(glance)
        last_glance, self._glance = self._glance, glance
        self._previous_levels, self._levels = self._levels, levels
        if last_glance is None:
            return True
        if np.array_equal(glance, last_glance):
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
    """Mean number of grey levels that pixels must move to turn one histogram into the other."""
    return float(np.abs(a - b).sum(axis=-1).mean())


def _overlap(a: Sighting, b: Sighting) -> float:
    return float(iou(a.box, b.box[None])[0])


def _covers(face: Face, sighting: Sighting) -> bool:
    return bool(iou(face.box.astype(np.float64), sighting.box[None])[0] > SAME_FACE_IOU)
