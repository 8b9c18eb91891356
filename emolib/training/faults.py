"""What can go wrong in hours of training, and the answer to each: never a silent loss of work."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

import torch
from torch import nn

from emolib.base.errors import ResourceError, TrainingError
from emolib.base.files import atomic_path
from emolib.training.losses import CHANCE

STUCK_MARGIN = 0.02  # how near to chance counts as stuck
STUCK_CHECKS = (
    "the video runs at 25 frames/s and its sound at 16 kHz",
    "sound and picture are aligned (measure the offset of some clips)",
    "there are enough clips and speakers (hundreds rather than ten)",
    "the faces are cropped tightly, with the mouth in the lower half",
    "the learning rate is neither tiny nor wild (1e-4 … 1e-3 for SyncNet)",
)


def sweep_leftovers(out: Path) -> None:
    """Remove the hidden halves of files that a killed run was writing; own the folder first."""
    for pattern in (".step-*.state.*.pt", ".*.safetensors", ".log.*.jsonl"):
        for left in Path(out).glob(pattern):
            left.unlink(missing_ok=True)


class StopRequest:
    """Ctrl-C or SIGTERM asks the loop to finish its step; a second one interrupts at once.

    Use as a context manager; `requested` holds the signal's name or None. Outside the main thread
    (where Python cannot catch signals) it never asks.
    """

    def __init__(self) -> None:
        self.requested: str | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._catch)
        return self

    def _catch(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = signal.Signals(number).name

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class Buffers:
    """A copy of the networks' buffers (BatchNorm statistics), to undo a poisoned forward pass."""

    def __init__(self, networks: Mapping[str, nn.Module]):
        self.live = [buffer for net in networks.values() for buffer in net.buffers()]
        self.kept = [buffer.clone() for buffer in self.live]

    def keep(self) -> None:
        for kept, live in zip(self.kept, self.live, strict=True):
            kept.copy_(live)

    def restore(self) -> None:
        for kept, live in zip(self.kept, self.live, strict=True):
            live.copy_(kept)


class NanGuard:
    """Skips steps whose loss or gradient is not finite; gives up after `patience` in a row."""

    def __init__(self, patience: int = 5):
        self.patience = patience
        self.streak: list[dict] = []

    def accepts(self, record: dict, finite: bool) -> bool:
        """Whether a step may be taken; `record` is remembered if not."""
        if finite:
            self.streak.clear()
            return True
        self.streak.append(record)
        return False

    def check(self, networks: Mapping[str, nn.Module], out: Path) -> None:
        """Stop the run once the streak is full.

        Raises:
            TrainingError: names the bundle with the windows, losses and gradient sizes.
        """
        if len(self.streak) >= self.patience:
            self.give_up(networks, out)

    def give_up(self, networks: Mapping[str, nn.Module], out: Path) -> NoReturn:
        """Write down what was seen, and stop.

        Raises:
            TrainingError: names the bundle.
        """
        bundle = Path(out) / f"debug-step-{self.streak[-1]['step']:08d}.json"
        content = {
            "steps": self.streak,
            "largest_weight": {
                f"{name}.{key}": float(value.detach().abs().max())
                for name, net in networks.items()
                for key, value in net.named_parameters()
            },
        }
        with atomic_path(bundle) as temporary:
            temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        raise TrainingError(
            f"loss or gradient was not finite in {len(self.streak)} steps in a row",
            file=bundle,
            where=f"step {self.streak[-1]['step']}",
            fix="lower the learning rate, use --precision fp32, or look at the windows in the "
            "bundle; the last saved state is intact",
        )


class SyncMonitor:
    """Warns once when the sync loss sits at log 2, where a network says ½ to everything."""

    def __init__(self, say: Callable[[str], None], patience_steps: int = 2000):
        self.say, self.patience_steps = say, patience_steps
        self.since: int | None = None
        self.warned = False

    def see(self, step: int, sync_loss: float) -> bool:
        """Take note of a mean sync loss; returns whether it has been stuck for too long."""
        if abs(sync_loss - CHANCE) > STUCK_MARGIN:
            self.since = None
            return False
        self.since = step if self.since is None else self.since
        stuck = step - self.since >= self.patience_steps
        if stuck and not self.warned:
            self.warned = True
            self.say(
                f"the sync loss has stayed at {sync_loss:.3f} (chance is log 2 = 0.693) for "
                f"{step - self.since} steps; check that: "
                + "; ".join(f"({i}) {text}" for i, text in enumerate(STUCK_CHECKS, 1))
            )
        return stuck


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the accelerator or the machine has no memory left."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def out_of_memory(error: BaseException, batch_size: int, accumulate: int) -> ResourceError:
    """The error to raise for a lack of memory, with the values to try next."""
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    if batch_size <= accumulate:
        fix = "use a smaller --width, or a device with more memory"
    else:
        fix = (
            f"pass --accumulate {2 * accumulate} (same batch of {batch_size}, in parts of "
            f"{-(-batch_size // (2 * accumulate))}), or a smaller --batch-size"
        )
    return ResourceError("out of memory in a training step", where=first_line[:120], fix=fix)
