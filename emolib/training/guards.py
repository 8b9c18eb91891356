"""What can go wrong in hours of training, and the answer to each: never a silent loss of work."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch
from torch import nn

from emolib.base.errors import ResourceError, TrainingError
from emolib.base.files import write_text
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


class GradientGuard:
    """Leaves out steps whose loss or gradient is not finite; gives up after five in a row.

    A poisoned forward pass also spoils the networks' buffers (BatchNorm statistics): `begin` copies
    them before each step, and a step that is left out gets them back.
    """

    def __init__(self, networks: Mapping[str, nn.Module]):
        self.networks = networks
        self.left_out: list[dict] = []  # the last steps, if they were not finite
        self.buffers = [buffer for net in networks.values() for buffer in net.buffers()]
        self.copies = [buffer.clone() for buffer in self.buffers]

    def begin(self) -> None:
        """Copy the buffers."""
        for copy, buffer in zip(self.copies, self.buffers, strict=True):
            copy.copy_(buffer)

    def leave_out(self, record: dict) -> None:
        """Restore the buffers, and remember what was seen in the step."""
        for copy, buffer in zip(self.copies, self.buffers, strict=True):
            buffer.copy_(copy)
        self.left_out.append(record)

    def check(self, out: Path, patience: int = 5) -> None:
        """Stop the run after `patience` such steps in a row.

        Raises:
            TrainingError: names the bundle with the windows, losses and gradient sizes.
        """
        if len(self.left_out) < patience:
            return
        bundle = Path(out) / f"debug-step-{self.left_out[-1]['step']:08d}.json"
        weights = {
            f"{name}.{key}": float(value.detach().abs().max())
            for name, net in self.networks.items()
            for key, value in net.named_parameters()
        }
        content = {"steps": self.left_out, "largest_weight": weights}
        write_text(bundle, json.dumps(content, indent=1))
        raise TrainingError(
            f"loss or gradient was not finite in {len(self.left_out)} steps in a row",
            file=bundle,
            where=f"step {self.left_out[-1]['step']}",
            fix="lower the learning rate, use --precision fp32, or look at the windows in the "
            "bundle; the last saved state is intact",
        )


class SyncMonitor:
    """Warns once when the sync loss sits at log 2, where a network says ½ to everything."""

    def __init__(self, patience_steps: int = 2000):
        self.patience_steps, self.since, self.warned = patience_steps, None, False

    def see(self, step: int, sync_loss: float) -> str | None:
        """The warning, at the first mean sync loss that has been stuck for too long."""
        if abs(sync_loss - CHANCE) > STUCK_MARGIN:
            self.since = None
            return None
        self.since = step if self.since is None else self.since
        if self.warned or step - self.since < self.patience_steps:
            return None
        self.warned = True
        return (
            f"the sync loss has stayed at {sync_loss:.3f} (chance is log 2 = 0.693) for "
            f"{step - self.since} steps; check that: " + "; ".join(STUCK_CHECKS)
        )


@contextmanager
def memory_advice(batch_size: int, accumulate: int) -> Iterator[None]:
    """Turn a lack of memory inside into advice.

    Raises:
        ResourceError: out of memory; with the values to try next.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and "can't allocate memory" not in str(error):
            raise
        larger = [n for n in range(accumulate + 1, batch_size + 1) if batch_size % n == 0]
        fix = "use a smaller --width, or a device with more memory"
        if larger:
            fix = (
                f"pass --accumulate {larger[0]} (same batch of {batch_size}, in parts of "
                f"{batch_size // larger[0]}), or a smaller --batch-size; --resume goes on"
            )
        raise ResourceError(
            "out of memory in a training step",
            where=(str(error).splitlines() or [type(error).__name__])[0][:120],
            fix=fix,
        ) from error
