"""A progress bar for each stage, where somebody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emolib.base.runtime import show_progress
from emolib.generate.request import Progress


@contextmanager
def stage_bars() -> Iterator[Progress]:
    """A `progress(stage, done, total)` that draws a bar a stage; silent when not a terminal."""
    from tqdm.auto import tqdm

    bars: dict[str, tqdm] = {}

    def progress(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            bars[stage] = tqdm(total=total, desc=stage, unit="frame", disable=not show_progress())
        bars[stage].update(done - bars[stage].n)

    try:
        yield progress
    finally:
        for bar in bars.values():
            bar.close()
