"""Which windows make up step k, and how they reach the device.

The order is a function of (seed, epoch, position) alone, so a resumed run needs no replay, several
processes share an epoch without talking, and a worker's luck changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from emolib.base.errors import DatasetError, ResourceError


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
        n_items: windows in an epoch; a batch may cross from one epoch into the next.
        batch_size: B, windows a process takes at each step.
        seed: of the permutations.
        start_step: the first step to deliver.
        rank, world: this process and how many there are (W).
        probabilities: (n_items,) chances to be drawn, for balanced sampling; None visits every
            window once an epoch.
    """

    def __init__(
        self,
        n_items: int,
        batch_size: int,
        seed: int = 0,
        start_step: int = 0,
        rank: int = 0,
        world: int = 1,
        probabilities: np.ndarray | None = None,
    ):
        if n_items < 1:
            raise DatasetError(
                "there is no training window",
                expected="clips of at least five frames in the training split",
                fix="look at the skip report of emolib prepare",
            )
        self.n_items, self.batch_size, self.seed = n_items, batch_size, seed
        self.start_step, self.rank, self.world = start_step, rank, world
        self.probabilities = probabilities
        self._epoch, self._indices = -1, np.empty(0, dtype=np.int64)

    def indices(self, epoch: int) -> np.ndarray:
        """The windows of one epoch in their order, (n_items,) int64."""
        if epoch != self._epoch:
            rng = np.random.default_rng((self.seed, epoch))
            if self.probabilities is None:
                self._indices = rng.permutation(self.n_items)
            else:
                self._indices = rng.choice(self.n_items, size=self.n_items, p=self.probabilities)
            self._epoch = epoch
        return self._indices

    def keys(self, step: int) -> list[tuple[int, int]]:
        """(epoch, index) of every window in this process's batch of `step`."""
        first = (step * self.world + self.rank) * self.batch_size
        keys = []
        for position in range(first, first + self.batch_size):
            epoch, place = divmod(position, self.n_items)
            keys.append((epoch, int(self.indices(epoch)[place])))
        return keys

    def epoch(self, step: int) -> float:
        """How many epochs are done before `step`."""
        return step * self.world * self.batch_size / self.n_items

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        step = self.start_step
        while True:
            yield self.keys(step)
            step += 1


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
