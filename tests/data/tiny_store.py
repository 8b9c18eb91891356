"""A clip store made of numbers, in the real format, without any video.

A frame's pixels tell its clip and its place: red = 10 + clip, green = 10 + frame, blue = 200 above
and 20 below. A mel step tells its own place: value -4 + step / 100 in band 0, its clip in band 1.
"""

import json
from itertools import product

import numpy as np

from emolib.base.config import AUDIO
from emolib.base.emotions import EMOTIONS
from emolib.data.parts import FORMAT, pack


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
    rows, arrays = [], []
    for place, (actor, sentence, emotion) in enumerate(product(actors, sentences, emotions)):
        n_frames = lengths[sentence]
        n_mels = 1 + n_frames * 80 // 25
        name = f"{actor}_{sentence}_{emotion or 'NON'}_XX"
        frames = np.zeros((n_frames, size, size, 3), np.uint8)
        frames[..., 0] = 10 + place
        frames[..., 1] = 10 + np.arange(n_frames)[:, None, None]
        frames[:, : size // 2, :, 2], frames[:, size // 2 :, :, 2] = 200, 20
        mel = np.full((n_mels, AUDIO.n_mels), -4, np.float32)
        mel[:, 0] += np.arange(n_mels) / 100
        mel[:, 1] = place / 100
        boxes = np.tile(np.float32([100, 50, 220, 170]), (n_frames, 1))
        rows.append(
            {
                "clip": name,
                "actor": actor,
                "sentence": sentence,
                "emotion": emotion,
                "level": "XX",
                "split": "test" if actor == actors[-1] else "train",
                "n_frames": n_frames,
                "n_mels": n_mels,
                "fps": 25,
                "source": f"VideoFlash/{name}.flv",
                "sha256": f"{place:064x}",
                "silent": int(name in silent),
            }
        )
        arrays.append({"frames": frames, "mel": mel, "boxes": boxes})
    folder.mkdir(parents=True, exist_ok=True)
    pack(folder, rows, arrays, size)
    info = {
        "format": FORMAT,
        "corpus": "numbers",
        "paired": paired,
        "emotions": list(EMOTIONS),
        "settings": {"crop_px": size},
        "counts": {
            "clips": len(rows),
            "frames": sum(row["n_frames"] for row in rows),
            "mels": sum(row["n_mels"] for row in rows),
        },
    }
    (folder / "store.json").write_text(json.dumps(info))
    return folder


def clip_of(frames) -> set:
    """Which clips the frames (..., 3, S, S) uint8 come from."""
    return {int(value) - 10 for value in np.unique(frames[..., 0, :, :])}


def places_of(frames) -> list:
    """Which frame of its clip each of (T, 3, S, S) uint8 is."""
    return [int(frame[1, 0, 0]) - 10 for frame in frames]
