"""The generator's answer on prepared face crops: what evaluation judges.

One source clip gives the pictures (the frame to change is its own reference, as at generation
time), another clip of the same actor gives sound, emotion and, in a paired corpus, the true answer.
Nothing is detected or pasted: `generate` does that for films, this is the network alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.inputs import GeneratorInput
from emolib.data.store import ClipStore
from emolib.evaluation.visual import device_of
from emolib.media.mel import mel_windows
from emolib.models.checkpoint import InputRules
from emolib.models.generator import Generator


@torch.inference_mode()
def regenerate(
    generator: Generator,
    source: np.ndarray,
    mel: np.ndarray,
    emotion: str | None,
    rules: InputRules | None = None,
    *,
    batch_size: int = 32,
) -> np.ndarray:
    """Generated face crops: (T, 96, 96, 3) uint8 RGB.

    Args:
        generator: in eval mode; `fused()` is faster.
        source: (T, 96, 96, 3) uint8 RGB, the frames to change.
        mel: (80, M) float32, the sound from the first frame on.
        emotion: one of the six codes; ignored by a network without emotion.
        rules: how the network was fed in training (`CheckpointMeta.input_rules`).

    Paper: §3.2.1.
    """
    rules = rules or InputRules()
    device = device_of(generator)
    label = None
    if generator.config.emotion is not None:
        label = torch.zeros(1, len(EMOTIONS), device=device)
        label[0, EMOTIONS.index(emotion)] = 1
    parts = []
    for first in range(0, len(source), batch_size):
        frames = range(first, min(first + batch_size, len(source)))
        heard = mel_windows(mel, frames, alignment=rules.alignment)  # (B, 1, 80, 16)
        seen = torch.from_numpy(np.array(source[first : frames.stop]))  # a copy: maps are read-only
        seen = seen.permute(0, 3, 1, 2).to(device)[None]  # (1, B, 3, 96, 96)
        sound = torch.from_numpy(heard).to(device)[None]  # (1, B, 1, 80, 16)
        made = GeneratorInput.of(seen, seen, sound, label, rules.mask).through(generator)[0]
        levels = (made.float() * 255).round().clamp(0, 255).to(torch.uint8)
        parts.append(levels.permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(parts)


@dataclass(frozen=True)
class Task:
    """One clip to make.

    Attributes:
        target_idx: the clip in the store whose words are said, and whose emotion where it has one.
        source_idx: the clip whose pictures are changed.
        n_frames: how many frames both cover.
        emotion: one of the six codes: what the network is asked for.
        name: of the film: the clip's, and the emotion where the clip has none.
        shift: the source starts with this frame, and goes on with its first ones at its end.
    """

    target_idx: int
    source_idx: int
    n_frames: int
    emotion: str
    name: str
    shift: int = 0


SOURCES = {
    "other_emotion": "counterfactual: made from the same actor with another emotion and sentence",
    "same_emotion": "as trained by the paper: made from the same actor with the same emotion and"
    " another sentence",
    "neutral": "made from the same actor's neutral clip",
    "same_clip": "self-reconstruction: made from the clip itself, its halves changed over, and"
    " asked for its own emotion (neutral where it has no label)",
}
UNLABELLED = "clips without labels: made from another clip of the same actor, in all six emotions"


def plan_tasks(
    store: ClipStore, sources: str = "other_emotion", *, limit: int | None = None, seed: int = 0
) -> list[Task]:
    """Which clip is made from which: each labelled clip as a target once, in the store's order.

    The source is always the same actor, and another sentence where there is one. By default it
    shows another emotion: what the released training never shows, and what every user asks for. In
    a paired corpus the target itself is then the true answer: the same person, pose and timing with
    the wanted words and emotion. Networks without emotion input are asked the same; what they can
    do at best is measured with `sources="same_emotion"`. The source is one that lasts as long as
    the target if there is one.

    In a store without any label the source is another clip of the actor, and each target is asked
    for in all six emotions. With `sources="neutral"` the source is calm, so that a change of face
    units is the emotion's. A clip that is its own source, always so with "same_clip", is changed
    from its own pictures half its length later: another mouth, the same light, nearly the same
    pose.

    Args:
        store: a store or a split of it.
        sources: a key of `SOURCES`; without labels only "same_clip" differs from the others.
        limit: at most so many clips, spread evenly over emotions, then actors, and drawn by `seed`.

    Raises:
        DatasetError: no clip is audible, or a labelled clip has no source.
    """
    chosen, spans = targets(store, limit=limit, seed=seed), store.spans
    tasks = []
    for target in chosen:
        name, emotion = store.clips[["clip", "emotion"]].iloc[target]
        candidates, length = _partners(store, sources, target), spans[target, 1]
        lasting = candidates[spans[candidates, 1] >= length]
        if len(lasting):
            rng = np.random.default_rng((seed, int(target)))
            source = int(rng.choice(lasting))
        else:
            source = int(candidates[np.argmax(spans[candidates, 1])])
        n_frames = int(min(length, spans[source, 1]))
        emotion = emotion or ("NEU" if sources == "same_clip" else "")
        asked = {name: emotion} if emotion else {f"{name} {code}": code for code in EMOTIONS}
        shift = n_frames // 2 if source == target else 0
        for film, code in asked.items():
            tasks.append(Task(int(target), source, n_frames, code, film, shift))
    return tasks


def true_tasks(store: ClipStore, *, limit: int | None = None, seed: int = 0) -> list[Task]:
    """The clips of `plan_tasks` whole and as they are, each its own source."""
    chosen = targets(store, limit=limit, seed=seed)
    named = store.clips[["emotion", "clip"]].to_numpy()
    return [Task(int(i), int(i), int(store.spans[i, 1]), *map(str, named[i])) for i in chosen]


def has_labels(store: ClipStore) -> bool:
    """Whether any clip is labelled with one of the six emotions."""
    return bool((store.emotion_idx >= 0).any())


def targets(store: ClipStore, *, limit: int | None = None, seed: int = 0) -> np.ndarray:
    """(n,) int: the audible clips to measure, the labelled ones where there are any, in order.

    Args:
        limit: at most so many: emotions equally often, then actors, then drawn by `seed`.

    Raises:
        DatasetError: there is none.
    """
    usable = store.clips["silent"].to_numpy() == 0
    if has_labels(store):
        usable &= store.emotion_idx >= 0
    if not usable.any():
        raise DatasetError("no clip is audible", file=store.root, expected="clips with sound")
    return _spread(np.flatnonzero(usable), store, limit, seed)


def _partners(store: ClipStore, sources: str, target: int) -> np.ndarray:
    """Clips that this one may be made from: other words first, else only another emotion."""
    actor, sentence = (store.clips[name].to_numpy() for name in ("actor", "sentence"))
    emotion, same_actor = store.emotion_idx, actor == actor[target]
    if sources == "same_clip":
        return np.array([target])
    if not has_labels(store):
        others = np.flatnonzero(same_actor & (np.arange(len(store)) != target))
        return others if len(others) else np.array([target])
    same_emotion = emotion == emotion[target]
    if sources == "other_emotion":
        found = same_actor & ~same_emotion & (emotion >= 0)
        lacks = ("shows one emotion only", "same_emotion")
    elif sources == "neutral":
        found = same_actor & (emotion == EMOTIONS.index("NEU"))
        lacks = ("has no neutral clip", "other_emotion")
    else:
        found = same_actor & same_emotion & (sentence != sentence[target])
        lacks = ("says one sentence only with this emotion", "other_emotion")
    if (found & (sentence != sentence[target])).any():
        found &= sentence != sentence[target]
    if not found.any():
        raise DatasetError(
            f"actor {actor[target]} {lacks[0]}, so no clip can be made from another",
            file=store.root,
            expected="two emotions and two sentences of each actor",
            fix=f"--sources {lacks[1]}, or leave --checkpoint out to measure the clips themselves",
        )
    return np.flatnonzero(found)


def _spread(clips: np.ndarray, store: ClipStore, limit: int | None, seed: int) -> np.ndarray:
    """At most `limit` of the clips, in order: emotions equally often, then actors, then by lot."""
    if limit is None or limit >= len(clips):
        return clips
    left = list(np.random.default_rng(seed).permutation(clips))
    emotion, actor = store.emotion_idx, store.clips["actor"].to_numpy()
    counts = Counter()
    chosen = []
    for _ in range(limit):
        best = min(left, key=lambda i: (counts["e", emotion[i]], counts["a", actor[i]]))
        left.remove(best)
        chosen.append(best)
        counts.update([("e", emotion[best]), ("a", actor[best])])
    return np.sort(chosen)
