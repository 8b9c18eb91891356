"""One face through a whole video: where it is in every frame, where it is not, and what was odd.

Frames stream through once and only poses are kept, so memory stays flat for hours of 8K video.
The detector runs at the start, after cuts, when a face is lost, and every so often for newcomers;
in between each face is followed (see `tracker`). This is the door to faces: `detect` (one picture),
`mesh` (468 landmarks and pose) and `compose` (crop and paste) lie behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emolib.base.errors import FaceError, MediaError, MultiFaceError, SmallFaceError
from emolib.media.compose import CropTransform, crop_face, paste_face
from emolib.media.detect import make_detector
from emolib.media.face import (
    SMOOTH_HALF_FRAMES,
    FaceDetector,
    fill_gaps,
    jitter_px,
    runs,
    smooth_centred,
)
from emolib.media.mesh import FaceMesh, pose_of_landmarks
from emolib.media.tracker import Tracker, Tracklet

__all__ = [
    "CropTransform",
    "FaceDetector",
    "FaceMesh",
    "FaceTrack",
    "crop_face",
    "jitter_px",
    "make_detector",
    "paste_face",
    "pose_of_landmarks",
    "smooth_centred",
    "track_faces",
]

MIN_FACE_PX, GOOD_FACE_PX = 24, 48
MIN_TRACKLET_FRAMES = 3
PLACE_NOISE, SIZE_NOISE, ROLL_NOISE = 0.015, 0.03, 0.05  # of the size; of its log; radians


@dataclass(frozen=True)
class FaceTrack:
    """Where one face is, frame by frame.

    Attributes:
        poses: (N, 4) float32: centre x, y, size in pixels, roll in radians; smoothed, finite.
        seen: (N,) bool, the face was really seen here.
        found: (N,) bool, seen, or in a gap short enough to fill. False: leave this frame alone.
        landmarks: (N, 468, 3) float32 pixels, NaN where not seen; None unless asked for.
        cuts: frames that begin a new shot.
        n_faces: people on screen at the same time, at most.
        frozen: share of frames equal to the one before.
        picture_px: width and height of the frames.
        warnings: plain sentences for the user.
    """

    poses: np.ndarray
    seen: np.ndarray
    found: np.ndarray
    landmarks: np.ndarray | None
    cuts: tuple[int, ...]
    n_faces: int
    frozen: float
    picture_px: tuple[int, int]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.poses)

    @property
    def boxes(self) -> np.ndarray:
        """(N, 4) float32: x0, y0, x1, y1 of the standard face square in pixels."""
        half = self.poses[:, 2:3] / 2
        return np.concatenate([self.poses[:, :2] - half, self.poses[:, :2] + half], axis=1)

    @property
    def missing(self) -> list[tuple[int, int]]:
        """Stretches (first, one past last) without a usable face."""
        return runs(~self.found)

    def transform(self, frame_idx: int, geometry: str = "box") -> CropTransform:
        """How to crop this frame, and to paste back into it."""
        return CropTransform.from_pose(self.poses[frame_idx], geometry)


def track_faces(
    frames: Iterable[np.ndarray],
    detector: FaceDetector | str = "auto",
    *,
    face_index: int = 0,
    require_single: bool = False,
    keep_landmarks: bool = False,
    file: str | None = None,
) -> FaceTrack:
    """Where one face is in every frame of a video.

    Args:
        frames: (H, W, 3) uint8 RGB each, all of one size; read once, one at a time.
        detector: a `FaceDetector`, or its name.
        face_index: 0 for the face that covers most of the picture over time, 1 for the next, …
        require_single: refuse a video that shows several people at once, as training does.
        keep_landmarks: also return the mesh of every frame (5.6 kB a frame).
        file: the video's name, for messages.

    Raises:
        FaceError: no face anywhere, or no face of that index.
        MultiFaceError: `require_single` and several people.
        SmallFaceError: the face is smaller than 24 px.
        MediaError: there are no frames, or they change size.
    """
    detector = make_detector(detector)
    tracker = Tracker(detector, keep_landmarks, file)
    for frame in frames:
        tracker.update(frame)
    n = tracker.n_frames
    if n == 0:
        raise MediaError("there are no frames", file=file, expected="at least one")
    shots = [*zip(tracker.cuts, [*tracker.cuts[1:], n], strict=True)]
    ranked = [_rank(tracker.tracklets, first, end) for first, end in shots]
    if not any(ranked):
        raise FaceError(
            f"no face in any of {n} frames (detector {detector.name})",
            file=file,
            expected="a face of at least 24 px, not turned far away",
            fix="use a closer or larger picture, another --detector, or give --box X Y W H",
        )
    n_faces = max(_together(tracklets) for tracklets in ranked)
    if require_single and n_faces > 1:
        raise MultiFaceError(
            f"{n_faces} people at the same time", file=file, expected="exactly one face"
        )
    if not any(len(tracklets) > face_index for tracklets in ranked):
        raise FaceError(
            f"no face with index {face_index}",
            file=file,
            expected=f"0 to {max(map(len, ranked)) - 1}",
        )
    chosen = [tracklets[face_index] for tracklets in ranked if len(tracklets) > face_index]
    return _assemble(tracker, chosen, n_faces, file)


def _rank(tracklets: list[Tracklet], first: int, end: int) -> list[Tracklet]:
    """A shot's faces, the one that covers most of the picture over time first."""
    long_enough = min(MIN_TRACKLET_FRAMES, end - first)
    inside = [t for t in tracklets if first <= t.frames[0] < end and len(t.frames) >= long_enough]
    return sorted(inside, key=lambda tracklet: -sum(pose[2] ** 2 for pose in tracklet.poses))


def _together(tracklets: list[Tracklet]) -> int:
    """Most faces of a shot that are seen in one and the same frame, blips not counted."""
    if not tracklets:
        return 0
    serious = [t for t in tracklets if len(t.frames) >= 0.1 * len(tracklets[0].frames)]
    counts = np.bincount(np.concatenate([t.frames for t in serious]))
    counts = np.sort(counts)[::-1]
    enough = min(MIN_TRACKLET_FRAMES, len(counts)) - 1  # as many in at least this many frames
    return int(counts[enough])


def _assemble(tracker: Tracker, tracklets, n_faces, file) -> FaceTrack:
    n = tracker.n_frames
    poses, seen = np.zeros((n, 4)), np.zeros(n, dtype=bool)
    landmarks = np.full((n, 468, 3), np.nan, np.float32) if tracker.keep_landmarks else None
    for tracklet in tracklets:
        seen[tracklet.frames], poses[tracklet.frames] = True, tracklet.poses
        if landmarks is not None and tracklet.landmarks:
            landmarks[tracklet.frames] = tracklet.landmarks
    size_px = float(np.median(poses[seen, 2]))
    if size_px < MIN_FACE_PX:
        raise SmallFaceError(
            f"the face is only {size_px:.0f} px large",
            file=file,
            expected=f"at least {MIN_FACE_PX} px, better {GOOD_FACE_PX} (networks see 96)",
            fix="use a closer or larger picture",
        )
    found = np.zeros(n, dtype=bool)
    for first, end in zip(tracker.cuts, [*tracker.cuts[1:], n], strict=True):
        part = slice(first, end)
        if seen[part].any():
            poses[part], found[part] = fill_gaps(_linear(poses[part]), seen[part])
        else:
            poses[part] = np.nan
    whole = np.isfinite(poses).all(axis=1)
    poses, _ = fill_gaps(np.where(whole[:, None], poses, 0), whole)  # shots without a face
    breaks = {*tracker.cuts, *(edge for run in runs(found) for edge in run), *_jumps(poses)}
    poses = _smooth(poses, SMOOTH_HALF_FRAMES, sorted(breaks))
    return FaceTrack(
        poses=poses.astype(np.float32),
        seen=seen,
        found=found,
        landmarks=landmarks,
        cuts=tuple(tracker.cuts[1:]),
        n_faces=n_faces,
        frozen=tracker.n_frozen / max(n - 1, 1),
        picture_px=tracker.picture_px,
        warnings=tuple(_warnings(tracker, seen, found, n_faces, size_px)),
    )


def _linear(poses: np.ndarray) -> np.ndarray:
    """Poses in units where a straight line makes sense: log size, roll without wraps."""
    poses = poses.copy()
    poses[:, 2] = np.log(np.maximum(poses[:, 2], 1e-3))
    poses[:, 3] = np.unwrap(poses[:, 3])
    return poses


def _smooth(poses: np.ndarray, half: int, breaks: list[int]) -> np.ndarray:
    """Poses in pixels again, freed of jitter; place lightly, size and roll over twice the time."""
    place_noise = PLACE_NOISE * np.exp(poses[:, 2])
    place = smooth_centred(poses[:, :2], half, breaks, place_noise)
    log_size = smooth_centred(poses[:, 2:3], 2 * half, breaks, SIZE_NOISE)
    roll = smooth_centred(poses[:, 3:], 2 * half, breaks, ROLL_NOISE)
    return np.concatenate([place, np.exp(log_size), roll], axis=1)


def _jumps(poses: np.ndarray) -> list[int]:
    """Frames where the face is suddenly elsewhere: a cut between like pictures."""
    step = np.linalg.norm(np.diff(poses[:, :2], axis=0), axis=1)
    return [int(i) + 1 for i in np.flatnonzero(step > 0.35 * np.exp(poses[1:, 2]))]


def _warnings(tracker: Tracker, seen, found, n_faces: int, size_px: float) -> list[str]:
    said = []
    if size_px < GOOD_FACE_PX:
        said.append(f"the face is small ({size_px:.0f} px): expect a soft result")
    if n_faces > 1:
        said.append(f"{n_faces} people at the same time: choose one with --face-index")
    if filled := runs(found & ~seen):
        said.append("face not seen, place filled in: frames " + _ranges(filled))
    if missing := runs(~found):
        said.append("no face, left alone: frames " + _ranges(missing))
    if tracker.n_frozen > 0.5 * tracker.n_frames and tracker.n_frames > 4:
        said.append(f"the picture stands still in {tracker.n_frozen} of {tracker.n_frames} frames")
    return said


def _ranges(stretches: list[tuple[int, int]], most: int = 6) -> str:
    text = ", ".join(f"{a}-{b - 1}" if b - a > 1 else f"{a}" for a, b in stretches[:most])
    return text + (f" and {len(stretches) - most} more" if len(stretches) > most else "")
