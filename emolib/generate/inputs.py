"""The sound as the network hears it and the film plays it; and where the face is in each frame.

A face track is kept in the cache folder under the hash of the pictures, of the code that finds
faces and of everything else that decides it. So six emotions of one video look for the face once,
and a changed file is looked at anew.

Deviation: the released code lets the mouth follow whatever noise fills a pause. Here steps far
below the voice become true silence, which the network knows from every sentence's ends as rest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from emolib.base.arrays import ArrayCache
from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import AudioError, FaceError, SmallFaceError
from emolib.base.files import file_sha256
from emolib.generate.order import MAX_SECONDS, SpokenText
from emolib.media.audio import as_mono, check_speech, load_rates
from emolib.media.face import FaceDetector
from emolib.media.faces import MIN_FACE_PX, FaceTrack, track_faces
from emolib.media.mel import SILENCE, melspectrogram

PLAY_HZ = 48_000  # sound files keep their brightness; only the network hears 16 kHz
REST_LEVEL = -2.0  # mel value that no band of a resting step reaches: noise of about -60 dB
REST_BELOW_PEAK = 4.0  # and at least 50 dB below the loudest band of the clip
TRACKS = ArrayCache("tracks", rooms=("media", "assets/faces", "base/config", "generate/inputs"))
PER_FRAME = ("poses", "seen", "found")  # of a track; what else it holds are plain values
NOT_KEPT = "landmarks"  # of a track: nothing here uses them


@dataclass(frozen=True)
class Sound:
    """One voice, twice.

    Attributes:
        mel: (80, M) float32 for the network, with rests set to silence.
        played: (n,) float32, mono, at `rate_hz`.
        sha256: hash of the file or of the samples.
    """

    mel: np.ndarray
    played: np.ndarray
    rate_hz: int
    sha256: str


def load_sound(
    audio: str | os.PathLike | np.ndarray | SpokenText,
    track: int | None = None,
    max_seconds: float = MAX_SECONDS,
) -> Sound:
    """The sound of a file (or of a video's track), of samples (n,) float at 16 kHz, or of a text.

    What is odd but usable (silence, a low level, several tracks) is an `EmolibWarning`.

    Raises:
        AudioError: none, empty, shorter than 200 ms, longer than `max_seconds` (known before a
            file is decoded), or not finite.
    """
    if isinstance(audio, (str, os.PathLike)):
        file, rate_hz = Path(audio), PLAY_HZ
        rates_hz = (AUDIO.sample_rate_hz, PLAY_HZ)
        samples, played = load_rates(file, rates_hz, track, max_seconds)
        sha256 = file_sha256(file)
    else:
        file, rate_hz = None, AUDIO.sample_rate_hz
        samples = played = _spoken(audio) if isinstance(audio, SpokenText) else as_mono(audio)
        sha256 = hashlib.sha256(np.ascontiguousarray(samples)).hexdigest()
        seconds = len(samples) / rate_hz
        if seconds > max_seconds:
            expected = f"at most {max_seconds:g} s"
            raise AudioError(f"the sound lasts {seconds:.0f} s", expected=expected)
    silent = check_speech(samples, file)
    mel = rest_in_pauses(melspectrogram(samples))
    if silent:
        mel = np.full_like(mel, SILENCE)
    return Sound(mel, played, rate_hz, sha256)


def _spoken(asked: SpokenText) -> np.ndarray:
    from emolib.synthetic.speech import Voice, speak

    return speak(asked.text, Voice.from_seed(0, asked.voice), language=asked.language).samples


def rest_in_pauses(mel: np.ndarray) -> np.ndarray:
    """A mel (80, M) whose quiet steps, far below the voice, are silence (-4)."""
    limit = min(REST_LEVEL, float(mel.max()) - REST_BELOW_PEAK)
    resting = mel.max(axis=0) < limit  # (M,)
    return np.where(resting, np.float32(SILENCE), mel)


def frames_to_track(n_frames: int) -> int:
    """How many frames to look at when `n_frames` are needed: whole seconds, which serve again."""
    return -(-n_frames // VIDEO.fps) * VIDEO.fps


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
    shapes = [frame.shape[:2] for frame in frames]
    rows, columns = shapes[0]
    inside = -width < x < columns and -height < y < rows
    if not (inside and min(width, height) > 0 and max(width, height) < np.inf):
        raise FaceError(
            f"the box {x:g} {y:g} {width:g} {height:g} holds no picture",
            file=file,
            expected=f"x y width height inside {columns}×{rows} px",
        )
    size = max(width, height)
    if size < MIN_FACE_PX:
        raise SmallFaceError(
            f"the box is only {size:.0f} px large", file=file, expected=f"at least {MIN_FACE_PX} px"
        )
    pose = np.array([x + width / 2, y + height / 2, size, 0.0], np.float32)
    everywhere = np.ones(len(shapes), dtype=bool)
    poses = np.tile(pose, (len(shapes), 1))
    rest = {"landmarks": None, "cuts": (), "n_faces": 1, "frozen": 0.0, "warnings": ()}
    return FaceTrack(poses, everywhere, everywhere, picture_px=(columns, rows), **rest)


def _as_arrays(track: FaceTrack) -> dict[str, np.ndarray]:
    return {f.name: np.asarray(getattr(track, f.name)) for f in fields(track) if f.name != NOT_KEPT}


def _as_track(values: dict[str, np.ndarray]) -> FaceTrack:
    plain = {name: value for name, value in values.items() if name not in PER_FRAME}
    plain = {n: tuple(v.tolist()) if v.ndim else v.item() for n, v in plain.items()}
    return FaceTrack(**{NOT_KEPT: None} | values | plain)
