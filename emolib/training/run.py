"""A training run and its folder: taking it up, evaluating, saving, ending.

`fit` holds the loop, `steps` what each step needs. Of several processes the first logs, evaluates
and saves.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from emolib.base.errors import ConfigError, ResourceError, TrainingError
from emolib.base.runtime import command_line, run_record
from emolib.training.guards import sweep_leftovers
from emolib.training.journal import LOG_NAME, Journal
from emolib.training.settings import FREE, MACHINE, FitConfig
from emolib.training.state import latest_state, restore_rng, rng_state, save_state
from emolib.training.steps import Steps
from emolib.training.task import FitResult, Task


class Run(Steps):
    """A run of `task` in the folder `out`.

    Attributes:
        metrics: of the last evaluation.
        best: step and metrics of the evaluation with the smallest watched number, and how many
            after it were no better; kept where `patience` is set.
    """

    def __init__(
        self,
        task: Task,
        out: Path,
        config: FitConfig,
        device: str,
        say: Callable[[str], None] = print,
    ):
        super().__init__(task, out, config, device, say)
        self.saved_step, self.evaluated_step = -1, -1
        self.metrics: dict = {}
        self.best: dict = {}

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
                for name, net in self.networks.items()
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
        end = self.config.schedule_steps or before.get("schedule_steps") or self.config.steps
        self.config = replace(self.config, schedule_steps=end)
        if state is None:
            return
        self._compare(before)
        self.load_learned(state["learned"])
        self.meter.load_state_dict(state["meter"])
        self.task.schedule = state["schedule"]
        self.metrics, self.evaluated_step = state["metrics"], state["evaluated_step"]
        self.best, self.step = state["best"], state["step"]
        self._look_at_patience()
        if self.weights.exists():
            self.saved_step = self.step
        if self.world == 1:
            restore_rng(state["rng"])
        self.say(f"going on from step {self.step}")
        if end < self.config.steps and self.config.lr_decay != "constant":
            self.say(
                f"the schedule of the learning rate ended at step {end}: later steps stay at its "
                "end (fix it at the first start with --schedule-steps)"
            )

    def _compare(self, before: dict) -> None:
        """Refuse settings that bend the curve; tell of those that fit the machine."""
        now = self._settings()
        names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        words = {n: f"{n} was {before.get(n)} and is {now.get(n)}" for n in names}
        if bent := [words[name] for name in names if name not in (*MACHINE, *FREE)]:
            raise TrainingError(
                "the run was started with other settings: " + ", ".join(bent),
                file=self.out,
                fix="resume with the settings of the start, or choose another --out",
            )
        if told := [words[name] for name in names if name in MACHINE]:
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
        record |= {"precision": self.precision, "processes": self.world}
        record["command"] = command_line()
        event = "resumed" if self.step else "started"
        self.journal.write(self.step, event=event, settings=self._settings(), record=record)
        where = f"{self.device} in {self.precision}"
        self.say(f"{self.task.kind}: training on {where}, {len(self.task.data)} windows an epoch")

    def evaluate(self) -> None:
        """Numbers on people not trained on, by the first process, told to the others."""
        if self.evaluated_step == self.step:
            return
        kept, found = rng_state(), [{}]
        if self.main:
            self.network.eval()
            with torch.no_grad(), self.autocast():
                found = [self.task.evaluate(self.network, self.step)]
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
                self.task.save(self.weights, self.network, self.step, self.metrics)
        elif self.best:
            self.best = {**self.best, "n_worse": self.best["n_worse"] + 1}
        self._look_at_patience()

    def _look_at_patience(self) -> None:
        patience = self.config.patience
        self.out_of_patience = patience is not None and self.best.get("n_worse", 0) >= patience

    def save(self, last: bool = False) -> None:
        """State and weights, unless they are saved already.

        After steps that were not finite the state before them stays, but for the `last` save: what
        was learned until then is the run's result.
        """
        if self.saved_step == self.step or (self.guard.left_out and not last):
            return
        if self.main:
            state = {
                "step": self.step,
                "settings": self._settings(),
                "learned": self.learned(),
                "rng": rng_state(),
                "schedule": self.task.schedule,
                "meter": self.meter.state_dict(),
                "metrics": self.metrics,
                "evaluated_step": self.evaluated_step,
                "best": self.best,
            }
            save_state(self.out, state, self.config.keep_states)
            if not (self.best and self.weights.exists()):  # or the best evaluation's are there
                self.task.save(self.weights, self.network, self.step, self.metrics)
        self.accelerator.wait_for_everyone()
        self.saved_step = self.step

    def finish(self, stopped: str | None) -> FitResult:
        """Evaluate and save at the end of a call, whatever the last steps were.

        Args:
            stopped: of `stopped_by`.

        Raises:
            TrainingError: not one step of the run was finite, so there is no result.
        """
        if stopped is None or self.step >= self.config.steps:
            stopped = "no better" if self.out_of_patience else "done"
        if not stopped.startswith("SIG") and not self.any_process(stopped.startswith("SIG")):
            self.evaluate()
        if self.guard.left_out:
            self.guard.check(self.out, patience=self.step)
        self.save(last=True)
        seconds = time.perf_counter() - self.began_s
        self.journal.write(self.step, event=f"stopped: {stopped}", seconds=round(seconds, 1))
        if self.best:
            self.say(f"the weights are those of step {self.best['step']}, the best evaluation")
        if stopped not in ("done", "no better"):
            self.say(
                f"stopped at step {self.step} ({stopped}); the same command with --resume goes on"
            )
        metrics = self.best.get("metrics", self.metrics)
        return FitResult(self.out, self.step, stopped, seconds, metrics)
