"""What a run needs to go on as if nothing had happened: one file, whole or not at all.

A state holds the networks, the optimiser, every random generator, the step (from which the data
order follows), the schedules, the running means of the log and the averaged weights. It is made of
tensors, numbers and text only, so `torch.load(..., weights_only=True)` reads it.
"""

from __future__ import annotations

import pickle
import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from emolib.base.errors import CheckpointError
from emolib.base.files import atomic_path

FORMAT = 3
_NAME = re.compile(r"^step-(\d{8})\.state\.pt$")


def rng_state() -> dict:
    """States of Python's, NumPy's and torch's generators, as tensors and numbers."""
    kind, keys, position, has_gauss, cached = np.random.get_state()
    state = {
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(keys.astype(np.int64)), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_rng(state: dict) -> None:
    """Put every generator back to a state from `rng_state`."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.device_count() == len(state["cuda"]):
        torch.cuda.set_rng_state_all(state["cuda"])


def state_path(out: Path, step: int) -> Path:
    """`OUT/step-00001000.state.pt`."""
    return Path(out) / f"step-{step:08d}.state.pt"


def saved_states(out: Path) -> list[Path]:
    """The states in a run's folder, newest first."""
    found = [path for path in Path(out).glob("step-*.state.pt") if _NAME.match(path.name)]
    return sorted(found, reverse=True)


def save_state(out: Path, state: dict, keep: int = 2) -> Path:
    """Write `state` whole, then remove all but the newest `keep`.

    Raises:
        ResourceError: the disk is full or not writable; what was there before is still there.
    """
    path = state_path(out, state["step"])
    # torch hides a full disk unless the file object is ours
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        torch.save({"format": FORMAT, **state}, file)
    for old in saved_states(out)[keep:]:
        old.unlink(missing_ok=True)
    return path


def load_state(path: str | Path) -> dict:
    """A state from its file, on the CPU.

    Raises:
        CheckpointError: the file is incomplete, not a state, or from another version.
    """
    path = Path(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError) as error:
        raise CheckpointError(
            "this training state cannot be read",
            file=path,
            where=f"{path.stat().st_size} bytes",
            expected="a file written by emolib train",
            fix="delete it: --resume then takes the one before",
        ) from error
    if not isinstance(state, dict) or "format" not in state:
        raise CheckpointError("this is no training state", file=path)
    if state["format"] != FORMAT:
        raise CheckpointError(
            f"the training state has format {state['format']}",
            file=path,
            expected=f"format {FORMAT}",
            fix="finish the run with the emolib that began it; its weights serve as --start",
        )
    return state


def latest_state(out: Path, say: Callable[[str], None] = print) -> dict | None:
    """The newest readable state of a run, or None in a fresh folder.

    A damaged newest file is named and passed over.

    Raises:
        CheckpointError: there are states, but none can be read.
    """
    paths = saved_states(out)
    for path in paths:
        try:
            return load_state(path)
        except CheckpointError as error:
            if path == paths[-1]:
                raise
            say(f"{error}; going on from the state before it")
    return None
