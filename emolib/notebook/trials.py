"""Small experiments with the emotion discriminator: known or new people, either fold of time.

A trial keeps two things apart that a random split mixes: new takes of people the network knows, and
people it has never seen. One network answers for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from torch.utils.data import default_collate

from emolib.data.store import ClipStore
from emolib.data.windows import EmotionWindows, finished
from emolib.evaluation.emotion import EmotionScore, WindowJudge, score_emotions
from emolib.evaluation.intervals import mean_interval
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.training.emotion import emotion_step
from emolib.training.loader import Order


@dataclass(frozen=True)
class Trial:
    """What is learned from, and what is asked about: other takes of those people, and new people.

    A take is a person saying a sentence, in all its emotions.
    """

    train: ClipStore
    known: ClipStore
    new: ClipStore


def make_trial(store: ClipStore, new: Sequence[str], known: Sequence[str], turn: int = 0) -> Trial:
    """Keep `new` people out of training entirely, and of each of `known` one sentence.

    Args:
        new, known: actors; those in neither are left out of everything but training.
        turn: another number keeps other sentences.
    """
    actors, sentences = (store.clips[name].to_numpy() for name in ("actor", "sentence"))
    kept = np.zeros(len(store), bool)
    for place, actor in enumerate(known):
        said = sorted(set(sentences[actors == actor]))
        kept |= (actors == actor) & (sentences == said[(place + turn) % len(said)])
    unseen = np.isin(actors, list(new))
    return Trial(*(store.select(some) for some in (~kept & ~unseen, kept & ~unseen, unseen)))


def learn(
    train: ClipStore,
    config: EmotionDiscriminatorConfig,
    *,
    steps: int,
    batch_size: int = 16,
    rate: float = 1e-3,
    seed: int = 0,
) -> EmotionDiscriminator:
    """A discriminator after some plain steps of Adam: no augmentation, no average, no schedule."""
    torch.manual_seed(seed)
    net, data = EmotionDiscriminator(config), EmotionWindows(train, seed)
    adam, order = torch.optim.Adam(net.parameters(), rate), Order(len(data), batch_size, seed)
    for step in range(steps):
        batch = finished(default_collate([data.item(*key) for key in order.keys(step)]))
        loss, _ = emotion_step(net, batch)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return net.eval()


def ask(net: nn.Module, clips: ClipStore, stride: int = 15) -> np.ndarray:
    """(N, 6) probabilities, one row a clip: the mean over windows, `stride` frames apart."""
    judge = WindowJudge(net, "asked", stride=stride)
    return np.stack([judge.probs(np.array(clips[i].frames)) for i in range(len(clips))])


def score(net: nn.Module, clips: ClipStore, stride: int = 15) -> EmotionScore:
    """How many clips a network names right."""
    return score_emotions(ask(net, clips, stride), clips.emotion_idx)


def folded(net: EmotionDiscriminator, scrambled: bool) -> EmotionDiscriminator:
    """The same weights, shown its frames in the other folding."""
    config = replace(net.config, released_code_quirks=scrambled)
    other = EmotionDiscriminator(config).eval()
    other.load_state_dict(net.state_dict())
    return other


def people_and_folding(
    store: ClipStore,
    *,
    sizes: Sequence[int] = (6, 24, 96),
    width: float = 1 / 8,
    steps: int = 600,
    batch_size: int = 16,
    stride: int = 25,
    seed: int = 0,
) -> dict:
    """How much a network says of new people, by how many it learned from; and what folding costs.

    A fifth of the people is new to all networks. For each of `sizes` (as far as there are people)
    one network learns from that many people, for the same number of steps; at the largest size a
    second one learns from scrambled frames.

    Returns:
        plain values: `people[n]["known" | "new"]` with accuracy over clips and its interval over
        people, `folding[learned][asked]` accuracies on new people, and the settings.
    """
    people = np.random.default_rng(seed).permutation(sorted(store.clips["actor"].unique()))
    n_new = max(1, len(people) // 5)
    new, rest = people[:n_new], people[n_new:]
    sizes = [n for n in sizes if n <= len(rest)] or [len(rest)]
    how = {"steps": steps, "batch_size": batch_size, "seed": seed}
    found, folding = {}, {}
    for n in sizes:
        seen = store.select(store.clips["actor"].isin([*rest[:n], *new]))
        trial = make_trial(seen, new, rest[: min(n, n_new)])
        net = learn(trial.train, EmotionDiscriminatorConfig(width=width), **how)
        found[str(n)] = {
            "known": _told(net, trial.known, stride),
            "new": _told(net, trial.new, stride),
        }
    other = EmotionDiscriminatorConfig(width=width, released_code_quirks=True)
    nets = {"right": net, "scrambled": learn(trial.train, other, **how)}
    for learned, one in nets.items():
        folding[learned] = {
            asked: _told(folded(one, asked == "scrambled"), trial.new, stride)["mean"]
            for asked in nets
        }
    return {"people": found, "folding": folding, "n_new": n_new, "width": width, **how}


def _told(net: nn.Module, clips: ClipStore, stride: int) -> dict:
    named = ask(net, clips, stride).argmax(1)
    return mean_interval(named == clips.emotion_idx, clips.clips["actor"]).as_dict()
