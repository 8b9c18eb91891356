"""A training run's folder: taking it up, logging, looking, saving.

`fit` holds the loop, `stepper` the step. Of several processes the first logs, evaluates and saves.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch.utils.data import DataLoader

from emolib.base.errors import ConfigError, ResourceError, TrainingError
from emolib.base.runtime import command_line, run_record, seed_everything
from emolib.training.faults import sweep_leftovers
from emolib.training.journal import LOG_NAME, Journal, Meter, peak_memory_mb
from emolib.training.loader import Order, make_loader
from emolib.training.settings import FitConfig, resolve_workers
from emolib.training.state import latest_state, restore_rng, rng_state, save_state
from emolib.training.stepper import Stepper
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
        seed_everything(config.seed + self.rank)
        self.stepper = Stepper(task, config, self.device, self.accelerator, self.say)
        self.meter = Meter()
        self.step, self.saved_step, self.evaluated_step = 0, -1, -1
        self.metrics: dict = {}
        self.best: dict = {}  # evaluation with the smallest watched number: its step and metrics

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
            if self.main:
                sweep_leftovers(self.out)
            self._take_up(resume)
            self.accelerator.wait_for_everyone()  # nobody writes before all have looked
            self.task.networks = {
                name: self.accelerator.prepare_model(net, device_placement=False)
                for name, net in self.stepper.networks.items()
            }
            self.task.set_train()
            self.journal = Journal(self.out, self.step, self.config.tensorboard, self.main)
            with contextlib.closing(self.journal):
                self._start_line()
                yield self
        finally:
            lock.release()

    def _take_up(self, resume: bool) -> None:
        state = latest_state(self.out, self.say) if resume else None
        if not resume and (self.out / LOG_NAME).exists():
            raise ConfigError(
                "this folder holds a run already",
                file=self.out,
                fix="pass --resume to go on with it, or choose another --out",
            )
        before = state["settings"] if state else {}
        end = before.get("schedule_steps") or self.config.steps
        config = replace(self.config, schedule_steps=self.config.schedule_steps or end)
        self.config = self.stepper.config = config
        if state is None:
            return
        self._compare(before)
        self.stepper.load_state_dict(state["stepper"])
        self.stepper.guard.streak = state["not_finite"]
        self.meter.load_state_dict(state["meter"])
        self.task.load_schedule(state["schedule"])
        self.metrics, self.evaluated_step = state["metrics"], state["evaluated_step"]
        self.best = state["best"]
        self.step = state["step"]
        if self.weights.exists():
            self.saved_step = self.step
        if self.world == 1:
            restore_rng(state["rng"])
        self.say(f"going on from step {self.step}")
        if config.schedule_steps < config.steps and config.lr_decay != "constant":
            self.say(
                f"the schedule of the learning rate ended at step {config.schedule_steps}: later "
                f"steps stay at its end (fix it at the first start with --schedule-steps)"
            )

    def _compare(self, before: dict) -> None:
        """Refuse settings that bend the curve; tell of those that fit the machine."""
        now = self._settings()
        fixed = {*self.config.fixed(), *self.task.settings(), "processes"}
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        words = {n: f"{n} was {before.get(n)} and is {now.get(n)}" for n in names}
        if bent := [words[name] for name in names if name in fixed or name not in now]:
            raise TrainingError(
                "the run was started with other settings: " + ", ".join(bent),
                file=self.out,
                fix="resume with the settings of the start, or choose another --out",
            )
        if told := [words[name] for name in names if name in self.config.for_machine()]:
            self.say("going on with other settings of the machine: " + ", ".join(told))

    def _settings(self) -> dict:
        return self.config.plain() | self.task.settings() | {"processes": self.world}

    @property
    def weights(self) -> Path:
        """The file of the weights to use."""
        return self.out / f"{self.task.kind}.safetensors"

    def _start_line(self) -> None:
        corpus = str(self.task.settings().get("corpus", ""))
        record = run_record(corpus=corpus, seed=self.config.seed, device=str(self.device))
        record |= {"precision": self.stepper.precision, "processes": self.world}
        record["command"] = command_line()
        event = "resumed" if self.step else "started"
        self.journal.write(self.step, event=event, settings=self._settings(), record=record)
        where = f"{self.device} in {self.stepper.precision}"
        self.say(f"{self.task.kind}: training on {where}, {len(self.task.data)} windows an epoch")
        for told in self.task.told():
            self.say(told)

    def loader(self) -> DataLoader:
        """Batches from the present step on."""
        data = self.task.data
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
        pin = self.device.type == "cuda"
        workers = resolve_workers(self.config.workers, self.device)
        return make_loader(self.task.data, self.order, workers, pin)

    def learn(self, batch: dict) -> None:
        """One step; a step that is not finite is logged and left out.

        Raises:
            TrainingError: too many of those in a row.
        """
        taken, parts = self.stepper.learn(batch, self.step, self.order.keys(self.step))
        if taken:
            self.meter.add(parts)
        else:
            told = {name: str(float(value)) for name, value in parts.items()}
            self.journal.write(self.step, event="skipped: not finite", parts=told)
            self.stepper.guard.check(self.stepper.networks, self.out)
        self.step += 1

    def log(self) -> dict[str, float]:
        """Write the means since the last line, speed and memory; returns the means."""
        means = self.meter.take()
        step_s, wait_s = means.pop("step_s"), means.pop("wait_s")
        frames = self.config.batch_size * self.world * self.task.frames_per_item
        self.journal.write(
            self.step,
            epoch=round(self.order.epoch(self.step), 3),
            **means,
            lr=self.stepper.optimizer.param_groups[0]["lr"],
            frames_per_s=round(frames / step_s, 2),
            step_s=round(step_s, 5),
            wait_share=round(wait_s / step_s, 4),
            peak_mb=round(peak_memory_mb(self.device)),
        )
        if "loss" in means:  # absent where every step was left out
            self.task.watch(self.step, means, self.say)
        return means

    def evaluate(self) -> None:
        """Numbers on the test split, by the first process, told to the others."""
        if self.evaluated_step == self.step:
            return
        network, kept, found = self.stepper.best, rng_state(), [{}]
        if self.main:
            network.eval()
            with torch.no_grad(), self.stepper.autocast():
                found = [self.task.evaluate(network, self.step)]
            self.task.set_train()
        if self.world > 1:
            from accelerate.utils import broadcast_object_list

            found = broadcast_object_list(found)
        restore_rng(kept)
        self.metrics, self.evaluated_step = found[0], self.step
        if self.metrics:
            self.journal.write(self.step, eval=self.metrics)
        if self.step % self.config.eval_every == 0:  # one more where a call ends decides nothing
            self.task.after_evaluation(self.metrics, self.step, self.say)
            if self.config.patience is not None:
                self._compare_with_best()

    def _compare_with_best(self) -> None:
        """Keep the weights of the best evaluation so far."""
        watched = self.task.watched
        before = self.best["metrics"][watched] if self.best else math.inf
        if self.metrics[watched] < before:
            self.best = {"step": self.step, "metrics": self.metrics, "n_worse": 0}
            if self.main:
                self.task.save(self.weights, self.stepper.best, self.step, self.metrics)
        elif self.best:
            self.best = {**self.best, "n_worse": self.best["n_worse"] + 1}

    @property
    def out_of_patience(self) -> bool:
        """Whether the last evaluations have brought nothing."""
        return bool(self.best) and self.best["n_worse"] >= self.config.patience

    def finish(self) -> None:
        """Save at the end, whatever the last steps were.

        Raises:
            TrainingError: not one step of the run was finite, so there is no result.
        """
        guard = self.stepper.guard
        if guard.streak and len(guard.streak) == self.step:
            guard.give_up(self.stepper.networks, self.out)
        self.save(last=True)

    def save(self, last: bool = False) -> None:
        """State and weights, unless they are saved already.

        After steps that were not finite the state before them stays, but for the `last` save: what
        was learned until then is the run's result.
        """
        if self.saved_step == self.step or (self.stepper.guard.streak and not last):
            return
        if self.main:
            state = {
                "step": self.step,
                "settings": self._settings(),
                "stepper": self.stepper.state_dict(),
                "not_finite": self.stepper.guard.streak,
                "rng": rng_state(),
                "schedule": self.task.schedule_state(),
                "meter": self.meter.state_dict(),
                "metrics": self.metrics,
                "evaluated_step": self.evaluated_step,
                "best": self.best,
            }
            save_state(self.out, state, self.config.keep_states)
            if not (self.best and self.weights.exists()):  # or the best evaluation's are there
                self.task.save(self.weights, self.stepper.best, self.step, self.metrics)
        self.accelerator.wait_for_everyone()
        self.saved_step = self.step
