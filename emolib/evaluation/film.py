"""A finished film of anybody: as long as its sound, in time, untouched around the face, and sharp?

`truth` needs a corpus that knows every muscle; a user's own video has nothing of the kind. What can
be said of it is said here: facts of the file, and measures against its own source. The mouth is
read by the landmark mesh and compared with the loudness, whose correlation with a true talker's
mouth is far from 1 (an open vowel may be soft), so always print the source's own beside it.

Not in the paper.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import MediaError
from emolib.evaluation.emotion import ExpressionJudge
from emolib.evaluation.landmarks import motion_of_frames
from emolib.evaluation.visual import features_of
from emolib.media.audio import load_audio
from emolib.media.faces import FaceMesh
from emolib.media.files import open_media
from emolib.models.face_nets import identity_distance

CROP_PX = 160  # what the judges look at: the standard face square
FLOOR_DB = 50.0  # below the loudest moment all is silence
STILL = 0.01  # a mouth whose opening varies less (in distances of the eye corners) is at rest
IDENTITY_STRIDE = 5
INNER = slice(0.15, 0.85)  # the part of the crop whose detail is compared
SEARCH_S = 0.5  # a sound may be found this much too early or late


# ------------------------------------------------------------------------------------ the file
@dataclass(frozen=True)
class FilmFile:
    """What a written film is, read back.

    Attributes:
        n_frames: pictures that can be decoded.
        sound_s: length of its sound track.
        start_apart_s: first sound minus first picture, by their time stamps.
        sound_lag_s: how much later than intended the sound is heard; NaN for a silent one.
    """

    n_frames: int
    sound_s: float
    start_apart_s: float
    sound_lag_s: float


def read_film(path: str | os.PathLike, intended: np.ndarray, rate_hz: int) -> FilmFile:
    """Measure a film against the sound (n,) float32 that it should carry from frame 0 on.

    Raises:
        MediaError, AudioError: it cannot be read.
    """
    with open_media(path) as container:
        starts = [float((s.start_time or 0) * s.time_base) for s in container.streams]
        kinds = [s.type for s in container.streams]
        n_frames = sum(1 for _ in container.decode(video=0))
    apart = starts[kinds.index("audio")] - starts[kinds.index("video")]
    heard = load_audio(path, None, rate_hz)
    return FilmFile(n_frames, len(heard) / rate_hz, apart, sound_lag(heard, intended, rate_hz))


def sound_lag(heard: np.ndarray, intended: np.ndarray, rate_hz: int) -> float:
    """How many seconds later `heard` is than `intended`, both (n,); NaN where all is silent.

    By the peak of their correlation, within half a second.
    """
    n = min(len(heard), len(intended))
    if not n or not np.abs(heard[:n]).max() or not np.abs(intended[:n]).max():
        return float("nan")
    size = 2 * n
    spectrum = np.fft.rfft(heard[:n], size) * np.conj(np.fft.rfft(intended[:n], size))
    reach = min(round(SEARCH_S * rate_hz), n - 1)
    match = np.fft.irfft(spectrum, size)
    around = np.concatenate([match[-reach:], match[: reach + 1]])
    return float(int(around.argmax()) - reach) / rate_hz


# --------------------------------------------------------------------------------- the picture
def outside_change(frames: np.ndarray, sources: np.ndarray, boxes: np.ndarray) -> int:
    """Largest change of any pixel that the face's box does not touch, in grey levels.

    Args:
        frames, sources: (T, H, W, 3) uint8, before any encoding.
        boxes: (T, 4) x0, y0, x1, y1 in pixels.
    """
    worst = 0
    for frame, source, box in zip(frames, sources, boxes, strict=True):
        change = cv2.absdiff(frame, source).max(axis=2)
        x0, y0 = np.floor(box[:2]).astype(int).clip(0)
        x1, y1 = np.ceil(box[2:]).astype(int).clip(0)
        change[y0:y1, x0:x1] = 0
        worst = max(worst, int(change.max()))
    return worst


def detail(pictures: np.ndarray) -> float:
    """Fine structure of face crops (T, S, S, 3) uint8: mean absolute Laplacian, in grey levels."""
    size = pictures.shape[1]
    inner = slice(round(INNER.start * size), round(INNER.stop * size))
    grey = [cv2.cvtColor(p[inner, inner], cv2.COLOR_RGB2GRAY).astype(np.float32) for p in pictures]
    return float(np.mean([np.abs(cv2.Laplacian(g, -1)).mean() for g in grey]))


# ----------------------------------------------------------------------------------- the mouth
def loudness_db(samples: np.ndarray, n_frames: int, rate_hz: int) -> np.ndarray:
    """Level around each frame, (n_frames,) in dB below the loudest, no lower than -50.

    Args:
        samples: (n,) float from frame 0 on. A frame's level is that of two frames' time, centred.
    """
    step = rate_hz / VIDEO.fps
    half = round(step)
    power = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    centre = np.rint((np.arange(n_frames) + 0.5) * step).astype(int)
    first, last = (np.clip(centre + d, 0, len(samples)) for d in (-half, half))
    mean = (power[last] - power[first]) / np.maximum(last - first, 1)
    level = 10 * np.log10(mean + 1e-12)
    return np.maximum(level - level.max(), -FLOOR_DB)


def follows(opening: np.ndarray, loudness: np.ndarray) -> float:
    """Correlation (T,) with (T,) at no lag; NaN for a mouth, or a sound, that rests throughout."""
    if opening.std() < STILL or loudness.std() == 0:
        return float("nan")
    return float(np.corrcoef(opening, loudness)[0, 1])


# ------------------------------------------------------------------------------ all of a face
@dataclass(frozen=True, eq=False)
class FilmJudges:
    """Who looks at a film: expression judge, identity network, landmark mesh."""

    expression: ExpressionJudge
    identity: object
    mesh: FaceMesh


@dataclass(frozen=True, eq=False)
class FaceSeen:
    """One clip's face through the judges' eyes.

    Attributes:
        probs: (6,) the judge's probabilities in `EMOTIONS` order.
        lips: (T,) opening in distances of the outer eye corners; None if the mesh sees no face.
        descriptors: (n, 128) of every fifth frame.
        detail: see `detail`.
    """

    probs: np.ndarray
    lips: np.ndarray | None
    descriptors: np.ndarray
    detail: float

    def away_from(self, other: FaceSeen) -> float:
        """Mean identity distance to another clip's face; below 0.6 it is the same person."""
        return float(identity_distance(self.descriptors, other.descriptors).mean())


def look_at(faces: np.ndarray, judges: FilmJudges) -> FaceSeen:
    """Judge face crops (T, S, S, 3) uint8 RGB of the standard face square."""
    try:
        lips = motion_of_frames(faces, judges.mesh).lips
    except MediaError:
        lips = None
    return FaceSeen(
        probs=judges.expression.probs(faces),
        lips=lips,
        descriptors=features_of(judges.identity, faces[::IDENTITY_STRIDE]),
        detail=detail(faces),
    )
