"""What a study is, and the bench it is made at: checkpoints, clips, and where results go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from emolib.base.errors import DatasetError
from emolib.base.files import atomic_path
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, run_record
from emolib.data.corpora import Corpus, open_corpus
from emolib.data.store import ClipStore
from emolib.media.strip import save_strip
from emolib.models.checkpoint import read_meta
from emolib.notebook.data import course_store, sample_corpus

MAX_COMPANION_BYTES = 300_000


@dataclass
class Bench:
    """Everything a study may use.

    Attributes:
        checkpoints: those of the study's that exist, by name.
        results: folder of the results.
        store_root: a clip store, for studies that use one; None for that of the sample corpus.
        corpus_root: the corpus it was prepared from.
        seed: of whatever is drawn.
        device: for networks.
    """

    checkpoints: Mapping[str, Path]
    results: Path
    store_root: Path | None = None
    corpus_root: Path | None = None
    seed: int = 0
    device: str = "cpu"
    watch: Stopwatch = field(default_factory=Stopwatch)

    @cached_property
    def store(self) -> ClipStore:
        """All clips; `.split("test")` holds people that training never saw. (Of the sample, all
        people are new to the shipped networks.)"""
        return ClipStore(self.store_root) if self.store_root else course_store()

    @property
    def corpus(self) -> Corpus | None:
        """The films behind the store, or None if a store was given without its corpus."""
        if self.store_root is None:
            return sample_corpus()
        return open_corpus(self.corpus_root) if self.corpus_root else None

    @property
    def corpus_name(self) -> str:
        """What results say about the clips."""
        return self.store.corpus if self.store_root else f"{self.store.corpus} sample"

    def path(self, name: str) -> Path:
        """Where a result of this name lies."""
        return self.results / name

    def save(
        self,
        name: str,
        numbers: dict,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        frames: np.ndarray | None = None,
        corpus: str | None = None,
        profile: str | None = None,
    ) -> dict:
        """Write a result `NAME.json` with its record, and what belongs beside it.

        Args:
            arrays: go to `NAME.npz`.
            frames: (N, S, S, 3) uint8 RGB, go to `NAME.webp` (`media.strip`).
            corpus: default: `corpus_name`.
            profile: default: that of the checkpoints used, or the current one without any.

        Raises:
            DatasetError: arrays or frames are larger than a companion may be.
        """
        record = run_record(
            corpus=corpus or self.corpus_name,
            seed=self.seed,
            device=self.device,
            seconds=self.watch.seconds,
        )
        if profile is None and self.checkpoints:
            trained = {read_meta(path).profile for path in self.checkpoints.values()}
            profile = ", ".join(sorted(trained))
        record["profile"] = profile or record["profile"]
        if arrays is not None:
            with atomic_path(self.path(name).with_suffix(".npz")) as temporary:
                np.savez_compressed(temporary, **arrays)
                check_size(temporary, self.path(name).with_suffix(".npz").name)
        if frames is not None:
            strip = self.path(name).with_suffix(".webp")
            save_strip(strip, frames)
            check_size(strip, strip.name)
        return save_result(self.path(name), numbers, record)


def check_size(path: Path, name: str) -> None:
    """Refuse companions that would make the clone large.

    Raises:
        DatasetError: the file is over 300 KB.
    """
    size = path.stat().st_size
    if size > MAX_COMPANION_BYTES:
        raise DatasetError(
            f"{size / 1e3:.0f} KB is too large beside a result",
            file=name,
            expected=f"at most {MAX_COMPANION_BYTES / 1e3:.0f} KB",
            fix="store fewer or smaller frames",
        )


@dataclass(frozen=True)
class Maker:
    """One study. See the room's docstring for how to add one.

    Attributes:
        name: what it is called on the command line.
        make: writes the results.
        makes: their names in `data/results`.
        checkpoints: names in `data/checkpoints` that it uses where they exist.
        required: those without which it waits.
        uses_store: whether a given clip store changes its numbers.
        version: raised when its code changes what comes out.
    """

    name: str
    make: Callable[[Bench], None]
    makes: tuple[str, ...]
    checkpoints: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    uses_store: bool = False
    version: int = 1
