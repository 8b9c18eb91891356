"""What each step needs: batches, device, optimiser, gradient guard, averaged weights, a log."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from emolib.base.runtime import progress, seed_everything
from emolib.training.guards import GradientGuard
from emolib.training.journal import Journal, Meter, peak_memory_mb
from emolib.training.loader import Order, make_loader, next_batch, to_device
from emolib.training.settings import FitConfig, resolve_precision, resolve_workers
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


class Steps:
    """The networks of a task on their device, and one optimiser step at a time.

    Several processes (`accelerate launch`) share every step: each takes its own windows, gradients
    are averaged.

    Attributes:
        step: how many steps are done.
        networks: the bare networks that learn; several processes wrap the task's own.
        average: the averaged main network, or None.
        terms: means of the loss and its terms over the parts of this step's batch.
    """

    journal: Journal

    def __init__(
        self,
        task: Task,
        out: Path,
        config: FitConfig,
        device: str,
        say: Callable[[str], None] = print,
    ):
        from accelerate import Accelerator

        self.task, self.out, self.config, self.step = task, out, config, 0
        self.began_s, self.meter, self.terms = time.perf_counter(), Meter(), Meter()
        self.accelerator = Accelerator(
            device_placement=False,
            mixed_precision="no",  # `autocast` covers the losses too
            gradient_accumulation_steps=config.accumulate,
        )
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes
        self.main = self.rank == 0
        self.say = say if self.main else lambda text: None
        self.device = torch.device(self.accelerator.device if self.world > 1 else device)
        self.precision = resolve_precision(config.precision, self.device)
        seed_everything(config.seed + self.rank)
        self.networks = dict(task.networks)
        everyone = (*self.networks.values(), *task.frozen.values())
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes never change
        for net in everyone:
            net.to(self.device)
            if config.channels_last:
                net.to(memory_format=torch.channels_last)
        self.optimizer, self.average = self._optimizer(), None
        if config.ema_decay is not None:
            rule, main = warming_average(config.ema_decay), self.networks[task.kind]
            self.average = AveragedModel(main, multi_avg_fn=rule, use_buffers=True)
        if config.compile:
            for net in everyone:
                net.compile()
        self.guard, self.out_of_patience = GradientGuard(self.networks), False

    def _optimizer(self) -> torch.optim.Optimizer:
        groups = []
        for name, net in self.networks.items():
            rate = self.config.learning_rate * self.task.rate_scales.get(name, 1.0)
            learning = [p for p in net.parameters() if p.requires_grad]
            groups.append({"params": learning, "lr": rate, "base_lr": rate})
        decay, fused = self.config.weight_decay, self.device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, betas=self.config.betas, weight_decay=decay, fused=fused)

    @property
    def network(self) -> torch.nn.Module:
        """The network to look at and to hand out: the average where there is one."""
        return self.average.module if self.average else self.networks[self.task.kind]

    def autocast(self) -> torch.autocast:
        """bfloat16 inside, where the precision says so."""
        on = self.precision == "bf16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=on)

    def any_process(self, flag: bool) -> bool:
        """Whether `flag` is set in any of the processes."""
        if self.world == 1:
            return flag
        total = self.accelerator.reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(total > 0)

    def batches(self) -> Iterator[dict]:
        """Batches on the device, from the present step to the last one, or until nothing helps."""
        data, workers = self.task.data, resolve_workers(self.config.workers, self.device)
        self.order = Order(
            getattr(data, "sizes", len(data)),
            self.config.batch_size,
            self.config.seed,
            start_step=self.step,
            rank=self.rank,
            world=self.world,
            probabilities=self.task.probabilities,
            shares=getattr(data, "shares", (1.0,)),
        )
        loader = iter(make_loader(data, self.order, workers, self.device.type == "cuda"))
        steps = range(self.step, self.config.steps)
        with contextlib.closing(progress(steps, desc=self.task.kind, unit="step")) as self.bar:
            for _ in self.bar:
                if self.out_of_patience:
                    return
                self.mark_s = time.perf_counter()
                batch = to_device(next_batch(loader), self.device)
                self.meter.add({"wait_s": time.perf_counter() - self.mark_s})
                yield batch

    def prepare_step(self) -> None:
        """Set the learning rates of this step; remember what a poisoned batch would spoil."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * self.config.lr_scale(self.step)
        self.guard.begin()

    def gradients_are_finite(self) -> bool:
        """Whether the step may be taken, in all processes; the gradients are clipped."""
        limit, norms = self.config.clip_norm or math.inf, {}
        for name, net in self.networks.items():
            norms[name] = float(torch.nn.utils.clip_grad_norm_(net.parameters(), limit))
        loss = float(self.terms.sums["loss"]) / self.terms.counts["loss"]
        self.terms.add({"grad_norm": norms[self.task.kind]})
        seen = {"step": self.step, "windows": self.order.keys(self.step), "loss": loss}
        seen["grad_norm"] = sum(norms.values())
        finite = math.isfinite(seen["loss"]) and math.isfinite(seen["grad_norm"])
        if self.any_process(not finite):
            self.guard.leave_out(seen)
            return False
        self.guard.left_out.clear()
        return True

    def update_average(self) -> None:
        """Take the new weights into the averaged network, where there is one."""
        if self.average:
            self.average.update_parameters(self.networks[self.task.kind])

    def end_step(self) -> None:
        """Count the step, and note its terms; a step that was left out is logged.

        Raises:
            TrainingError: too many of those in a row.
        """
        terms = self.terms.clear()
        if self.guard.left_out:
            told = {name: str(float(value)) for name, value in terms.items()}
            self.journal.write(self.step, event="skipped: not finite", parts=told)
            self.guard.check(self.out)
        else:
            self.meter.add(terms)
        self.step += 1
        self.meter.add({"step_s": time.perf_counter() - self.mark_s})

    def stopped_by(self, signal: str | None) -> str | None:
        """Why to stop before the last step, or None: a signal's name, or "time limit"."""
        minutes, limit = (time.perf_counter() - self.began_s) / 60, self.config.time_limit_min
        reason = signal or ("time limit" if limit is not None and minutes >= limit else None)
        return (reason or "another process") if self.any_process(reason is not None) else None

    def log(self) -> None:
        """Write the means since the last line, speed and memory."""
        means = self.meter.take()
        step_s, wait_s = means.pop("step_s"), means.pop("wait_s")
        frames = self.config.batch_size * self.world * self.task.frames_per_item
        self.journal.write(
            self.step,
            epoch=round(self.order.epoch(self.step), 3),
            **means,
            lr=self.optimizer.param_groups[0]["lr"],
            frames_per_s=round(frames / step_s, 2),
            step_s=round(step_s, 5),
            wait_share=round(wait_s / step_s, 4),
            peak_mb=round(peak_memory_mb(self.device)),
        )
        if "loss" in means:  # absent where every step was left out
            self.task.watch(self.step, means, self.say)
        self.bar.set_postfix(means, refresh=False)

    def learned(self) -> dict:
        """Weights, optimiser and average, for a saved state."""
        return {
            "networks": {name: net.state_dict() for name, net in self.networks.items()},
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "left_out": self.guard.left_out,
        }

    def load_learned(self, state: dict) -> None:
        """Take back what `learned` gave."""
        for name, net in self.networks.items():
            net.load_state_dict(state["networks"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.guard.left_out = state["left_out"]
