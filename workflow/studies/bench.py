"""What a study gets, and how its result is written: numbers, arrays, small pictures, the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emolib.base.arrays import save_arrays
from emolib.base.errors import DatasetError
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, run_record
from emolib.data.corpora import Corpus
from emolib.data.store import ClipStore
from emolib.media.image import save_strip
from emolib.models.checkpoint import read_meta

MAX_COMPANION_BYTES = 300_000  # the clone must stay small


@dataclass
class Bench:
    """Everything a study may use.

    Attributes:
        out: the result, `….json`.
        generators: recipe → weights, in the order of the paper's table.
        judges: "syncnet", "emotion", "classifier" → weights, those that there are.
        store, corpus: clips, and the films they come from.
        device: for networks.
    """

    out: Path
    generators: Mapping[str, Path]
    judges: Mapping[str, Path]
    store: ClipStore
    corpus: Corpus
    device: str = "cpu"
    watch: Stopwatch = field(default_factory=Stopwatch)

    def save(
        self,
        numbers: dict,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        frames: np.ndarray | None = None,
        corpus: str | None = None,
        uses: tuple[str, ...] = ("generators",),
        **strip,
    ) -> dict:
        """Write the result, and beside it arrays as .npz and frames as one .webp picture.

        Args:
            frames: (N, S, S, 3) uint8 RGB.
            corpus: where the faces come from; default: the store's corpus.
            uses: which networks the numbers depend on, for the profile in the record.
            strip: `n_columns`, `quality` of the picture.

        Raises:
            DatasetError: arrays or frames are larger than a companion may be.
        """
        seconds = self.watch.seconds
        name = corpus or self.store.corpus
        record = run_record(corpus=name, seed=0, device=self.device, seconds=seconds)
        used = [path for kind in uses for path in getattr(self, kind).values()]
        record["profile"] = ", ".join(sorted({read_meta(path).profile for path in used})) or "tiny"
        if arrays is not None:
            save_arrays(self.out.with_suffix(".npz"), arrays)
            check_size(self.out.with_suffix(".npz"))
        if frames is not None:
            save_strip(self.out.with_suffix(".webp"), frames, **strip)
            check_size(self.out.with_suffix(".webp"))
        return save_result(self.out, numbers, record)


def check_size(path: Path) -> None:
    """Refuse companions that would make the clone large.

    Raises:
        DatasetError: the file is over 300 KB.
    """
    size = path.stat().st_size
    if size > MAX_COMPANION_BYTES:
        path.unlink()
        raise DatasetError(
            f"{size / 1e3:.0f} KB is too large beside a result",
            file=path,
            expected=f"at most {MAX_COMPANION_BYTES / 1e3:.0f} KB",
            fix="store fewer or smaller frames",
        )
