"""Results that take long are loaded when they are there, and made when they are not."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path

from emolib.base.results import load_result, save_result
from emolib.base.runtime import Stopwatch, run_record


def load_or_run(
    path: str | PathLike, run: Callable[[], dict], *, corpus: str, seed: int, rerun: bool = False
) -> dict:
    """The stored result at `path`, or that of `run()`, which is then stored.

    Args:
        run: returns the numbers as plain JSON values.
        rerun: make it anew even if it is there.

    Returns:
        `{"record": ..., "numbers": ...}`.
    """
    if Path(path).is_file() and not rerun:
        return load_result(path)
    watch = Stopwatch()
    numbers = run()
    return save_result(path, numbers, run_record(corpus=corpus, seed=seed, seconds=watch.seconds))
