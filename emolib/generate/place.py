"""Where the face is in each frame of a source: found once, remembered by content.

A track is kept in the cache folder under the hash of the pictures and of everything that decides
the track. So six emotions of one video look for the face once, and a changed file is looked at
anew.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from emolib.config import VIDEO, settings_hash
from emolib.errors import EmolibError, FaceError, SmallFaceError
from emolib.media.face import FaceDetector
from emolib.media.faces import FaceTrack, track_faces
from emolib.media.track import MIN_FACE_PX
from emolib.paths import atomic_path, cache_dir

log = logging.getLogger(__name__)

FORMAT = 1  # raised when tracking changes what it finds, or the file's layout changes
ROUND_UP_FRAMES = VIDEO.fps  # tracks are made in whole seconds, so that they serve again


def frames_to_track(n_frames: int) -> int:
    """How many frames to look at when `n_frames` are needed."""
    return -(-n_frames // ROUND_UP_FRAMES) * ROUND_UP_FRAMES


def track_key(sha256: str, detector: str, n_frames: int, face_index: int) -> str:
    """The name under which a track is remembered."""
    return settings_hash("track", FORMAT, sha256, detector, n_frames, face_index, VIDEO.fps)


def find_track(
    frames: Iterable[np.ndarray],
    detector: FaceDetector,
    face_index: int,
    *,
    key: str | None,
    file: str,
) -> tuple[FaceTrack, bool]:
    """The face's track, and whether it was remembered.

    Args:
        frames: (H, W, 3) uint8 RGB each; read only when the track is not remembered.
        face_index: 0 for the largest face.
        key: from `track_key`; None neither remembers nor recalls.
        file: named in messages.

    Raises:
        FaceError: no face in any frame, or none with this index.
        SmallFaceError: smaller than 24 px.
    """
    store = None if key is None else _store(key)
    known = store and _load(store)
    if known:
        return known, True
    track = track_faces(frames, detector, face_index=face_index, file=file)
    if store:
        _save(store, track)
    return track, False


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


def _store(key: str) -> Path | None:
    try:
        return cache_dir() / "tracks" / f"{key}.npz"
    except OSError as error:  # a cache that cannot be used only costs time
        log.warning("face tracks are not remembered: %s", error)
        return None


def _save(store: Path, track: FaceTrack) -> None:
    values = {f.name: getattr(track, f.name) for f in fields(track) if f.name != "landmarks"}
    try:
        with atomic_path(store) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **values)
    except (EmolibError, OSError) as error:
        log.warning("the face track is not remembered: %s", error)


def _load(store: Path) -> FaceTrack | None:
    try:
        with np.load(store, allow_pickle=False) as kept:
            values = {name: kept[name] for name in kept.files}
        return FaceTrack(
            poses=values["poses"],
            seen=values["seen"],
            found=values["found"],
            landmarks=None,
            cuts=tuple(int(cut) for cut in values["cuts"]),
            n_faces=int(values["n_faces"]),
            frozen=float(values["frozen"]),
            picture_px=tuple(int(side) for side in values["picture_px"]),
            warnings=tuple(str(text) for text in values["warnings"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s: damaged, the face is looked for again (%s)", store, error)
        return None
