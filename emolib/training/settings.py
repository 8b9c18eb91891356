"""How to train, apart from what: steps, batch, device tricks, and when to look, log and save."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass

import torch

from emolib.base.config import settings_hash

# What may differ between a run and its continuation without changing the curve's meaning.
_FREE = {
    *("steps", "precision", "accumulate", "compile", "channels_last", "workers", "log_every"),
    *("eval_every", "eval_items", "save_every", "keep_states", "time_limit_min", "tensorboard"),
    "halve_on_oom",
}


@dataclass(frozen=True)
class FitConfig:
    """Settings of the training loop.

    The defaults suit two CPU cores; recipes fill in the paper's batch, learning rate and betas.
    """

    steps: int = 1000  # optimiser steps in all, those before a resume included
    batch_size: int = 16  # windows a step and process; paper: not given, released code 16
    learning_rate: float = 1e-4  # paper: appendix A.2 (generator)
    betas: tuple[float, float] = (0.5, 0.999)  # paper: appendix A.2
    weight_decay: float = 0.0
    warmup_steps: int = 0  # the rate grows in a straight line
    lr_decay: str = "constant"  # or "cosine", down to a hundredth at `steps`
    clip_norm: float | None = None  # largest gradient norm of a network
    ema_decay: float | None = None  # share of the old average kept at each step
    seed: int = 0
    precision: str = "auto"  # "fp32", or "bf16" by autocast; auto: bf16 where it is multiplied
    accumulate: int = 1  # cut each batch into this many parts, one backward pass each
    halve_on_oom: bool = False  # out of memory: double `accumulate` once and go on
    compile: bool = False
    channels_last: bool = True
    workers: int | None = None  # loader processes; default: none on a CPU, up to 8 for a GPU
    log_every: int = 20
    eval_every: int = 500
    eval_items: int = 128  # windows of the test split that an evaluation looks at
    save_every: int = 200
    keep_states: int = 2
    time_limit_min: float | None = None  # stop, save and say so after this many minutes
    tensorboard: bool = False

    def problems(self) -> list[str]:
        """What is wrong with the numbers, in words; empty when all is well."""
        counts = ("steps", "batch_size", "accumulate", "log_every", "eval_every", "save_every")
        found = [
            f"{name} is {getattr(self, name)} (expected 1 or more)"
            for name in (*counts, "keep_states", "eval_items")
            if getattr(self, name) < 1
        ]
        if not 0 < self.learning_rate < 1:
            found.append(f"learning_rate is {self.learning_rate} (expected 0 < rate < 1)")
        if not all(0 <= beta < 1 for beta in self.betas):
            found.append(f"betas are {self.betas} (expected 0 ≤ β < 1)")
        for name in ("weight_decay", "warmup_steps", "workers"):
            if (getattr(self, name) or 0) < 0:
                found.append(f"{name} is {getattr(self, name)} (expected 0 or more)")
        for name in ("clip_norm", "time_limit_min"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                found.append(f"{name} is {getattr(self, name)} (expected above 0)")
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            found.append(f"ema_decay is {self.ema_decay} (expected 0 < decay < 1)")
        if self.precision not in ("auto", "fp32", "bf16"):
            found.append(f"precision is {self.precision!r} (expected auto, fp32 or bf16)")
        if self.lr_decay not in ("constant", "cosine"):
            found.append(f"lr_decay is {self.lr_decay!r} (expected constant or cosine)")
        return found

    def lr_scale(self, step: int) -> float:
        """What the learning rates are multiplied with at `step`: a pure function."""
        warm = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.lr_decay == "constant":
            return warm
        done = min(1.0, step / self.steps)
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    def fingerprint(self, task: dict) -> str:
        """Hash of all settings that shape the curve, `task` being those of the task."""
        return settings_hash({k: v for k, v in asdict(self).items() if k not in _FREE}, task)


def resolve_precision(precision: str, device: torch.device) -> str:
    """ "fp32" or "bf16": for "auto", bf16 on hardware that multiplies it (GPUs, CPUs with AMX)."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return "bf16" if capabilities.get("amx_bf16") else "fp32"


def resolve_workers(workers: int | None, device: torch.device) -> int:
    """Loader processes: as asked, or none where training itself takes the cores."""
    if workers is not None:
        return workers
    return 0 if device.type == "cpu" else max(1, min(8, (os.cpu_count() or 2) - 1))
