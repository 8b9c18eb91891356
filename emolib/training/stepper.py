"""One optimiser step: forward, backward, clip, guard, update, and the averaged weights.

Several processes (`accelerate launch`) share every step: each takes its own windows, gradients are
averaged.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from emolib.training.faults import Buffers, NanGuard, is_out_of_memory, out_of_memory
from emolib.training.loader import chunk
from emolib.training.settings import FitConfig, resolve_precision
from emolib.training.task import Task


def warming_average(decay: float) -> Callable:
    """An exponential average whose memory grows with the run: after n steps at most (1+n)/(10+n).

    With a fixed decay of 0.999 the average of a short run would still be its random start.
    """

    @torch.no_grad()
    def update(averaged: list[Tensor], current: list[Tensor], n_averaged: Tensor) -> None:
        n = int(n_averaged)
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + n) / (10 + n)))
        else:  # counters
            torch._foreach_copy_(averaged, current)

    return update


class Stepper:
    """The networks that learn and what makes them learn.

    Attributes:
        networks: the bare networks; the task's own may get wrapped for several processes.
        ema: the averaged main network, or None.
        guard: remembers steps that were not finite.
    """

    def __init__(
        self,
        task: Task,
        config: FitConfig,
        device: torch.device,
        accelerator,
        say: Callable[[str], None],
    ):
        self.task, self.config, self.device = task, config, device
        self.accelerator, self.say = accelerator, say
        self.precision = resolve_precision(config.precision, device)
        self.accumulate = config.accumulate
        if device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes never change
        self.networks = dict(task.networks)
        everyone = (*self.networks.values(), *task.frozen.values())
        for net in everyone:
            net.to(device)
            if config.channels_last:
                net.to(memory_format=torch.channels_last)
        self.optimizer = self._optimizer()
        self.ema = None
        if config.ema_decay is not None:
            average, main = warming_average(config.ema_decay), self.networks[task.kind]
            self.ema = AveragedModel(main, multi_avg_fn=average, use_buffers=True)
        if config.compile:
            for net in everyone:
                net.compile()
        self.guard, self.buffers = NanGuard(), Buffers(self.networks)

    def _optimizer(self) -> torch.optim.Optimizer:
        groups = []
        for name, net in self.networks.items():
            rate = self.config.learning_rate * self.task.rate_scales.get(name, 1.0)
            learning = [p for p in net.parameters() if p.requires_grad]
            groups.append({"params": learning, "lr": rate, "base_lr": rate})
        decay, fused = self.config.weight_decay, self.device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, betas=self.config.betas, weight_decay=decay, fused=fused)

    @property
    def best(self) -> torch.nn.Module:
        """The network to look at and to hand out: the average where there is one."""
        return self.ema.module if self.ema else self.networks[self.task.kind]

    def state_dict(self) -> dict:
        return {
            "networks": {name: net.state_dict() for name, net in self.networks.items()},
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state_dict() if self.ema else None,
        }

    def load_state_dict(self, state: dict) -> None:
        for name, net in self.networks.items():
            net.load_state_dict(state["networks"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ema:
            self.ema.load_state_dict(state["ema"])

    def learn(self, batch: dict, step: int, windows: list) -> tuple[bool, dict[str, Tensor]]:
        """Take a step on `batch`; out of memory, once with smaller parts if that is allowed.

        Args:
            windows: keys of the batch, for the report if its loss is not finite.

        Returns:
            whether the weights changed, and the loss with its parts.

        Raises:
            ResourceError: out of memory; says what to try.
        """
        size = self.config.batch_size
        try:
            return self._learn(batch, step, windows)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self.buffers.restore()
            self.optimizer.zero_grad()
            whole = self.accumulate == self.config.accumulate  # not halved before
            if not (self.config.halve_on_oom and whole and self.accumulate < size):
                raise out_of_memory(error, size, self.accumulate) from error
        self.accumulate *= 2
        self.say(f"out of memory: going on with each batch in {self.accumulate} parts")
        return self._learn(batch, step, windows)

    def _learn(self, batch: dict, step: int, windows: list) -> tuple[bool, dict[str, Tensor]]:
        scale = self.config.lr_scale(step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * scale
        self.optimizer.zero_grad(set_to_none=True)
        self.buffers.keep()
        record = self._backward(batch, step)
        norms = self._clip()
        record["grad_norm"] = torch.tensor(norms[self.task.kind])
        seen = {"step": step, "windows": windows, "loss": float(record["loss"])}
        seen["grad_norm"] = sum(norms.values())
        finite = math.isfinite(seen["loss"]) and math.isfinite(seen["grad_norm"])
        if not self.guard.accepts(seen, finite=not self.any_process(not finite)):
            self.buffers.restore()
            return False, record
        self.optimizer.step()
        if self.ema:
            self.ema.update_parameters(self.networks[self.task.kind])
        return True, record

    def _backward(self, batch: dict, step: int) -> dict[str, Tensor]:
        """Gradients of the whole batch, piece by piece; the means of the loss and its parts."""
        pieces = chunk(batch, self.accumulate)
        sizes = [next(len(value) for value in piece.values()) for piece in pieces]
        record: dict[str, Tensor] = {}
        for place, (piece, size) in enumerate(zip(pieces, sizes, strict=True)):
            share = size / sum(sizes)
            with self._quiet(place < len(pieces) - 1):
                with self.autocast():
                    loss, parts = self.task.step(piece, step)
                self.accelerator.backward(loss * share)
            for name, part in {"loss": loss, **parts}.items():
                record[name] = record.get(name, 0.0) + share * part.detach()
        return record

    def _quiet(self, inner: bool) -> contextlib.ExitStack:
        """Without averaging over processes, but for the last piece."""
        stack = contextlib.ExitStack()
        if inner:
            for net in self.task.networks.values():
                stack.enter_context(self.accelerator.no_sync(net))
        return stack

    def _clip(self) -> dict[str, float]:
        limit = self.config.clip_norm or math.inf
        return {
            name: float(torch.nn.utils.clip_grad_norm_(net.parameters(), limit))
            for name, net in self.networks.items()
        }

    def autocast(self) -> torch.autocast:
        on = self.precision == "bf16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=on)

    def any_process(self, flag: bool) -> bool:
        """Whether `flag` is set in any of the processes."""
        if self.accelerator.num_processes == 1:
            return flag
        total = self.accelerator.reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(total > 0)
