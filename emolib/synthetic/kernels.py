"""Compiling: one decorator for all kernels, with a cache that knows when it is out of date.

numba looks only at a function's own file to see whether its cached machine code is still right;
kernels here call each other across files. So the cache lies in a folder named after all their
sources.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba as nb
from numba.core import config

from emolib.base.files import cache_dir

_SOURCES = ("kernels", "motion", "raster", "surfaces", "mouth", "shading")
_FAST = {"nsz", "nnan", "ninf", "arcp", "contract"}  # no reassociation: sums stay in order


def _folder() -> str | None:
    text = b"".join(Path(__file__).with_name(f"{name}.py").read_bytes() for name in _SOURCES)
    digest = hashlib.sha256(text + nb.__version__.encode()).hexdigest()[:16]
    try:
        folder = cache_dir() / "kernels" / digest
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # nowhere to write: compile in every process
        return None
    return str(folder)


_FOLDER = _folder()


def kernel(function):
    """`function`, compiled on first use; the compiled code is kept for the next process."""
    before = config.CACHE_DIR
    config.CACHE_DIR = _FOLDER or before
    try:
        return nb.njit(cache=_FOLDER is not None, fastmath=_FAST, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
