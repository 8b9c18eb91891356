"""Training windows a second, one process: from a store on disk, with and without augmentation.

Run: python benchmarks/windows_speed.py [STORE] (without one, a store of random numbers is made)
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from emolib.base.config import AUDIO
from emolib.base.emotions import EMOTIONS
from emolib.base.files import write_json
from emolib.base.runtime import run_record
from emolib.data.augment import Augment
from emolib.data.parts import pack
from emolib.data.store import ClipStore
from emolib.data.windows import EmotionWindows, GeneratorSettings, GeneratorWindows, SyncWindows


def random_store(folder: Path, n_actors: int = 10, n_frames: int = 62) -> ClipStore:
    """Ten actors, two sentences, six emotions: 7,440 frames, about 200 MB."""
    names = [
        (f"{9001 + actor}", sentence, emotion)
        for actor in range(n_actors)
        for sentence in ("IEO", "MTI")
        for emotion in EMOTIONS
    ]
    rng = np.random.default_rng(0)
    n_mels = 1 + n_frames * 80 // 25
    rows = [
        {
            "clip": "_".join((*name, "XX")),
            "actor": name[0],
            "sentence": name[1],
            "emotion": name[2],
            "level": "XX",
            "split": "train",
            "n_frames": n_frames,
            "n_mels": n_mels,
            "fps": 25,
            "source": "none",
            "sha256": "0",
            "silent": 0,
        }
        for name in names
    ]
    arrays = (
        {
            "frames": rng.integers(0, 255, (n_frames, 96, 96, 3), np.uint8),
            "mel": rng.normal(size=(n_mels, AUDIO.n_mels)).astype(np.float32),
            "boxes": np.zeros((n_frames, 4), np.float32),
        }
        for _ in rows
    )
    pack(folder, rows, arrays, 96)
    counts = {"clips": len(rows), "frames": len(rows) * n_frames, "mels": len(rows) * n_mels}
    info = {"format": 1, "corpus": "random", "paired": True, "emotions": list(EMOTIONS)}
    write_json(folder / "store.json", {**info, "counts": counts, "settings": {"crop_px": 96}})
    return ClipStore(folder)


def per_second(draw, seconds: float = 3.0) -> float:
    """Calls of `draw(k)` a second of CPU time."""
    for k in range(20):
        draw(k)
    n, start_s = 0, time.process_time()
    while time.process_time() - start_s < seconds:
        draw(n)
        n += 1
    return n / (time.process_time() - start_s)


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        store = ClipStore(sys.argv[1]) if len(sys.argv) > 1 else random_store(Path(folder))
        print(f"store: {store.corpus}, {len(store)} clips, {store.frames.nbytes / 1e6:.0f} MB")
        other = GeneratorSettings("other_emotion")
        kinds = {
            "sync": lambda augment: SyncWindows(store, augment=augment),
            "emotion": lambda augment: EmotionWindows(store, augment=augment),
            "generator, same clip": lambda augment: GeneratorWindows(store, augment=augment),
            "generator, other emotion": lambda augment: GeneratorWindows(store, other, 0, augment),
        }
        for name, make in kinds.items():
            plain, augmented = make(None), make(Augment())
            rates = [
                per_second(lambda k, data=data: data.item(k // len(data), k % len(data)))
                for data in (plain, augmented)
            ]
            whole = per_second(lambda k, data=plain: data[k % len(data)])
            print(
                f"{name:26s} bytes {rates[0]:6.0f}/s   augmented {rates[1]:6.0f}/s   "
                f"finished floats {whole:6.0f}/s"
            )
        print(run_record(corpus=store.corpus, seed=0))


if __name__ == "__main__":
    main()
