"""Inputs looked at before the network runs: the sound, the face, which picture is shown when.

Everything a user can get wrong is found here, in the order of what is cheapest to find.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from emolib.config import VIDEO
from emolib.errors import Cancelled, ConfigError
from emolib.generate.hearing import MAX_SECONDS, hear
from emolib.generate.mixture import as_facts, weights_per_frame
from emolib.generate.place import find_track, fixed_track, frames_to_track, track_key
from emolib.generate.plan import check_fit, describe_fit, fit_frames, n_sound_frames
from emolib.generate.source import open_source
from emolib.generate.stream import Engine, FrameStream, Progress, Stages, check_missing
from emolib.media.faces import FaceDetector


def prepare(
    engine: Engine,
    detector: FaceDetector,
    face: str | os.PathLike | np.ndarray,
    audio: str | os.PathLike | np.ndarray | None,
    weights: np.ndarray | None,
    *,
    fit: str = "loop",
    face_index: int = 0,
    box: Sequence[float] | None = None,
    on_missing: str = "pass",
    audio_track: int | None = None,
    native: bool = True,
    max_seconds: float = MAX_SECONDS,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> FrameStream:
    """A clip ready to be made, frame by frame.

    Args:
        face: a video, a picture, or frames (T, H, W, 3) or (H, W, 3) uint8 RGB at 25 frames/s.
        audio: a sound or video file, or (n,) float at 16 kHz; None: the face video's own, and
            both end with the shorter one.
        weights: emotion (6,), or (K, 6) for a walk, or None for a network without.
        fit: when the sound is longer: "loop" back and forth, "hold" the last frame, "trim".
        face_index: 0 for the largest face, 1 for the next, …
        box: x, y, width, height in pixels, instead of looking for a face.
        on_missing: frames without the face: "pass" unchanged, "error", or "hold".
        audio_track: which sound track of a file with several.
        native: paint at the face's own resolution (composite head); False pastes 96 pixels.
        max_seconds: longest sound.
        progress: called as `progress(stage, done, total)`, stages "faces" and "frames".
        cancel: asked between frames and batches; true stops with `Cancelled`.

    Raises:
        ConfigError: an option out of range.
        AudioError, MediaError, FaceError: the sound, the file, the face.
        Cancelled: `cancel()` was true.
    """
    check_fit(fit)
    check_missing(on_missing)
    if audio is None and not isinstance(face, (str, os.PathLike)):
        raise ConfigError("frames have no sound of their own", fix="pass the audio too")
    stages = Stages()
    with stages("open"):
        source = open_source(face)
        sha256 = source.sha256
    with stages("sound"):
        sound = hear(face if audio is None else audio, audio_track, max_seconds)
    n_sound = n_sound_frames(len(sound.played), sound.rate_hz)
    n_look = 1 if source.still else frames_to_track(n_sound)
    with stages("faces"):
        first = _watched(source.first(n_look), n_look, progress, cancel)
        if box is not None:
            track, remembered = fixed_track(first, box, source.name), False
        else:
            key = track_key(sha256, detector.name, n_look, face_index)
            track, remembered = find_track(first, detector, face_index, key=key, file=source.name)
    if audio is None:
        fit = "trim"
    plan = fit_frames(len(track), n_sound, fit)
    notes = [*sound.notes, describe_fit(len(track), n_sound, fit), *track.warnings]
    return FrameStream(
        engine=engine,
        source=source,
        sound=sound,
        track=track,
        plan=plan,
        emotion=None if weights is None else weights_per_frame(weights, len(plan)),
        on_missing=on_missing,
        native=native,
        progress=progress,
        cancel=cancel,
        stages=stages,
        report={
            "frames": len(plan),
            "fps": VIDEO.fps,
            "seconds": len(plan) / VIDEO.fps,
            "picture_px": list(track.picture_px),
            "emotion": {} if weights is None else as_facts(weights),
            "native": native,
            "faces": track.n_faces,
            "track_remembered": remembered,
            "missing": [list(stretch) for stretch in track.missing],
            "notes": [note for note in notes if note],
            "inputs": {"face": sha256, "audio": sound.sha256},
        },
    )


def _watched(frames, total: int, progress, cancel) -> Iterator[np.ndarray]:
    """Frames on their way to the face tracker, counted and stoppable."""
    for k, frame in enumerate(frames, 1):
        if cancel is not None and cancel():
            raise Cancelled("cancelled while looking for the face")
        yield frame
        if progress:
            progress("faces", k, total)
