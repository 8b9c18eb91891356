"""Which windows make up step k, and how they reach the device.

The order is a function of (seed, epoch, position) alone, so a resumed run needs no replay, several
processes share an epoch without talking, and a worker's luck changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from emolib.base.errors import DatasetError, ResourceError

PERIOD = 1000  # positions after which the parts of a mixture take turns anew


class Windows(Protocol):
    """What a data set must offer: `len(data)` and `data.item(epoch, index)`, a dict of arrays."""

    def __len__(self) -> int: ...

    def item(self, epoch: int, index: int) -> dict: ...


class Keyed(Dataset):
    """A data set whose key is (epoch, index), so that workers need no word about the epoch."""

    def __init__(self, data: Windows):
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: tuple[int, int]) -> dict:
        return self.data.item(*key)


class Order(Sampler):
    """An endless batch sampler: step k of process r takes positions k·B·W + r·B … + B.

    Args:
        sizes: windows in an epoch, or in an epoch of each part of a mixture, whose windows are
            numbered one part after the other. A batch may cross from one epoch into the next.
        batch_size: B, windows a process takes at each step.
        seed: of the permutations.
        start_step: the first step to deliver.
        rank, world: this process and how many there are (W).
        probabilities: (windows,) chances to be drawn within a part, for balanced sampling; None
            visits every window once an epoch.
        shares: of the positions that each part takes, rounded to thousandths; they are spread as
            evenly as can be, so that each batch has its share.
    """

    def __init__(
        self,
        sizes: int | Sequence[int],
        batch_size: int,
        seed: int = 0,
        start_step: int = 0,
        rank: int = 0,
        world: int = 1,
        probabilities: np.ndarray | None = None,
        shares: Sequence[float] = (1.0,),
    ):
        self.sizes = [sizes] if isinstance(sizes, int) else list(sizes)
        if min(self.sizes) < 1:
            raise DatasetError(
                "there is no training window",
                expected="clips of at least five frames in the training split",
                fix="look at the skip report of emolib prepare",
            )
        self.batch_size, self.seed = batch_size, seed
        self.start_step, self.rank, self.world = start_step, rank, world
        self.first = np.cumsum([0, *self.sizes])
        self.probabilities = probabilities
        self.turns = turns_of(shares)  # part of each of PERIOD positions
        self.counts = np.bincount(self.turns, minlength=len(self.sizes))
        same = self.turns == self.turns[:, None]
        self.ranks = np.tril(same, -1).sum(1)  # how often its part came before in the period
        self._drawn: dict[int, tuple[int, np.ndarray]] = {}

    @property
    def n_items(self) -> int:
        """Windows in an epoch, all parts together."""
        return int(self.first[-1])

    def indices(self, epoch: int, part: int = 0) -> np.ndarray:
        """The windows of one epoch of a part in their order, int64."""
        if self._drawn.get(part, (None,))[0] != epoch:
            rng = np.random.default_rng((self.seed, epoch, part) if part else (self.seed, epoch))
            first, n = int(self.first[part]), self.sizes[part]
            if self.probabilities is None:
                drawn = rng.permutation(n)
            else:
                chances = self.probabilities[first : first + n]
                drawn = rng.choice(n, size=n, p=chances / chances.sum())
            self._drawn[part] = epoch, first + drawn
        return self._drawn[part][1]

    def keys(self, step: int) -> list[tuple[int, int]]:
        """(epoch, index) of every window in this process's batch of `step`."""
        first = (step * self.world + self.rank) * self.batch_size
        keys = []
        for position in range(first, first + self.batch_size):
            period, turn = divmod(position, PERIOD)
            part = int(self.turns[turn])
            within = period * int(self.counts[part]) + int(self.ranks[turn])
            epoch, place = divmod(within, self.sizes[part])
            keys.append((epoch, int(self.indices(epoch, part)[place])))
        return keys

    def epoch(self, step: int) -> float:
        """How many epochs are done before `step`."""
        return step * self.world * self.batch_size / self.n_items

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        step = self.start_step
        while True:
            yield self.keys(step)
            step += 1


def turns_of(shares: Sequence[float]) -> np.ndarray:
    """Which part takes each of PERIOD positions, (PERIOD,): the one most behind its share."""
    shares, counts = np.asarray(shares, float), np.zeros(len(shares))
    turns = np.zeros(PERIOD, np.int64)
    for position in range(PERIOD):
        turns[position] = part = int(np.argmax(shares / shares.sum() * (position + 1) - counts))
        counts[part] += 1
    return turns


def make_loader(data: Windows, order: Order, workers: int, pin: bool = False) -> DataLoader:
    """Batches of uint8 pictures and float mels in `order`, without end."""
    return DataLoader(
        Keyed(data),
        batch_sampler=order,
        num_workers=workers,
        collate_fn=default_collate,
        pin_memory=pin,
        persistent_workers=workers > 0,
        prefetch_factor=4 if workers else None,
        generator=torch.Generator().manual_seed(0),  # or it would draw from the training's own
    )


def fixed_batches(data: Windows, n_items: int, batch_size: int) -> Iterator[dict]:
    """The same batches at each call, for evaluation: windows spread evenly over `data`.

    Where more are wanted than an epoch has, further epochs show other moments of the same clips.
    """
    epochs, rest = divmod(n_items, len(data)) if len(data) else (0, 0)
    keys = [(epoch, index) for epoch in range(epochs) for index in range(len(data))]
    keys += [(epochs, int(index)) for index in np.linspace(0, len(data) - 1, rest).round()]
    for first in range(0, len(keys), batch_size):
        yield default_collate([data.item(*key) for key in keys[first : first + batch_size]])


def next_batch(batches: Iterator[dict]) -> dict:
    """The next batch; the death of a worker becomes advice.

    Raises:
        ResourceError: a worker process was killed, mostly for memory.
    """
    try:
        return next(batches)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error) or "exited unexpectedly" not in str(error):
            raise
        raise ResourceError(
            "a data loader worker was killed, most likely for want of memory",
            where=str(error),
            fix="use fewer workers (--workers 0), or in Docker more shared memory (--shm-size 2g)",
        ) from error


def to_device(batch: dict, device: torch.device | str) -> dict:
    """`batch` with its tensors on `device`; other values as they are."""
    return {
        key: value.to(device, non_blocking=True) if isinstance(value, torch.Tensor) else value
        for key, value in batch.items()
    }


def chunk(batch: dict, n_chunks: int) -> list[dict]:
    """`batch` cut along its first axis into at most `n_chunks` parts of nearly equal size."""
    size = next(len(value) for value in batch.values())
    bounds = np.linspace(0, size, min(n_chunks, size) + 1).round().astype(int)
    return [{key: value[a:b] for key, value in batch.items()} for a, b in pairwise(bounds)]
