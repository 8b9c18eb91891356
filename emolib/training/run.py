"""The moving parts of one training run: devices, optimiser, averages, log, and what is saved.

`fit` holds the loop; this is what each line of it does. Several processes (`accelerate launch`)
share every step: gradients are averaged, the first process logs, evaluates and saves.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from emolib.errors import ConfigError, ResourceError, TrainingError
from emolib.runtime import run_record, seed_everything
from emolib.training.faults import Buffers, NanGuard, is_out_of_memory, out_of_memory
from emolib.training.journal import LOG_NAME, Journal, Meter, peak_memory_mb
from emolib.training.loader import Order, chunk, make_loader
from emolib.training.settings import FitConfig
from emolib.training.state import latest_state, restore_rng, rng_state, save_state
from emolib.training.task import Task


class Run:
    """State of a run; `step` is how many steps are done."""

    def __init__(
        self,
        task: Task,
        out: Path,
        config: FitConfig,
        device: str,
        say: Callable[[str], None],
    ):
        from accelerate import Accelerator

        self.task, self.out, self.config = task, out, config
        self.accelerator = Accelerator(device_placement=False, mixed_precision="no")
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes
        self.main = self.rank == 0
        self.say = say if self.main else lambda text: None
        self.device = torch.device(self.accelerator.device if self.world > 1 else device)
        self.step, self.accumulate = 0, config.accumulate
        self.saved_step = self.evaluated_step = -1
        self.metrics: dict = {}
        seed_everything(config.seed + self.rank)

        self.networks = dict(task.networks)  # the bare ones; the task's may get wrapped
        for net in (*self.networks.values(), *task.frozen.values()):
            net.to(self.device)
            if config.channels_last:
                net.to(memory_format=torch.channels_last)
        self.optimizer = self._optimizer()
        self.ema = None
        if config.ema_decay is not None:
            average = get_ema_multi_avg_fn(config.ema_decay)
            self.ema = AveragedModel(
                self.networks[task.kind], multi_avg_fn=average, use_buffers=True
            )
        if config.compile:
            for net in (*self.networks.values(), *task.frozen.values()):
                net.compile()
        self.meter, self.guard = Meter(), NanGuard()
        self.buffers = Buffers(self.networks)

    def _optimizer(self) -> torch.optim.Optimizer:
        groups = []
        for name, net in self.networks.items():
            rate = self.config.learning_rate * self.task.rate_scales.get(name, 1.0)
            learning = [p for p in net.parameters() if p.requires_grad]
            groups.append({"params": learning, "lr": rate, "base_lr": rate})
        decay, fused = self.config.weight_decay, self.device.type in ("cpu", "cuda")
        return torch.optim.AdamW(groups, betas=self.config.betas, weight_decay=decay, fused=fused)

    @contextlib.contextmanager
    def opened(self, resume: bool) -> Iterator[Run]:
        """Own the folder, take up the last state when resuming, keep the log.

        Raises:
            ConfigError: the folder holds a run and `resume` is false.
            ResourceError: another process trains here.
            TrainingError: the saved run had other settings.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.out / ".lock", timeout=0)
        try:
            if self.main:
                lock.acquire()
        except Timeout as error:
            raise ResourceError(
                "another process is training into this folder", file=self.out, fix="wait for it"
            ) from error
        try:
            self._take_up(resume)
            self.task.networks = {
                name: self.accelerator.prepare_model(net, device_placement=False)
                for name, net in self.networks.items()
            }
            for net in self.networks.values():
                net.train()
            self.journal = Journal(self.out, self.step, self.config.tensorboard, self.main)
            self._start_line()
            yield self
            self.journal.close()
        finally:
            lock.release()

    def _take_up(self, resume: bool) -> None:
        settings = self.task.settings()
        self.fingerprint = self.config.fingerprint(settings)
        if not resume:
            if (self.out / LOG_NAME).exists():
                raise ConfigError(
                    "this folder holds a run already",
                    file=self.out,
                    fix="pass --resume to go on with it, or choose another --out",
                )
            return
        state = latest_state(self.out, self.say)
        if state is None:
            return
        if state["fingerprint"] != self.fingerprint:
            raise TrainingError(
                f"the run was started with other settings ({state['settings']})",
                file=self.out,
                expected=str(self._plain_settings()),
                fix="resume with the settings of the start, or choose another --out",
            )
        for name, net in self.networks.items():
            net.load_state_dict(state["networks"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.ema:
            self.ema.load_state_dict(state["ema"])
        self.meter.load_state_dict(state["meter"])
        self.task.load_schedule(state["schedule"])
        self.metrics = state["metrics"]
        self.step = self.saved_step = state["step"]
        if self.world == 1:
            restore_rng(state["rng"])
        self.say(f"going on from step {self.step}")

    def _plain_settings(self) -> dict:
        return {**asdict(self.config), "betas": list(self.config.betas), **self.task.settings()}

    def _start_line(self) -> None:
        corpus = str(self.task.settings().get("corpus", ""))
        record = run_record(corpus=corpus, seed=self.config.seed, device=str(self.device))
        event = "resumed" if self.step else "started"
        self.journal.write(self.step, event=event, settings=self._plain_settings(), record=record)
        self.say(f"{self.task.kind}: training on {self.device}, {len(self.task.data)} windows")

    def loader(self) -> DataLoader:
        """Batches from the present step on."""
        count, probabilities = len(self.task.data), self.task.probabilities
        seed, batch_size = self.config.seed, self.config.batch_size
        self.order = Order(count, batch_size, seed, self.step, self.rank, self.world, probabilities)
        pin = self.device.type == "cuda"
        return make_loader(self.task.data, self.order, self.config.workers, pin)

    # ---------------------------------------------------------------------------------- a step
    def learn(self, batch: dict) -> None:
        """One optimiser step on `batch`; out of memory, once with smaller parts if allowed."""
        size = self.config.batch_size
        try:
            return self._learn(batch)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self.buffers.restore()
            self.optimizer.zero_grad()
            given = self.accumulate == self.config.accumulate  # not halved before
            if not (self.config.halve_on_oom and given and self.accumulate < size):
                raise out_of_memory(error, size, self.accumulate) from error
        self.accumulate *= 2
        self.say(f"out of memory: going on with each batch in {self.accumulate} parts")
        return self._learn(batch)

    def _learn(self, batch: dict) -> None:
        scale = self.config.lr_scale(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * scale
        self.optimizer.zero_grad(set_to_none=True)
        self.buffers.keep()
        pieces = chunk(batch, self.accumulate)
        sizes = [next(len(value) for value in piece.values()) for piece in pieces]
        record: dict[str, Tensor] = {}
        for place, (piece, size) in enumerate(zip(pieces, sizes, strict=True)):
            with self._no_sync(place < len(pieces) - 1):
                with self.autocast():
                    loss, parts = self.task.step(piece, self.step)
                share = size / sum(sizes)
                self.accelerator.backward(loss * share)
            for name, part in {"loss": loss, **parts}.items():
                record[name] = record.get(name, 0.0) + share * torch.as_tensor(part).detach()
        norms = self._clip()
        seen = {"loss": float(record["loss"]), "grad_norm": sum(norms.values())}
        seen |= {"step": self.step, "windows": self.order.keys(self.step)}
        finite = math.isfinite(seen["loss"]) and math.isfinite(seen["grad_norm"])
        if self.guard.accepts(seen, finite=not self.any_process(not finite)):
            self.optimizer.step()
            if self.ema:
                self.ema.update_parameters(self.networks[self.task.kind])
            self.meter.add({**record, "grad_norm": norms[self.task.kind]})
            return
        self.buffers.restore()
        parts = {name: float(value) for name, value in record.items()}
        self.journal.write(self.step, event="skipped: not finite", parts=parts)
        self.guard.check(self.networks, self.out)

    def _no_sync(self, inner: bool) -> contextlib.ExitStack:
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
        bf16 = self.config.precision == "bf16"
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=bf16)

    def any_process(self, flag: bool) -> bool:
        """Whether `flag` is set in any of the processes."""
        if self.world == 1:
            return flag
        total = self.accelerator.reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(total > 0)

    # --------------------------------------------------------------------- log, look, save
    def log(self) -> dict[str, float]:
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
            wait_share=round(wait_s / step_s, 4),
            peak_mb=round(peak_memory_mb(self.device)),
        )
        self.task.watch(self.step, means, self.say)
        return means

    def evaluate(self) -> None:
        """Numbers on the test split, by the first process, told to the others."""
        if self.evaluated_step == self.step:
            return
        network = self.ema.module if self.ema else self.networks[self.task.kind]
        kept = rng_state()
        found = [{}]
        if self.main:
            network.eval()
            with torch.no_grad(), self.autocast():
                found = [self.task.evaluate(network, self.step)]
            network.train(self.ema is None)
        if self.world > 1:
            from accelerate.utils import broadcast_object_list

            found = broadcast_object_list(found)
        self.task.after_evaluation(found[0], self.step)
        restore_rng(kept)
        self.metrics, self.evaluated_step = found[0], self.step
        if self.metrics:
            self.journal.write(self.step, eval=self.metrics)

    def save(self) -> None:
        """State and weights, unless they are saved already or the last step was not finite."""
        if self.saved_step == self.step or self.guard.streak:
            return
        if self.main:
            state = {
                "step": self.step,
                "fingerprint": self.fingerprint,
                "settings": str(self._plain_settings()),
                "networks": {name: net.state_dict() for name, net in self.networks.items()},
                "optimizer": self.optimizer.state_dict(),
                "ema": self.ema.state_dict() if self.ema else None,
                "rng": rng_state(),
                "schedule": self.task.schedule_state(),
                "meter": self.meter.state_dict(),
                "metrics": self.metrics,
            }
            save_state(self.out, state, self.config.keep_states)
            network = self.ema.module if self.ema else self.networks[self.task.kind]
            weights = self.out / f"{self.task.kind}.safetensors"
            self.task.save(weights, network, self.step, self.metrics)
        self.accelerator.wait_for_everyone()
        self.saved_step = self.step
