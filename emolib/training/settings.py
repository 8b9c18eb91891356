"""How to train, apart from what: steps, batch, device tricks, and when to look, log and save."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

from emolib.base.errors import ConfigError

if TYPE_CHECKING:
    import torch

# What may differ between a run and its continuation: the first to fit the machine, which is told.
MACHINE = ("precision", "accumulate", "compile", "channels_last", "workers")
FREE = ("steps", "log_every", "save_every", "keep_states", "time_limit_min", "tensorboard")


class Checked:
    """Base of settings that know their limits.

    `RANGES` holds a number's name → its interval as mathematics writes it, "(" and ")" leaving the
    end out: "[0, 1)", "(0, inf)". None passes; infinities and NaN pass nowhere.
    """

    RANGES: ClassVar[dict[str, str]] = {}

    def problems(self) -> list[str]:
        """What is wrong with the settings and those inside them, in words; empty: all is well."""
        found = []
        for one in fields(self):
            value, interval = getattr(self, one.name), self.RANGES.get(one.name, "(-inf, inf)")
            if isinstance(value, Checked):
                found += [f"{one.name}.{text}" for text in value.problems()]
            elif isinstance(value, int | float) and not _inside(value, interval):
                found.append(f"{one.name} is {value} (expected a number in {interval})")
        return found


def _inside(value: float, interval: str) -> bool:
    low, high = (float(text) for text in interval[1:-1].split(","))
    above = value > low if interval[0] == "(" else value >= low
    return above and (value < high if interval[-1] == ")" else value <= high)


def check_settings(**settings: Checked) -> None:
    """Refuse wrong settings before any data is touched, naming every problem at once.

    Args:
        settings: name → settings.

    Raises:
        ConfigError: at least one of them has a problem.
    """
    found = [f"{name}: {text}" for name, item in settings.items() for text in item.problems()]
    if found:
        raise ConfigError(
            f"{len(found)} setting(s) cannot work: " + "; ".join(found), fix="correct them together"
        )


def option(default, text: str, name: str | None = None):
    """A field that is also an option of `emolib train`, which says `text` about it."""
    return field(default=default, metadata={"help": text, "option": name})


@dataclass(frozen=True)
class FitConfig(Checked):
    """Settings of the training loop.

    The defaults suit two CPU cores; recipes fill in the paper's batch, learning rate and betas.
    """

    steps: int = option(1000, "step to stop at, counted from the run's start")
    schedule_steps: int | None = option(None, "end of the rate's decay; default: the first --steps")
    batch_size: int = option(16, "windows a step and process")  # paper: not given; released: 16
    learning_rate: float = option(1e-4, "of the optimiser")  # paper: appendix A.2 (generator)
    betas: tuple[float, float] = (0.5, 0.999)  # paper: appendix A.2
    weight_decay: float = option(0.0, "of AdamW")
    warmup_steps: int = option(0, "steps in which the rate grows in a straight line")
    lr_decay: str = option("constant", "of the rate: constant, or cosine down to a hundredth")
    clip_norm: float | None = option(None, "largest gradient norm of a network")
    ema_decay: float | None = option(None, "share of the averaged weights kept at each step")
    seed: int = option(0, "of weights, windows and draws")
    precision: str = option(
        "auto", "auto, fp32, or bf16 by autocast"
    )  # auto: where it is multiplied
    accumulate: int = option(1, "parts to cut a batch into, one backward pass each")
    compile: bool = option(False, "by torch.compile")
    channels_last: bool = True
    workers: int | None = option(None, "loader processes; default: none on a CPU, 1 to 8 for a GPU")
    log_every: int = option(20, "steps between log lines")
    eval_every: int = option(500, "steps between evaluations")
    eval_items: int = option(128, "held-out windows to look at")
    patience: int | None = option(None, "stop after so many evaluations without a better one")
    save_every: int = option(200, "steps between saved states")
    keep_states: int = 2
    time_limit_min: float | None = option(None, "minutes; then save and end well", "--time-limit")
    tensorboard: bool = option(False, "event files too")

    RANGES: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("steps", "schedule_steps", "batch_size", "accumulate"), "[1, inf)"),
        **dict.fromkeys(("log_every", "eval_every", "eval_items", "patience"), "[1, inf)"),
        **dict.fromkeys(("save_every", "keep_states"), "[1, inf)"),
        **dict.fromkeys(("warmup_steps", "workers"), "[0, inf)"),
        **dict.fromkeys(("clip_norm", "time_limit_min"), "(0, inf)"),
        **dict.fromkeys(("learning_rate", "ema_decay"), "(0, 1)"),
        "weight_decay": "[0, 1)",
        "seed": "[0, 4294967295]",
    }

    def problems(self) -> list[str]:
        found = super().problems()
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            found.append(f"betas is {self.betas} (expected two numbers in [0, 1))")
        if self.accumulate > 0 and self.batch_size % self.accumulate:
            found.append(f"accumulate is {self.accumulate} (expected a divisor of the batch size)")
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
        done = min(1.0, step / (self.schedule_steps or self.steps))
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    def plain(self) -> dict:
        """All settings as plain values."""
        return {**asdict(self), "betas": list(self.betas)}


def resolve_precision(precision: str, device: torch.device) -> str:
    """ "fp32" or "bf16": for "auto", bf16 on hardware that multiplies it.

    Such are GPUs, and CPUs with tiles (AMX) or with dot products of it (AVX512-BF16): there a
    convolution with its gradients takes half the time.
    """
    import torch  # not at the top: the command line reads these settings without it

    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    multiplied = any(capabilities.get(unit) for unit in ("amx_bf16", "avx512_bf16"))
    return "bf16" if multiplied else "fp32"


def resolve_workers(workers: int | None, device: torch.device) -> int:
    """Loader processes: as asked, or none where training itself takes the cores."""
    if workers is not None:
        return workers
    return 0 if device.type == "cpu" else max(1, min(8, (os.cpu_count() or 2) - 1))
