"""A clip store made of numbers, in the real format, without any video.

A frame's pixels tell its clip and its place: red = 10 + clip, green = 10 + frame, blue = 200 above
and 20 below. A mel step tells its own place: value -4 + step / 100 in band 0, its clip in band 1.
"""

import json
from itertools import product

import numpy as np
import pytest

from emolib.base.config import AUDIO
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.parts import FORMAT, pack

BOX = (100, 50, 220, 170)


def write_store(folder, clips, size=96, corpus="numbers", paired=True):
    """A store of (columns of its row, frames, mel) for each clip; other columns are made up."""
    rows = [
        {
            "clip": "{actor}_{sentence}_{emotion}_XX".format(**told),
            "level": "XX",
            "n_frames": len(frames),
            "n_mels": len(mel),
            "fps": 25,
            "source": "film.flv",
            "sha256": "0" * 64,
            "silent": 0,
        }
        | told
        for told, frames, mel in clips
    ]
    arrays = [
        {"frames": frames, "mel": mel, "boxes": np.tile(np.float32(BOX), (len(frames), 1))}
        for _, frames, mel in clips
    ]
    folder.mkdir(parents=True, exist_ok=True)
    pack(folder, rows, arrays, size)
    counts = {key: sum(row[f"n_{key}"] for row in rows) for key in ("frames", "mels")}
    info = {
        "format": FORMAT,
        "corpus": corpus,
        "paired": paired,
        "emotions": list(EMOTIONS),
        "settings": {"crop_px": size},
        "counts": {"clips": len(rows), **counts},
    }
    (folder / "store.json").write_text(json.dumps(info))
    return folder


def make_store(
    folder,
    actors=("9001", "9002"),
    sentences=("IEO", "MTI"),
    emotions=EMOTIONS,
    lengths=None,
    paired=True,
    silent=(),
    size=96,
):
    """A store; `lengths` gives the frames of each sentence (default 30 and 20)."""
    lengths = lengths or dict(zip(sentences, (30, 20, 25), strict=False))
    clips = []
    for place, (actor, sentence, emotion) in enumerate(product(actors, sentences, emotions)):
        n_frames = lengths[sentence]
        n_mels = 1 + n_frames * 80 // 25
        frames = np.zeros((n_frames, size, size, 3), np.uint8)
        frames[..., 0] = 10 + place
        frames[..., 1] = 10 + np.arange(n_frames)[:, None, None]
        frames[:, : size // 2, :, 2], frames[:, size // 2 :, :, 2] = 200, 20
        mel = np.full((n_mels, AUDIO.n_mels), -4, np.float32)
        mel[:, 0] += np.arange(n_mels) / 100
        mel[:, 1] = place / 100
        told = {"actor": actor, "sentence": sentence, "emotion": emotion}
        told["split"] = "test" if actor == actors[-1] else "train"
        told["silent"] = int(f"{actor}_{sentence}_{emotion}_XX" in silent)
        clips.append((told, frames, mel))
    return write_store(folder, clips, size, paired=paired)


def message_of(call, *parts_of_it, error=DatasetError):
    """That `call` fails in one line with these parts."""
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    for part in parts_of_it:
        assert part in message, message
    assert "\n" not in message


def clip_of(frames) -> set:
    """Which clips the frames (..., 3, S, S) uint8 come from."""
    return {int(value) - 10 for value in np.unique(frames[..., 0, :, :])}


def places_of(frames) -> list:
    """Which frame of its clip each of (T, 3, S, S) uint8 is."""
    return [int(frame[1, 0, 0]) - 10 for frame in frames]
