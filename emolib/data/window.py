"""What all training windows share: a function of (seed, epoch, index), and pictures as bytes.

`item(epoch, index)` is made from (seed, epoch, index) alone, whoever asks and in whatever order.
The index chooses the clip, the draw chooses the moment in it. Pictures stay bytes until they are
on the device (`item`); `data[index]` gives the finished floats, for reading.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import Dataset

from emolib.base.config import AUDIO, VIDEO
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.augment import Augment
from emolib.data.inputs import to_unit
from emolib.data.store import ClipStore

T = VIDEO.n_frames
PICTURES = ("frames", "target_frames", "reference_frames")


class Windows(Dataset):
    """Base: which clips serve, and how a window is cut from one.

    Args:
        store: a store or a split of it.
        seed: of all draws.
        augment: changes all pictures of a window alike; None for none.
        needs_sound: leave out silent clips, and windows whose sound has ended.

    Raises:
        DatasetError: no clip serves.
    """

    def __init__(
        self,
        store: ClipStore,
        seed: int = 0,
        augment: Augment | None = None,
        needs_sound: bool = True,
        needs_emotion: bool = False,
    ):
        self.store, self.seed, self.augment = store, seed, augment
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # workers see it too
        spans = store.spans
        self.n_starts = spans[:, 1] - T + 1  # (clips,)
        serves = self.n_starts > 0
        if needs_sound:
            heard = (spans[:, 3] - VIDEO.mel_steps) * VIDEO.fps / AUDIO.mel_steps_per_s
            self.n_starts = np.minimum(self.n_starts, np.floor(heard).astype(np.int64) + 1)
            serves = (self.n_starts > 0) & (store.clips["silent"].to_numpy() == 0)
        if needs_emotion:
            serves &= store.emotion_idx >= 0
        self.clip_idx = np.flatnonzero(serves)  # windows' index → clip
        if not len(self.clip_idx):
            raise DatasetError(
                f"none of {len(store)} clips serves",
                file=store.root,
                expected=f"clips of at least {T} frames"
                + (", with sound" if needs_sound else "")
                + (", labelled" if needs_emotion else ""),
                fix="look at the skip report of emolib prepare",
            )

    def __len__(self) -> int:
        return len(self.clip_idx)

    def set_epoch(self, epoch: int) -> None:
        """Choose the draws that `data[index]` shows, also in running workers."""
        self._epoch[0] = epoch

    def item(self, epoch: int, index: int) -> dict:
        """The window as arrays: pictures (…, 3, S, S) uint8, mels float32."""
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        rng = np.random.default_rng((self.seed, epoch, index))
        return self._window(int(self.clip_idx[index]), rng)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """The window as tensors, pictures float32 in [0, 1] RGB."""
        item = self.item(int(self._epoch[0]), index)
        return finished({key: torch.as_tensor(value) for key, value in item.items()})

    def probabilities(self) -> np.ndarray:
        """(windows,) chances that make every emotion equally likely."""
        chances = self.store.balanced_probabilities()[self.clip_idx]
        return chances / chances.sum()

    def _window(self, clip: int, rng: np.random.Generator) -> dict:
        raise TypeError(f"{type(self).__name__} does not say what a window is")

    def _cut(self, clip: int, start: int) -> np.ndarray:
        """Five frames of a clip: (T, S, S, 3) uint8."""
        first = self.store.spans[clip, 0] + start
        return self.store.frames[first : first + T]

    def _mel(self, clip: int) -> np.ndarray:
        """(80, M) float32 of a clip."""
        _, _, first, n_mels = self.store.spans[clip]
        return self.store.mel[first : first + n_mels].T

    def _changed(self, frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(N, S, S, 3) → augmented or not, channels first: (N, 3, S, S)."""
        if self.augment is not None:
            frames = self.augment(np.ascontiguousarray(frames), int(rng.integers(2**31)))
        return np.ascontiguousarray(frames.transpose(0, 3, 1, 2))


def finished(batch: dict) -> dict:
    """A window or a batch with its pictures as float32 in [0, 1], wherever they lie."""
    return {key: to_unit(value) if key in PICTURES else value for key, value in batch.items()}


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
