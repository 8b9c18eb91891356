"""Where the face is in each frame of a source: found once, remembered by content.

A track is kept in the cache folder under the hash of the pictures, of the code that finds faces and
of everything else that decides the track. So six emotions of one video look for the face once, and
a changed file is looked at anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

import numpy as np

from emolib.base.arrays import ArrayCache
from emolib.base.config import VIDEO
from emolib.base.errors import FaceError, SmallFaceError
from emolib.media.face import FaceDetector
from emolib.media.faces import FaceTrack, track_faces
from emolib.media.track import MIN_FACE_PX

TRACKS = ArrayCache("tracks", rooms=("media", "assets/faces", "base", "generate/place"))
NOT_KEPT = "landmarks"  # of a track: nothing here uses them
ROUND_UP_FRAMES = VIDEO.fps  # tracks are made in whole seconds, so that they serve again


def frames_to_track(n_frames: int) -> int:
    """How many frames to look at when `n_frames` are needed."""
    return -(-n_frames // ROUND_UP_FRAMES) * ROUND_UP_FRAMES


def find_track(
    frames: Iterable[np.ndarray],
    detector: FaceDetector,
    face_index: int,
    *,
    sha256: str,
    n_frames: int,
    file: str,
    remember: bool = True,
) -> tuple[FaceTrack, bool]:
    """The face's track, and whether it was remembered.

    Args:
        frames: (H, W, 3) uint8 RGB each; read only when the track is not remembered.
        face_index: 0 for the largest face.
        sha256: of the source; with `n_frames` it says which frames these are.
        file: named in messages.
        remember: keep the answer in the cache folder, or look for one there.

    Raises:
        FaceError: no face in any frame, or none with this index.
        SmallFaceError: smaller than 24 px.
    """

    def make() -> dict[str, np.ndarray]:
        return _as_arrays(track_faces(frames, detector, face_index=face_index, file=file))

    if not remember:
        return _as_track(make()), False
    asked = {"sha256": sha256, "n_frames": n_frames, "fps": VIDEO.fps}
    asked |= {"detector": detector.name, "face_index": face_index}
    values, known = TRACKS.recall(asked, make)
    return _as_track(values), known


def fixed_track(frames: Iterable[np.ndarray], box: Sequence[float], file: str) -> FaceTrack:
    """A face that stays in one place: `box` is x, y, width, height in pixels.

    Raises:
        FaceError: the box lies outside the picture, or is empty.
        SmallFaceError: it is smaller than 24 px.
    """
    x, y, width, height = (float(value) for value in box)
    n_frames, shape = 0, (0, 0)
    for frame in frames:
        n_frames, shape = n_frames + 1, frame.shape[:2]
    outside = x >= shape[1] or y >= shape[0] or x + width <= 0 or y + height <= 0
    if not np.isfinite([x, y, width, height]).all() or width <= 0 or height <= 0 or outside:
        raise FaceError(
            f"the box {x:g} {y:g} {width:g} {height:g} holds no picture",
            file=file,
            expected=f"x y width height inside {shape[1]}×{shape[0]} px",
        )
    size = max(width, height)
    if size < MIN_FACE_PX:
        raise SmallFaceError(
            f"the box is only {size:.0f} px large", file=file, expected=f"at least {MIN_FACE_PX} px"
        )
    pose = np.array([x + width / 2, y + height / 2, size, 0.0], np.float32)
    everywhere = np.ones(n_frames, dtype=bool)
    return FaceTrack(
        poses=np.tile(pose, (n_frames, 1)),
        seen=everywhere,
        found=everywhere,
        landmarks=None,
        cuts=(),
        n_faces=1,
        frozen=0.0,
        picture_px=(shape[1], shape[0]),
        warnings=(),
    )


def _as_arrays(track: FaceTrack) -> dict[str, np.ndarray]:
    return {f.name: np.asarray(getattr(track, f.name)) for f in fields(track) if f.name != NOT_KEPT}


def _as_track(values: dict[str, np.ndarray]) -> FaceTrack:
    plain = {
        "cuts": tuple(values["cuts"].astype(int).tolist()),
        "n_faces": int(values["n_faces"]),
        "frozen": float(values["frozen"]),
        "picture_px": tuple(values["picture_px"].tolist()),
        "warnings": tuple(values["warnings"].astype(str).tolist()),
    }
    return FaceTrack(**{NOT_KEPT: None} | values | plain)
