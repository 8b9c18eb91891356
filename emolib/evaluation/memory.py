"""What was seen of true clips and sources, kept between evaluations.

Seven generators are measured on the same clips with the same instruments; two of the three rows do
not depend on the generator. Each is one small .npz in the cache, named by everything it depends on,
so a changed clip, instrument or setting never meets an old answer, and several evaluations may run
at a time.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emolib import __version__
from emolib.base.config import settings_hash
from emolib.base.files import atomic_path, cache_dir
from emolib.evaluation.seen import Seen, from_arrays, to_arrays

VERSION = 2  # raised when `seen.look` or what it calls sees something else


class Memory:
    """Remembers `Seen` objects on disk.

    Args:
        key: plain values that everything here depends on: instruments, settings.
        folder: default: `evaluation/` in the cache; None in `off()`.
    """

    def __init__(self, key: dict, folder: Path | None = None):
        self.key = {"memory": VERSION, "emolib": __version__, **key}
        self.folder: Path | None = folder or cache_dir() / "evaluation"

    @classmethod
    def off(cls) -> Memory:
        """Remembers nothing."""
        memory = cls.__new__(cls)
        memory.key, memory.folder = {}, None
        return memory

    def recall(self, what: dict, look: Callable[[], Seen]) -> Seen:
        """What was seen under this name before, or `look()`, which is then remembered.

        Args:
            what: plain values that name the clip and all that `look` is given.
        """
        if self.folder is None:
            return look()
        path = self.folder / f"{settings_hash(self.key, what)}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                return from_arrays(dict(file))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            pass  # not there, or damaged: look again
        arrays = to_arrays(look())
        with atomic_path(path) as temporary:
            np.savez(temporary, **arrays)
        return from_arrays(arrays)
