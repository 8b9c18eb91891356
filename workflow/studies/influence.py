"""Where the emotion sits in a picture: END's dots, measured.

The same face, sound and frame are made with all six labels. What differs between the six is what
the label does: its influence, a picture. Three numbers say what kind of picture it is.

- grain: the share of its energy in structures finer than four pixels: dots and speckles.
- fixed: how alike the influence of a label is on two different people in different poses: 1 means a
  pattern that is stuck to the screen, 0 one that follows the face.
- specks: isolated pixels a frame that are much darker than all around them; the truth has some too.

Paper: §5.1 blames END's "black dot artifacts" on its large sparse map, without a number.
"""

from __future__ import annotations

import cv2
import numpy as np
from studies.ablation_frames import PEOPLE, SAID, STRETCH, Scene
from studies.bench import Bench

from emolib.models.checkpoint import load_checkpoint

FINE_PX = 4  # wavelengths below this are grain
WEAK = 0.05  # grey levels: below, rounding to bytes is most of what differs
DARKER = 30  # grey levels below everything around


def make(bench: Bench) -> None:
    """`influence.json`, with a map (96, 96) each: one face, one sound, six labels."""
    scenes = [Scene(bench.store, actor) for actor in PEOPLE]
    true = [scene.true for scene in scenes]
    methods, maps = {"truth": describe(true)}, {"truth": influence_map(true)}
    for recipe, path in bench.generators.items():
        network, meta = load_checkpoint(path, "generator")
        if network.config.emotion is None:
            continue
        network = network.fused()
        made = [scene.made(network, meta.input_rules) for scene in scenes]
        methods[recipe] = describe(made) | {"step": meta.steps}
        maps[recipe] = influence_map(made)
    arrays = {name: picture.astype(np.float16) for name, picture in maps.items()}
    numbers = {"methods": methods, "people": list(PEOPLE), "said": SAID}
    numbers |= {"order": list(methods), "frames": [STRETCH.start, STRETCH.stop]}
    bench.save(numbers, arrays=arrays)


def deviations(frames: np.ndarray) -> np.ndarray:
    """What each label adds to the mean of the six: (6, T, H, W) grey levels, signed.

    Args:
        frames: (6, T, H, W, 3) uint8.
    """
    grey = frames.astype(np.float32).mean(-1)
    return grey - grey.mean(0)


def influence_map(people: list[np.ndarray]) -> np.ndarray:
    """Mean strength of the labels' influence at each pixel, (H, W) grey levels."""
    return np.mean([np.abs(deviations(frames)).mean((0, 1)) for frames in people], axis=0)


def describe(people: list[np.ndarray]) -> dict[str, float | None]:
    """Strength, grain and fixedness of the labels' influence on two people, and specks.

    Grain and fixedness are None where the influence is too weak to have a shape.
    """
    away = [deviations(frames) for frames in people]
    still = [part.mean(1).reshape(len(part), -1) for part in away]  # (6, H·W) each
    with np.errstate(invalid="ignore"):  # nothing differs at all: no correlation
        alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(*still, strict=True)]
    strength = float(np.mean([np.abs(part).mean() for part in away]))
    shaped = strength >= WEAK
    return {
        "strength": strength,
        "grain": float(np.mean([grain(part) for part in away])) if shaped else None,
        "fixed": float(np.mean(alike)) if shaped else None,
        "specks": float(np.mean([specks(frames) for frames in people])),
    }


def grain(pictures: np.ndarray) -> float:
    """Share of the energy of pictures (…, H, W) at wavelengths below four pixels, in [0, 1]."""
    energy = np.abs(np.fft.fft2(pictures)) ** 2
    along = [np.abs(np.fft.fftfreq(n)) for n in pictures.shape[-2:]]
    fine = np.maximum(along[0][:, None], along[1][None]) > 1 / FINE_PX
    return float(energy[..., fine].sum() / max(energy.sum(), 1e-12))


def specks(frames: np.ndarray) -> float:
    """Isolated dark pixels a frame, in frames (…, H, W, 3) uint8.

    A pixel counts where the closing of the grey picture by a 3×3 square lies over `DARKER` levels
    above it: dark, and at most two pixels wide in every direction.
    """
    grey = frames.reshape(-1, *frames.shape[-3:]).mean(-1).astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    hats = [cv2.morphologyEx(picture, cv2.MORPH_BLACKHAT, square) for picture in grey]
    return float(np.mean([(hat > DARKER).sum() for hat in hats]))
