"""How every notebook begins: seed, style, small pictures, one line on where it runs."""

from __future__ import annotations

import platform
from collections.abc import Callable
from os import PathLike
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from emolib import __version__
from emolib.base.config import Profile, current_profile
from emolib.base.results import load_result, save_result
from emolib.base.runtime import Stopwatch, package_version, pick_device, run_record, seed_everything
from emolib.figures.style import small_png, use_style


def start(seed: int = 0) -> Profile:
    """Seed all generators, set the figures' style, and say where we are.

    Returns:
        the current profile.
    """
    seed_everything(seed)
    use_style()
    _register_small_pictures()
    profile = current_profile()
    print(
        f"emolib {__version__} · profile {profile.name} · Python {platform.python_version()}"
        f" · torch {package_version('torch')} · {pick_device()} · seed {seed}"
    )
    return profile


def comparison(**rows: tuple[str, str, str]) -> pd.DataFrame:
    """The table at the end of a notebook: ours, the paper, the released code.

    Args:
        rows: the three entries by what they are; underscores become spaces.
    """
    columns = ["ours", "paper", "released code"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename(index=lambda name: name.replace("_", " "))


def _register_small_pictures() -> None:
    """Let Jupyter show figures by `small_png`; outside Jupyter nothing happens."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        shell.run_line_magic("matplotlib", "inline")
        formatter = shell.display_formatter.formatters["image/png"]
        formatter.for_type(Figure, lambda fig: small_png(fig, bbox_inches="tight"))


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
