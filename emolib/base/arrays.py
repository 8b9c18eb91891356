"""Named arrays in one .npz file: read with one clear error, and kept as answers in the cache.

`ArrayCache` is the one cache for answers that are slow to make: what networks see in true clips,
where the face is in a film. An answer is named by its inputs, by the code that makes it and by the
libraries that code calls, so a changed clip, metric or library never meets an old answer.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from os import PathLike
from pathlib import Path

import numpy as np

from emolib import __version__
from emolib.base.config import settings_hash
from emolib.base.errors import DatasetError, EmolibError, ResourceError
from emolib.base.files import PACKAGE, atomic_path, cache_dir, file_sha256
from emolib.base.runtime import package_version

log = logging.getLogger(__name__)

MAX_CACHE_BYTES = 400_000_000
LIBRARIES = ("numpy", "scipy", "torch", "opencv-python-headless", "ai-edge-litert", "av")


def load_arrays(path: str | PathLike, *names: str) -> dict[str, np.ndarray]:
    """Arrays of a .npz file by name: all of them, or those that `names` ask for.

    Raises:
        DatasetError: no such file, damaged, not a .npz file, or an array is missing.
        ResourceError: the machine does not give the file's bytes.
    """
    what = f"an .npz file with {', '.join(names or ['arrays'])}"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names or file.files}
    except FileNotFoundError:
        raise DatasetError("no such file", file=path) from None
    except Exception as error:  # NumPy, zipfile, zlib and tokenize have their own kinds for damage
        if isinstance(error, OSError) and error.errno is not None:
            raise ResourceError(f"cannot be read ({error.strerror})", file=path) from error
        raise DatasetError(f"damaged ({error})", file=path, expected=what) from error
    if not arrays:
        raise DatasetError("damaged (it is empty)", file=path, expected=what)
    return arrays


def save_arrays(path: str | PathLike, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a compressed .npz file, whole or not at all.

    Raises:
        ResourceError: the folder cannot be written, or the disk is full.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


@lru_cache
def code_sha256(*rooms: str) -> str:
    """SHA-256 of all files in these rooms of the package and of its libraries' versions.

    Args:
        rooms: folders or modules below `emolib/`, such as "media" or "config".
    """
    digest = hashlib.sha256(__version__.encode())
    for library in LIBRARIES:
        digest.update(f"{library} {package_version(library)}".encode())
    for room in sorted(rooms):
        folder = PACKAGE / room
        files = [p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        for path in sorted(files) if folder.is_dir() else [folder.with_suffix(".py")]:
            digest.update(f"{path.relative_to(PACKAGE)} {file_sha256(path)}".encode())
    return digest.hexdigest()


class ArrayCache:
    """Answers in the cache folder, one .npz each; the least recently used go first when it is full.

    A cache that cannot be read or written only costs time: that is logged once, and the answer is
    made again. Several processes may use it at a time.

    Args:
        name: folder below `cache_dir()`.
        rooms: what of the package decides the answers, see `code_sha256`.
        max_bytes: above this the oldest answers are removed.
    """

    def __init__(self, name: str, rooms: tuple[str, ...], max_bytes: int = MAX_CACHE_BYTES):
        self.name, self.rooms, self.max_bytes, self.told = name, rooms, max_bytes, False

    def recall(
        self, inputs: object, make: Callable[[], dict[str, np.ndarray]]
    ) -> tuple[dict[str, np.ndarray], bool]:
        """The answer for these inputs, and whether it was known; else `make()`, which is kept.

        Args:
            inputs: plain JSON values that name all that `make` depends on besides code: hashes of
                files, settings.
            make: returns named arrays without Python objects in them.
        """
        path = self._path(inputs)
        if path is not None and path.is_file():
            try:
                arrays = load_arrays(path)
                path.touch()  # used just now
                return arrays, True
            except (OSError, EmolibError) as error:
                self._tell(error)
        arrays = make()
        if path is not None:
            try:
                save_arrays(path, arrays)
                self._evict(path)
            except (OSError, EmolibError) as error:
                self._tell(error)
        return arrays, False

    def _path(self, inputs: object) -> Path | None:
        key = settings_hash(code_sha256(*self.rooms), inputs)
        try:
            return cache_dir() / self.name / f"{key}.npz"
        except OSError as error:
            self._tell(error)
            return None

    def _evict(self, newest: Path) -> None:
        """Remove the least recently used answers until the rest fits; `newest` stays."""
        known = []
        for path in newest.parent.glob("*.npz"):
            try:
                known.append((path.stat().st_mtime_ns, path.stat().st_size, path))
            except FileNotFoundError:
                continue  # another process was faster
        total = sum(size for _, size, _ in known)
        for _, size, path in sorted(known):
            if total <= self.max_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= size

    def _tell(self, error: Exception) -> None:
        if not self.told:
            log.warning("answers are not kept in the cache: %s", error)
        self.told = True
