"""Clips as points, seen by several networks: the paper's Figure 8 and what belongs beside it.

Two sets of clips: one actor's complete recordings (82 clips, as many as an actor of CREMA-D has),
and several actors' clips, to see whether a network sorts by emotion or by person.

Paper: appendix B, figure 8 ("ActorID 1011 from the test split", all videos of that actor).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from emolib.base.files import cache_dir
from emolib.data.clip import PrepareSettings
from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare
from emolib.data.store import ClipArrays, ClipStore
from emolib.evaluation.embeddings import clip_embeddings, separation, tsne
from emolib.evaluation.emotion import ExpressionJudge
from emolib.models.checkpoint import load_checkpoint
from emolib.models.face_nets import ExpressionNet
from emolib.studies.bench import Bench, Maker

NETWORKS = {"discriminator": "lite-emotion", "classifier": "lite-classifier"}
PIXELS = 12  # side of the mean picture
ACTOR = 9005  # the sample's cast has 9001 to 9004; nobody trains on this seed
CAST_SEED = 2
GRADED = "IEO"  # the sentence that CREMA-D's actors say at three levels
FULL = 60  # clips that make an actor's recordings complete
MAX_PEOPLE = 8
PERPLEXITY, SEED = 12.0, 0


def make_actor(bench: Bench) -> None:
    """`embeddings_actor.json`: every clip of one actor whom no network has seen."""
    clips, corpus = _one_actor(bench)
    numbers, arrays = embed(bench, [clips[i] for i in range(len(clips))])
    numbers["level"] = list(clips.clips["level"])
    graded = [i for i in range(len(clips)) if clips.clips["sentence"][i] == GRADED]
    numbers["shown"] = [clips.clips["clip"][i] for i in graded]
    middles = [clips[i].frames[len(clips[i].frames) // 2] for i in graded]
    bench.save(
        "embeddings_actor.json",
        numbers,
        arrays=arrays,
        frames=np.stack(middles) if middles else None,
        corpus=corpus,
    )


def make_people(bench: Bench) -> None:
    """`embeddings_people.json`: clips of several actors, none of them seen in training."""
    clips = bench.store.split("test") if bench.store_root else bench.store
    people = sorted(clips.clips["actor"].unique())[:MAX_PEOPLE]
    chosen = clips.select(clips.clips["actor"].isin(people))
    numbers, arrays = embed(bench, [chosen[i] for i in range(len(chosen))])
    bench.save("embeddings_people.json", numbers, arrays=arrays)


def embed(bench: Bench, clips: Sequence[ClipArrays]) -> tuple[dict, dict[str, np.ndarray]]:
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
        if name in bench.checkpoints:
            network, _ = load_checkpoint(bench.checkpoints[name], device=bench.device)
            spaces[space] = clip_embeddings(network, frames)
    judge = ExpressionJudge(ExpressionNet.load().to(bench.device))
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


def _one_actor(bench: Bench) -> tuple[ClipStore, str]:
    """A held-out actor with complete recordings: of the store given, or filmed for it."""
    if bench.store_root:
        test = bench.store.split("test")
        counts = test.clips["actor"].value_counts()
        full = sorted(counts.index[counts >= FULL])
        if full:
            chosen = "1011" if "1011" in full else full[0]
            return test.select(test.clips["actor"] == chosen), f"{test.corpus}, actor {chosen}"
    told = f"synthetic, actor {ACTOR} (emolib synth --seed {CAST_SEED} --paired)"
    return ClipStore(film_actor(cache_dir() / "studies")), told


def film_actor(folder: Path) -> Path:
    """The clip store of one synthetic actor who says all twelve sentences as CREMA-D's do.

    Filmed once, kept in the cache; a stopped run goes on.
    """
    from emolib.synthetic.film import FilmSettings, write_corpus

    settings = FilmSettings(width_px=400, height_px=300, fps=25, seed=CAST_SEED, paired=True)
    films, store = folder / f"actor-{ACTOR}", folder / f"actor-{ACTOR}-store"
    write_corpus(films, actors=1, sentences=12, first_actor=ACTOR, settings=settings)
    prepare(open_corpus(films), store, PrepareSettings(split="random95"), wait_s=600)
    return store


MAKERS = (
    Maker(
        "embeddings_actor",
        make_actor,
        makes=("embeddings_actor.json",),
        checkpoints=tuple(NETWORKS.values()),
        uses_store=True,
    ),
    Maker(
        "embeddings_people",
        make_people,
        makes=("embeddings_people.json",),
        checkpoints=tuple(NETWORKS.values()),
        uses_store=True,
    ),
)
