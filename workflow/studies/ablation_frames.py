"""The ablation as pictures: the paper's Figure 2, and how much each network heeds the label.

Two people of the sample corpus (whom no shipped network has seen) look calm and say one sentence;
each network makes them say another with each of the six emotions. The corpus knows what they would
have looked like.

Paper: §5, figure 2.
"""

from __future__ import annotations

import itertools

import numpy as np
from studies.bench import Bench

from emolib.base.config import AUDIO, VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.data.store import ClipArrays, ClipStore
from emolib.evaluation.regenerate import regenerate
from emolib.models.checkpoint import load_checkpoint

SAID, SHOWN = "IEO", "MTI"  # the sentence to say; the calm clip's
PEOPLE = ("9001", "9003")
BEGIN = 25  # networks start here, which is exactly mel step 80 …
STRETCH = slice(27, 37)  # … and are judged here, where each hears what came before
FRAME = 33  # shown of each clip: "o'clock" opens the mouth, the calm clip's is nearly shut
MEL_STEP = int(BEGIN * AUDIO.mel_steps_per_s / VIDEO.fps)


def make(bench: Bench) -> None:
    """`ablation_frames.json`, and its strip: rows × people × emotions (the source once each)."""
    scenes = [Scene(bench.store, actor) for actor in PEOPLE]
    rows = {"source": [], "truth": []}
    for scene in scenes:
        rows["source"] += [scene.source.frames[FRAME]]
        rows["truth"] += [scene.truth[code].frames[FRAME] for code in EMOTIONS]
    truth = [scene.true for scene in scenes]
    methods, scale = {}, np.mean([label_effect(frames) for frames in truth])
    for recipe, path in bench.generators.items():
        network, meta = load_checkpoint(path, "generator")
        network = network.fused()
        made = [scene.made(network, meta.input_rules) for scene in scenes]
        rows[recipe] = [frames[FRAME - STRETCH.start] for frames in itertools.chain(*made)]
        heeded = np.mean([label_effect(frames) for frames in made])
        methods[recipe] = {
            "checkpoint": path.stem,
            "recipe": meta.recipe,
            "step": meta.steps,
            "label_effect": float(heeded / scale),
        }
    numbers = {
        "rows": list(rows),
        "people": list(PEOPLE),
        "said": SAID,
        "shown": SHOWN,
        "frame": FRAME,
        "methods": methods,
    }
    frames = np.stack(list(itertools.chain(*rows.values())))
    bench.save(numbers, frames=frames)


class Scene:
    """One person: a calm clip, and the truth of another sentence in six emotions."""

    def __init__(self, store: ClipStore, actor: str):
        clips = {name: index for index, name in enumerate(store.clips["clip"])}

        def clip(sentence: str, emotion: str) -> ClipArrays:
            return store[clips[f"{actor}_{sentence}_{emotion}_XX"]]

        self.source = clip(SHOWN, "NEU")
        self.truth = {code: clip(SAID, code) for code in EMOTIONS}

    @property
    def true(self) -> np.ndarray:
        """(6, 10, 96, 96, 3) uint8: the truth in `STRETCH`, `EMOTIONS` order."""
        return np.stack([self.truth[code].frames[STRETCH] for code in EMOTIONS])

    def made(self, network, rules) -> np.ndarray:
        """A network's answers, in the same shape."""
        seen = self.source.frames[BEGIN : STRETCH.stop]
        mel = self.truth["NEU"].mel[:, MEL_STEP:]  # the corpus is paired: one sound for all six
        made = [regenerate(network, seen, mel, code, rules) for code in EMOTIONS]
        return np.stack(made)[:, STRETCH.start - BEGIN :]


def label_effect(frames: np.ndarray) -> float:
    """How far clips of one sentence in six emotions lie apart: mean grey levels of 255.

    Args:
        frames: (6, T, H, W, 3) uint8.
    """
    pairs = itertools.combinations(frames.astype(np.int16), 2)
    return float(np.mean([np.abs(a - b).mean() for a, b in pairs]))
