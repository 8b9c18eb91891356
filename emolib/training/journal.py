"""The log of a run: one JSON line each, with running means that survive a kill."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from emolib.base.errors import MissingExtra, ResourceError
from emolib.base.files import atomic_path
from emolib.base.runtime import peak_memory_bytes

LOG_NAME = "log.jsonl"


class Meter:
    """Means of named numbers since the last look; tensors stay on their device until then."""

    def __init__(self) -> None:
        self.sums: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, parts: dict[str, torch.Tensor | float]) -> None:
        for name, value in parts.items():
            value = torch.as_tensor(value, dtype=torch.float32).detach()
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
            self.counts[name] = self.counts.get(name, 0) + 1

    def clear(self) -> dict[str, torch.Tensor]:
        """The means, where they lie; starts anew."""
        means = {name: total / self.counts[name] for name, total in self.sums.items()}
        self.sums, self.counts = {}, {}
        return means

    def take(self) -> dict[str, float]:
        """The means as numbers of six digits; starts anew."""
        return {name: float(f"{float(mean):.6g}") for name, mean in self.clear().items()}

    def state_dict(self) -> dict:
        return {"sums": {k: float(v) for k, v in self.sums.items()}, "counts": dict(self.counts)}

    def load_state_dict(self, state: dict) -> None:
        self.sums = {k: torch.tensor(v) for k, v in state["sums"].items()}
        self.counts = dict(state["counts"])


class Journal:
    """`OUT/log.jsonl`, and TensorBoard event files beside it when asked for.

    Each line is an object with "step"; lines of evaluations have "eval", of happenings "event".

    Args:
        out: the run's folder.
        resume_step: lines beyond this step are dropped first: the resumed run writes them again.
        tensorboard: also write TensorBoard events.
        active: false on all processes but the first; then nothing is written.
    """

    def __init__(self, out: Path, resume_step: int, tensorboard: bool = False, active: bool = True):
        self.path = Path(out) / LOG_NAME
        self.active, self.board = active, None
        if not active:
            return
        if self.path.exists():
            kept = [row for row in read_journal(out) if row["step"] <= resume_step]
            with atomic_path(self.path) as temporary:
                temporary.write_text("".join(json.dumps(r) + "\n" for r in kept), encoding="utf-8")
        if tensorboard:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError as error:
                raise MissingExtra("tensorboard", "tensorboard") from error
            self.board = SummaryWriter(str(out), purge_step=resume_step + 1)

    def write(self, step: int, **record) -> None:
        """Append one line, and scalars to TensorBoard.

        Raises:
            ResourceError: the log cannot be written.
        """
        if not self.active:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": step, **record}) + "\n")
        except OSError as error:
            raise ResourceError(
                f"the log cannot be written ({error.strerror})",
                file=self.path,
                fix="free some space, then go on with --resume",
            ) from error
        if self.board:
            scalars = record.get("eval", record)
            for name, value in scalars.items():
                if isinstance(value, (int, float)):
                    self.board.add_scalar(("eval/" if "eval" in record else "") + name, value, step)

    def close(self) -> None:
        if self.board:
            self.board.close()


def read_journal(out: Path) -> list[dict]:
    """The lines of the log in a run's folder, or of a log file; a torn one is left out."""
    path, rows = Path(out), []
    path = path / LOG_NAME if path.is_dir() else path
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def peak_memory_mb(device: torch.device | str) -> float:
    """Most memory held so far: of the accelerator, or of this process on a CPU."""
    if torch.device(device).type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    return peak_memory_bytes() / 1e6
