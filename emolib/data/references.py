"""Which five frames the generator may look at while it makes five others.

Paper: §4.2 (other frames of the same clip). Counterfactual references are ours: the same person
with another emotion and other words, as it will be at generation time.
"""

from __future__ import annotations

import numpy as np

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.store import ClipStore

T = VIDEO.n_frames
STRATEGIES = ("same_clip", "same_clip_apart", "same_clip_near", "other_emotion")
NEAR = (2, 19)  # frames between target and reference: another moment, hardly another pose


class ReferenceChooser:
    """Chooses the clip and first frame of a reference.

    Args:
        store: a store or a split of it.
        strategy: see `STRATEGIES`.
        clip_idx: clips that will ask.

    Raises:
        ConfigError: unknown strategy.
        DatasetError: "other_emotion", and an actor shows one emotion only.
    """

    def __init__(self, store: ClipStore, strategy: str, clip_idx: np.ndarray):
        if strategy not in STRATEGIES:
            raise ConfigError(
                f"unknown reference strategy {strategy!r}",
                expected="one of " + ", ".join(STRATEGIES),
            )
        self.strategy, self.paired = strategy, store.paired
        self.n_starts = store.spans[:, 1] - T + 1  # (clips,)
        self.partners: dict[int, np.ndarray] = {}
        if strategy == "other_emotion":
            self._find_partners(store, clip_idx)

    def __call__(self, clip: int, start: int, rng: np.random.Generator) -> tuple[int, int]:
        """(clip, first frame) of the reference for a target at `start`."""
        if self.strategy == "other_emotion":
            return self._counterfactual(clip, start, rng)
        starts = np.arange(self.n_starts[clip])
        away = np.abs(starts - start)
        if self.strategy == "same_clip":
            free = starts[away > 0]
        elif self.strategy == "same_clip_near":
            free = starts[(away >= min(NEAR[0], away.max())) & (away <= NEAR[1])]
        else:  # the farthest, where the clip is too short to keep them apart
            free = starts[away >= min(T, away.max())]
        return clip, int(rng.choice(free)) if len(free) else start

    def limit(self, n_starts: np.ndarray) -> np.ndarray:
        """(clips,) how many starts of each clip have a reference, given how many it has itself.

        In a paired corpus a target beyond the end of all the actor's other sentences has none.
        """
        n_starts = n_starts.copy()
        if self.paired:
            for clip, partners in self.partners.items():
                n_starts[clip] = min(n_starts[clip], self.n_starts[partners].max())
        return n_starts

    def _counterfactual(self, clip: int, start: int, rng: np.random.Generator) -> tuple[int, int]:
        partners = self.partners[clip]
        if self.paired:  # the same frame is the same pose
            lasting = partners[self.n_starts[partners] > start]
            return int(rng.choice(lasting)), start
        other = int(rng.choice(partners))
        return other, int(rng.integers(self.n_starts[other]))

    def _find_partners(self, store: ClipStore, clip_idx: np.ndarray) -> None:
        actor = store.clips["actor"].to_numpy()
        sentence = store.clips["sentence"].to_numpy()
        emotion = store.emotion_idx
        long_enough = self.n_starts > 0
        for clip in clip_idx:
            other = (actor == actor[clip]) & (emotion != emotion[clip]) & (emotion >= 0)
            other &= long_enough
            both = other & (sentence != sentence[clip])
            chosen = both if both.any() else other  # one sentence only: at least another emotion
            if not chosen.any():
                raise DatasetError(
                    f"actor {actor[clip]} shows one emotion only",
                    file=store.root,
                    expected="each actor with at least two emotions in this split",
                    fix="use the reference strategy same_clip, or prepare more clips",
                )
            self.partners[int(clip)] = np.flatnonzero(chosen)
