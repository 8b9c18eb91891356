"""The run at hand: seeds, device, progress, and the record that every result carries."""

from __future__ import annotations

import os
import platform
import random
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from emolib import __version__
from emolib.base.config import current_profile
from emolib.base.errors import ConfigError


def seed_everything(seed: int = 0) -> int:
    """Seed Python, NumPy and (if it is loaded or loadable) torch. Returns the seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    import torch

    torch.manual_seed(seed)
    return seed


def pick_device(name: str = "auto") -> str:
    """`"cuda"`, `"mps"` or `"cpu"`: the asked-for device, or the best one for `"auto"`.

    Raises:
        ConfigError: the device is unknown, or not present on this machine.
    """
    import torch

    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return next(device for device, there in present.items() if there)
    kind = name.split(":")[0]
    if kind not in present:
        raise ConfigError(f"unknown device {name!r}", expected="auto, cpu, cuda, cuda:N or mps")
    if not present[kind]:
        raise ConfigError(f"this machine has no {kind} device", fix="use --device cpu")
    return name


def show_progress() -> bool:
    """Whether bars are wanted: at a terminal or in a notebook, unless `EMOLIB_PROGRESS=0`."""
    if os.environ.get("EMOLIB_PROGRESS") == "0":
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def progress(items: Iterable, **options):
    """`tqdm.auto` over `items`, silent where nobody watches."""
    from tqdm.auto import tqdm

    return tqdm(items, disable=not show_progress(), **options)


def peak_memory_bytes() -> int:
    """Most memory this process has held so far.

    On Linux `ru_maxrss` of a started process begins at what its parent held, so the kernel's own
    mark of this program is read instead.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError, ValueError):
        import resource  # is not on every system

        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def package_version(name: str) -> str | None:
    """Installed version of a distribution, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def command_line() -> str | None:
    """The `emolib …` command that this process is, or None in a notebook, a script or a test."""
    program = Path(sys.argv[0])
    ours = program.stem == "emolib" or program.parts[-3:] == ("emolib", "cli", "__main__.py")
    return shlex.join(["emolib", *sys.argv[1:]]) if ours else None


class Stopwatch:
    """Seconds since it was made: `watch = Stopwatch(); ...; watch.seconds`."""

    def __init__(self):
        self.start_s = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.start_s


class Stages:
    """Seconds spent in each stage: `with stages("network"): ...`."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    def rounded(self) -> dict[str, float]:
        """Seconds by stage, to the millisecond."""
        return {stage: round(spent, 3) for stage, spent in self.seconds.items()}


def run_record(
    *, corpus: str, seed: int | None, device: str = "cpu", seconds: float | None = None
) -> dict:
    """The fields that every stored number carries beside it (design: format "Result").

    Returns:
        dict of plain JSON values: corpus, profile, seed, device, seconds, emolib, python, torch.
    """
    return {
        "corpus": corpus,
        "profile": current_profile().name,
        "seed": seed,
        "device": device,
        "seconds": None if seconds is None else round(seconds, 2),
        "emolib": __version__,
        "python": platform.python_version(),
        "torch": package_version("torch"),
    }
