"""Training windows as pictures: what Figures 1, 6 and 7 show. They need no trained network."""

from __future__ import annotations

import numpy as np
from studies.bench import Bench

from emolib.data.augment import Augment
from emolib.data.windows import GeneratorSettings, GeneratorWindows

SEED = 2
MIDDLE = 2  # of five frames
N_DRAWS = 3


def make_windows(bench: Bench) -> None:
    """One window under both masks, and its sound."""
    masks = ("half", "full")
    items = {m: GeneratorWindows(bench.store, GeneratorSettings(mask=m), SEED)[0] for m in masks}
    arrays = {mask: _bytes(item["faces"][:, :3]) for mask, item in items.items()}  # (T, 3, S, S)
    arrays["reference"] = _bytes(items["full"]["faces"][:, 3:])
    arrays["mel"] = items["full"]["mel_windows"][MIDDLE, 0].numpy()  # (80, 16)
    numbers = {"seed": SEED, "frames": len(arrays["full"])}
    bench.save(numbers, arrays=arrays, uses=())


def make_draws(bench: Bench) -> None:
    """One window under three draws of the augmentation."""
    augment = Augment(p=0.6, p_any=1.0)
    data, draws = GeneratorWindows(bench.store, GeneratorSettings(), SEED, augment), []
    for epoch in range(N_DRAWS):
        data.set_epoch(epoch)
        draws.append(data[0])
    arrays = {
        "faces": np.stack([_bytes(item["faces"][MIDDLE]) for item in draws]),  # (3, 6, S, S)
        "targets": np.stack([_bytes(item["target_frames"][MIDDLE]) for item in draws]),
    }
    bench.save({"seed": SEED, "draws": N_DRAWS}, arrays=arrays, uses=())


def _bytes(values) -> np.ndarray:
    """Floats in [0, 1] → uint8."""
    return (values.numpy() * 255).round().astype(np.uint8)
