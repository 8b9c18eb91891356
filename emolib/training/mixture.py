"""Windows from several clip stores in one run, each with its share of every batch.

Who is trained on and who is tested on is decided when a store is prepared, so talkers stay apart in
every store of a mixture.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emolib.base.config import settings_hash
from emolib.base.errors import ConfigError, DatasetError
from emolib.data.store import ClipStore
from emolib.training.loader import Windows

SAME = ("crop_px", "fps", "geometry")  # settings that all stores of a run share; and "audio_…"


@dataclass(frozen=True)
class Source:
    """A clip store and the share of training windows that come from it, in (0, 1]."""

    store: ClipStore
    share: float

    @property
    def name(self) -> str:
        """The name of the store's folder."""
        return self.store.root.name

    def settings(self) -> dict:
        """What a resumed run must find again, as plain values."""
        clips = self.store.clips[["clip", "split", "emotion", "sha256"]].to_numpy().tolist()
        sha256 = settings_hash(self.store.info["settings"], clips)
        return {"corpus": self.store.corpus, "share": self.share, "sha256": sha256}

    def __str__(self) -> str:
        clips = self.store.clips
        train, test = (clips["actor"][clips["split"] == s].nunique() for s in ("train", "test"))
        return f"{self.name}: share {self.share:g}, {train} talkers, {test} held out"


Given = str | os.PathLike | ClipStore | Source


def open_sources(given: Given | Iterable[Given]) -> list[Source]:
    """The stores of a run with their shares.

    Args:
        given: a store, its folder, or several of them; a folder as text may end in ":SHARE".
            Without shares all are equal.

    Raises:
        ConfigError: shares that do not sum to 1, or stores of other crops or rates.
        DatasetError: no store there, or one with a single talker.
    """
    several = [given] if isinstance(given, Given) else list(given)
    split = [_share_of(one) for one in several]
    shares = [share for _, share in split]
    if all(share is None for share in shares):
        shares = [1 / len(shares)] * len(shares)
    told = ", ".join("none" if share is None else f"{share:g}" for share in shares)
    if None in shares or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-3:
        raise ConfigError(
            f"the shares of the stores are {told}",
            expected="positive numbers that sum to 1, for every store or for none",
            fix="--store A:0.5 --store B:0.3 --store C:0.2",
        )
    stores = [one if isinstance(one, ClipStore) else ClipStore(one) for one, _ in split]
    for store in stores:
        _check(store, stores[0])
    return [Source(store, share) for store, share in zip(stores, shares, strict=True)]


def _share_of(given: Given) -> tuple[ClipStore | Path, float | None]:
    if isinstance(given, Source):
        return given.store, given.share
    if isinstance(given, ClipStore):
        return given, None
    folder, colon, tail = os.fspath(given).rpartition(":")
    try:
        share = float(tail) if colon and not Path(given).exists() else None
    except ValueError:
        share = None
    return Path(given if share is None else folder), share


def _check(store: ClipStore, first: ClipStore) -> None:
    ours, theirs = (
        {k: v for k, v in one.info["settings"].items() if k in SAME or k.startswith("audio_")}
        for one in (store, first)
    )
    if other := sorted(k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k)):
        raise ConfigError(
            "stores of one run must be prepared alike: "
            + ", ".join(f"{k} is {ours.get(k)}, not {theirs.get(k)}" for k in other),
            file=store.root,
            expected=f"as in {first.root}",
            fix="prepare one of the two again",
        )
    if store.clips["actor"].nunique() == 1:
        raise DatasetError(
            f"one talker only ({store.clips['actor'].iloc[0]}): nobody is left to test on",
            file=store.root,
            expected="two talkers or more",
            fix="prepare a corpus of several people",
        )


class Mixture:
    """Windows of several data sets as one; a window's index tells which it comes from.

    Args:
        parts: the windows of each source.
        shares: of each; they sum to 1.
    """

    def __init__(self, parts: Sequence[Windows], shares: Sequence[float]):
        self.parts, self.shares = list(parts), list(shares)
        self.sizes = [len(part) for part in self.parts]
        self.first = np.cumsum([0, *self.sizes])

    def __len__(self) -> int:
        return int(self.first[-1])

    def item(self, epoch: int, index: int) -> dict:
        part = int(np.searchsorted(self.first, index, "right")) - 1
        return self.parts[part].item(epoch, index - int(self.first[part]))

    def probabilities(self) -> np.ndarray:
        """(windows,) chances that make every emotion equally likely within each part."""
        return np.concatenate([part.probabilities() for part in self.parts])
