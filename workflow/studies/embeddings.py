"""Clips as points, seen by several networks: the paper's Figure 8 and what belongs beside it.

Two sets of clips: one actor's complete recordings (82 clips, as many as an actor of CREMA-D has),
and several actors' clips, to see whether a network sorts by emotion or by person.

Paper: appendix B, figure 8 ("ActorID 1011 from the test split", all videos of that actor).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from studies.bench import Bench

from emolib.data.store import ClipArrays
from emolib.evaluation.embeddings import clip_embeddings, separation, tsne
from emolib.evaluation.emotion import ExpressionJudge
from emolib.models.checkpoint import load_checkpoint
from emolib.models.face_nets import ExpressionNet

NETWORKS = {"discriminator": "emotion", "classifier": "classifier"}  # how it is shown → the judge
PIXELS = 12  # side of the mean picture
PAPERS = "1011"  # the actor of the paper's figure
GRADED = "IEO"  # the sentence that CREMA-D's actors say at three levels
FULL = 60  # clips that make an actor's recordings complete
MAX_PEOPLE = 8
PERPLEXITY, SEED = 12.0, 0


def make_actor(bench: Bench) -> None:
    """Every clip of one actor whom no network has seen: CREMA-D's 1011, or one of the test split
    whose recordings are complete."""
    test = bench.store.split("test")
    counts = test.clips["actor"].value_counts()
    full = sorted(counts.index[counts >= min(FULL, counts.max())])
    actor = PAPERS if PAPERS in full else full[0]
    clips = test.select(test.clips["actor"] == actor)
    numbers, arrays = embed(bench.judges, [clips[i] for i in range(len(clips))])
    numbers["level"] = list(clips.clips["level"])
    graded = [i for i in range(len(clips)) if clips.clips["sentence"][i] == GRADED]
    numbers["shown"] = [clips.clips["clip"][i] for i in graded]
    middles = [clips[i].frames[len(clips[i].frames) // 2] for i in graded]
    bench.save(
        numbers,
        arrays=arrays,
        frames=np.stack(middles) if middles else None,
        corpus=f"{test.corpus}, actor {actor}",
        uses=("judges",),
    )


def make_people(bench: Bench) -> None:
    """Clips of several actors, none of them seen in training."""
    clips = bench.store.split("test")
    people = sorted(clips.clips["actor"].unique())[:MAX_PEOPLE]
    chosen = clips.select(clips.clips["actor"].isin(people))
    numbers, arrays = embed(bench.judges, [chosen[i] for i in range(len(chosen))])
    bench.save(numbers, arrays=arrays, uses=("judges",))


def embed(
    judges: Mapping[str, Path], clips: Sequence[ClipArrays], device: str = "cpu"
) -> tuple[dict, dict[str, np.ndarray]]:
    """Points of clips in every space at hand.

    Returns:
        numbers: clip, actor, emotion, sentence (lists of N), `spaces` (those at hand, in order),
            `separation`: space → "emotion", "actor", "sentence" → silhouette, purity, chance; and
            perplexity and seed of the drawings.
        arrays: space → (N, D) float16, and `tsne_SPACE` → (N, 2) float32.
    """
    frames = [np.array(clip.frames) for clip in clips]
    spaces = {}
    for space, name in NETWORKS.items():
        if name in judges:
            network, _ = load_checkpoint(judges[name], device=device)
            spaces[space] = clip_embeddings(network, frames)
    judge = ExpressionJudge(ExpressionNet.load().to(device))
    spaces["expression"] = np.stack([judge.look(one)[1].mean(0) for one in frames])
    spaces["pixels"] = np.stack([mean_picture(one) for one in frames])
    labels = {
        what: [getattr(clip, what) for clip in clips] for what in ("emotion", "actor", "sentence")
    }
    drawn = {
        f"tsne_{space}": tsne(points, perplexity=PERPLEXITY, seed=SEED)
        for space, points in spaces.items()
    }
    numbers = {
        "clip": [clip.name for clip in clips],
        **labels,
        "spaces": list(spaces),
        "separation": {
            space: {
                what: vars(separation(points, np.array(given)))
                for what, given in labels.items()
                if len(set(given)) > 1
            }
            for space, points in spaces.items()
        },
        "perplexity": PERPLEXITY,
        "seed": SEED,
    }
    stored = {space: points.astype(np.float16) for space, points in spaces.items()}
    return numbers, stored | drawn


def mean_picture(frames: np.ndarray) -> np.ndarray:
    """The mean of a clip's frames (T, S, S, 3) uint8, shrunk to 12×12: (432,) float32 in [0, 1]."""
    mean = frames.mean(0, dtype=np.float32) / 255
    return cv2.resize(mean, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA).ravel()
