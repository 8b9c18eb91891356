"""Inputs looked at before the network runs: the sound, the face, which picture is shown when.

Everything a user can get wrong is found here, in the order of what is cheapest to find.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import Cancelled
from emolib.generate.hearing import hear
from emolib.generate.mixture import as_facts, weights_per_frame
from emolib.generate.noted import noted
from emolib.generate.place import find_track, fixed_track, frames_to_track
from emolib.generate.plan import describe_fit, fit_frames, n_sound_frames
from emolib.generate.request import Request
from emolib.generate.source import open_source
from emolib.generate.stream import Engine, FrameStream, Stages
from emolib.media.faces import FaceDetector


def prepare(
    engine: Engine, detector: FaceDetector, asked: Request, weights: np.ndarray | None
) -> FrameStream:
    """A clip ready to be made, frame by frame.

    Args:
        asked: what is wanted.
        weights: emotion (6,), or (K, 6) for a walk, or None for a network without.

    Raises:
        AudioError, MediaError, FaceError: the sound, the file, the face.
        Cancelled: `asked.cancel()` was true.
    """
    stages = Stages()
    with noted() as warned:
        with stages("open"):
            source = open_source(asked.face)
            sha256 = source.sha256
        with stages("sound"):
            sound = hear(asked.heard, asked.audio_track, asked.max_seconds)
        n_sound = n_sound_frames(len(sound.played), sound.rate_hz)
        n_look = 1 if source.still else frames_to_track(n_sound)
        with stages("faces"):
            first = _watched(source.first(n_look), n_look, asked)
            if asked.box is not None:
                track, remembered = fixed_track(first, asked.box, source.name), False
            else:
                which = {"sha256": sha256, "n_frames": n_look, "file": source.name}
                track, remembered = find_track(
                    first, detector, asked.face_index, remember=asked.remember, **which
                )
    fit = "trim" if asked.audio is None else asked.fit
    plan = fit_frames(len(track), n_sound, fit)
    emotion = None if weights is None else weights_per_frame(weights, len(plan))
    walk = {} if emotion is None or weights.ndim == 1 else {"walk": [as_facts(w) for w in weights]}
    notes = [*warned, describe_fit(len(track), n_sound, fit), *track.warnings]
    return FrameStream(
        asked=asked,
        engine=engine,
        source=source,
        sound=sound,
        track=track,
        plan=plan,
        emotion=emotion,
        stages=stages,
        report={
            "frames": len(plan),
            "fps": VIDEO.fps,
            "seconds": len(plan) / VIDEO.fps,
            "picture_px": list(track.picture_px),
            "emotion": {} if emotion is None else as_facts(emotion),
            "native": asked.native,
            "faces": track.n_faces,
            "track_remembered": remembered,
            "missing": [list(stretch) for stretch in track.missing],
            "notes": [note for note in notes if note],
            "inputs": {"face": sha256, "audio": sound.sha256},
            **walk,
        },
    )


def _watched(frames, total: int, asked: Request) -> Iterator[np.ndarray]:
    """Frames on their way to the face tracker, counted and stoppable."""
    for k, frame in enumerate(frames, 1):
        if asked.cancel is not None and asked.cancel():
            raise Cancelled("cancelled while looking for the face")
        yield frame
        if asked.progress:
            asked.progress("faces", k, total)
