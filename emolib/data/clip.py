"""One clip of a corpus made ready: upright 25 fps face crops, their boxes, and the mel.

Two passes over the video, so that memory does not grow with its length: the first finds the face,
the second cuts it out. What training cannot use is refused with a reason.
Paper: §4.1.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import (
    AudioError,
    ConfigError,
    DatasetError,
    EmolibError,
    EmolibWarning,
    FaceError,
    MediaError,
    ResourceError,
)
from emolib.base.files import file_sha256
from emolib.data.corpora.clips import Clip
from emolib.data.parts import PreparedClip
from emolib.data.splits import MODES
from emolib.media.audio import check_speech, load_audio, seconds_of
from emolib.media.face import parse_geometry
from emolib.media.faces import FaceDetector, FaceTrack, crop_face, track_faces
from emolib.media.image import read_still
from emolib.media.mel import melspectrogram
from emolib.media.probe import probe
from emolib.media.video import read_frames

MAX_CLIP_S = 120.0  # longer ones are to be cut: a clip is in memory as a whole
MAX_FROZEN = 0.7  # share of repeated frames: an error picture, or below 8 pictures a second
MAX_LENGTH_DIFFERENCE_S = 0.5  # between picture and sound


@dataclass(frozen=True)
class PrepareSettings:
    """What a store holds. The defaults are the paper's geometry and a split that does not leak.

    Raises:
        ConfigError: a value is out of range.
    """

    crop_px: int = VIDEO.face_px
    geometry: str = "box"  # see media.compose.GEOMETRIES
    detector: str = "auto"
    split: str = "actor"  # one of splits.MODES
    fps: int = VIDEO.fps

    def __post_init__(self):
        parse_geometry(self.geometry)
        if self.split not in MODES:
            raise ConfigError(f"unknown split {self.split!r}", expected=", ".join(MODES))
        if not 32 <= self.crop_px <= 1024 or self.crop_px % 2:
            raise ConfigError(
                f"crops of {self.crop_px} px", expected="an even number from 32 to 1024"
            )
        if self.fps != VIDEO.fps:
            raise ConfigError(f"{self.fps} frames/s", expected=f"{VIDEO.fps}, the networks' rate")


class UnusableClip(DatasetError):
    """A clip that training cannot use; `reason` is the word that reports count by."""

    def __init__(self, reason: str, problem: str, **details):
        super().__init__(problem, **details)
        self.reason = reason


def content_hash(clip: Clip) -> str:
    """sha256 of a clip's sources: of the video's and the sound file's own sha256.

    Raises:
        ResourceError: the machine does not give a file's bytes.
    """
    try:
        video = file_sha256(clip.video)
        audio = video if clip.audio in (None, clip.video) else file_sha256(clip.audio)
    except OSError as problem:
        raise ResourceError(
            f"cannot be read ({problem.strerror})",
            file=problem.filename or clip.video,
            fix="run again when it can: finished clips are kept",
        ) from problem
    return hashlib.sha256(f"{video} {audio}".encode()).hexdigest()


def prepare_clip(
    clip: Clip,
    settings: PrepareSettings,
    detector: FaceDetector | str,
    sha256: str,
) -> PreparedClip:
    """Crops, boxes and mel of one clip; `sha256` is its `content_hash`.

    Raises:
        EmolibError: no single face throughout, fewer than five frames, longer than two minutes,
            damaged or truncated video, no usable sound, or sound and picture of unlike length.
    """
    if clip.audio is None:
        return _prepare_still(clip, settings, detector, sha256)
    picture_s = probe(clip.video).duration_s or 0
    seconds = max(picture_s, seconds_of(clip.audio, limit_s=MAX_CLIP_S))
    if seconds > MAX_CLIP_S:
        raise _too_long(seconds)
    track = find_face(clip, settings, detector)
    frames, boxes = _crops(track, _pictures(clip, settings), settings)
    samples = load_audio(clip.audio)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmolibWarning)  # silence is kept as a mark
        silent = check_speech(samples, file=clip.audio)
    picture_s, sound_s = len(frames) / settings.fps, len(samples) / AUDIO.sample_rate_hz
    if abs(sound_s - picture_s) > MAX_LENGTH_DIFFERENCE_S:
        raise UnusableClip("length", f"{picture_s:.2f} s of picture and {sound_s:.2f} s of sound")
    return PreparedClip(
        frames=frames,
        mel=np.ascontiguousarray(melspectrogram(samples).T),  # (M, 80)
        boxes=boxes,
        sha256=sha256,
        silent=silent,
        remarks=(*track.warnings, *(["the sound is silent"] if silent else [])),
    )


def _prepare_still(
    clip: Clip, settings: PrepareSettings, detector: FaceDetector | str, sha256: str
) -> PreparedClip:
    """A still picture as one training window: five times the same crop, in silence."""
    picture = read_still(clip.video)
    track = track_faces([picture], detector, require_single=True, file=str(clip.video))
    frames, boxes = _crops(track, [picture], settings)
    silence = np.zeros(round(VIDEO.n_frames / VIDEO.fps * AUDIO.sample_rate_hz), np.float32)
    return PreparedClip(
        frames=frames.repeat(VIDEO.n_frames, axis=0),
        mel=np.ascontiguousarray(melspectrogram(silence).T),
        boxes=boxes.repeat(VIDEO.n_frames, axis=0),
        sha256=sha256,
        silent=True,
        remarks=track.warnings,
    )


def _crops(
    track: FaceTrack, pictures: Iterable[np.ndarray], settings: PrepareSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Face crops (T, S, S, 3) uint8, and where they come from, (T, 4) float32 in pixels."""
    transforms = [track.transform(k, settings.geometry) for k in range(len(track))]
    side = settings.crop_px
    frames = np.empty((len(track), side, side, 3), np.uint8)
    for k, picture in enumerate(pictures):
        frames[k] = crop_face(picture, transforms[k], side)
    corners = np.stack([transform.corners for transform in transforms])  # (T, 4, 2)
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)  # (T, 4)
    return frames, boxes.astype(np.float32)


def find_face(clip: Clip, settings: PrepareSettings, detector: FaceDetector | str) -> FaceTrack:
    """The face of a clip, once it is one face, throughout, in a moving picture without cuts."""
    track = track_faces(
        _pictures(clip, settings), detector, require_single=True, file=str(clip.video)
    )
    if len(track) < VIDEO.n_frames:
        raise UnusableClip(
            "too_short", f"{len(track)} frames at 25 fps", expected=f"at least {VIDEO.n_frames}"
        )
    if track.missing:
        first, end = track.missing[0]
        raise UnusableClip("face_lost", f"no face in frames {first}-{end - 1}")
    if track.frozen > MAX_FROZEN:
        raise UnusableClip("frozen", f"{track.frozen:.0%} of the frames repeat the one before")
    if track.cuts:
        raise UnusableClip("cut", f"the picture cuts at frame {track.cuts[0]}")
    return track


def _pictures(clip: Clip, settings: PrepareSettings) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 frames, of which there may be `MAX_CLIP_S` long."""
    frames = read_frames(clip.video, settings.fps, strict=True)
    for k, frame in enumerate(frames):
        if k > MAX_CLIP_S * settings.fps:
            raise _too_long(k / settings.fps)
        yield frame


def _too_long(seconds: float) -> UnusableClip:
    return UnusableClip(
        "too_long",
        f"lasts {seconds:.0f} s or more",
        expected=f"at most {MAX_CLIP_S:g} s: cut it into sentences",
    )


def reason_of(error: EmolibError) -> str:
    """The word a skip report counts an error by."""
    kinds = ((FaceError, "no_face"), (AudioError, "sound"), (MediaError, "video"))
    usual = next((word for kind, word in kinds if isinstance(error, kind)), "other")
    return getattr(error, "reason", usual)


def text_of(error: EmolibError) -> str:
    """What is wrong, without the machine's own paths."""
    expected = f"; expected {error.expected}" if error.expected else ""
    where = f"{error.where}: " if error.where else ""
    return f"{where}{error.problem}{expected}"
