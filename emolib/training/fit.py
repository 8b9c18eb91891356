"""One plain loop for all three stages: on two cores, one GPU, or many by `accelerate launch`.

A stage hands in a `Task`: networks that learn, windows to learn from, and a step that turns a batch
into a loss. A run that is killed at any moment goes on from its last saved state to the same
weights, bit for bit on a CPU.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from emolib.base.runtime import pick_device, progress
from emolib.training.faults import StopRequest
from emolib.training.loader import next_batch, to_device
from emolib.training.run import Run
from emolib.training.settings import FitConfig, check_settings
from emolib.training.task import FitResult, Task


def say_beside_bar(text: str) -> None:
    """Print a line on stderr without breaking a progress bar."""
    from tqdm.auto import tqdm

    tqdm.write(text, file=sys.stderr)


def fit(
    task: Task,
    out: str | Path,
    config: FitConfig | None = None,
    *,
    resume: bool = False,
    device: str = "auto",
    say: Callable[[str], None] = say_beside_bar,
) -> FitResult:
    """Train `task` until it has done `config.steps` steps in all, into the folder `out`.

    Writes `log.jsonl`, `KIND.safetensors` (the weights to use) and the last two `step-….state.pt`.
    Ctrl-C and SIGTERM finish the step and save; `resume` goes on from there (or starts afresh in an
    empty folder).

    Raises:
        ConfigError: wrong settings (all named at once), no such device, or `out` holds a run.
        ResourceError: too little memory or disk, or another process trains into `out`.
        TrainingError: not finite five times in a row, or resumed with other settings.
    """
    config = config or FitConfig()
    check_settings(training=config)
    run = Run(task, Path(out), config, pick_device(device), say)
    began, stopped = time.perf_counter(), None
    with run.opened(resume), StopRequest() as stop:
        batches = iter(run.loader())
        bar = progress(range(run.step, config.steps), desc=task.kind, unit="step")
        for _ in bar:
            if run.out_of_patience:
                break
            mark = time.perf_counter()
            batch = to_device(next_batch(batches), run.device)
            waited = time.perf_counter() - mark
            run.learn(batch)
            run.meter.add({"wait_s": waited, "step_s": time.perf_counter() - mark})

            if run.step % config.log_every == 0:
                bar.set_postfix(run.log(), refresh=False)
            if run.step % config.eval_every == 0:
                run.evaluate()
            if run.step % config.save_every == 0:
                run.save()

            minutes = (time.perf_counter() - began) / 60
            if config.time_limit_min is not None and minutes >= config.time_limit_min:
                stopped = "time limit"
            stopped = stop.requested or stopped
            if run.stepper.any_process(stopped is not None):
                break
        bar.close()
        if stopped is None or run.step >= config.steps:
            stopped = "no better" if run.out_of_patience else "done"
        if not run.stepper.any_process(stopped.startswith("SIG")):
            run.evaluate()
        run.finish()
        seconds = time.perf_counter() - began
        run.journal.write(run.step, event=f"stopped: {stopped}", seconds=round(seconds, 1))
    if run.best:
        run.say(f"the weights are those of step {run.best['step']}, the best evaluation")
    if stopped not in ("done", "no better"):
        run.say(f"stopped at step {run.step} ({stopped}); the same command with --resume goes on")
    metrics = run.best.get("metrics", run.metrics)
    return FitResult(run.out, run.step, stopped, seconds, metrics)
