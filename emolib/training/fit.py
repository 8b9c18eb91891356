"""One plain loop for all stages: on two cores, one GPU, or many by `accelerate launch`.

A stage hands in a `Task`: networks that learn, windows to learn from, and a step that turns a batch
into a loss. A run that is killed at any moment goes on from its last saved state to the same
weights, bit for bit on a CPU.

accelerate averages gradients over processes and over the parts of a batch. Its `save_state` and
`skip_first_batches` are not used: a state of ours is one file, whole or not at all, and the order
of windows is a function of the step, so nothing is read twice.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path

import torch

from emolib.base.runtime import pick_device
from emolib.training.guards import StopRequest, memory_advice
from emolib.training.loader import chunk
from emolib.training.recipe_types import Recipe
from emolib.training.run import Run
from emolib.training.settings import FitConfig, check_settings
from emolib.training.steps import Steps
from emolib.training.task import FitResult, StageTask, Task


def print_beside_bar(text: str) -> None:
    """Print a line on stderr without breaking a progress bar."""
    from tqdm.auto import tqdm

    tqdm.write(text, file=sys.stderr)


def take_step(run: Steps, batch: dict) -> None:
    """One optimiser step on a batch, in parts if `accumulate` says so.

    Raises:
        ResourceError: out of memory; says what to try.
        TrainingError: not finite five times in a row.
    """
    run.prepare_step()  # its learning rate
    with memory_advice(run.config.batch_size, run.config.accumulate):
        for part in chunk(batch, run.config.accumulate):
            with run.accelerator.accumulate(*run.task.networks.values()):
                with run.autocast():
                    loss, terms = run.task.step(part, run.step)
                run.accelerator.backward(loss)
            run.terms.add({"loss": loss, **terms})
    if run.gradients_are_finite():  # and clipped
        run.optimizer.step()
        run.update_average()
    run.optimizer.zero_grad(set_to_none=True)
    run.end_step()


def fit(
    task: Task,
    out: str | Path,
    config: FitConfig | None = None,
    *,
    resume: bool = False,
    device: str = "auto",
    say: Callable[[str], None] = print_beside_bar,
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
    stopped = None
    with run.opened(resume), StopRequest() as stop:
        for batch in run.batches():
            take_step(run, batch)
            if run.step % config.log_every == 0:
                run.log()
            if run.step % config.eval_every == 0:
                run.evaluate()
            if run.step % config.save_every == 0:
                run.save()
            if stopped := run.stopped_by(stop.requested):
                break
        return run.finish(stopped)


def fit_recipe(
    make_task: Callable[[FitConfig], StageTask],
    out: str | PathLike,
    recipe: Recipe,
    *,
    resume: bool = False,
    device: str = "auto",
    **options,
) -> FitResult:
    """Train a stage as its recipe says.

    Args:
        make_task: the stage's task; its network is drawn from the run's seed.
        options: changes to the recipe's settings of the loop (`steps=500`, …).

    Raises:
        EmolibError: settings, data, device, or as `fit` says.
    """
    config = replace(recipe.fit, **options)
    check_settings(recipe=recipe, training=config)
    torch.manual_seed(config.seed)
    task = make_task(config)
    for source in task.sources if len(task.sources) > 1 else ():
        print_beside_bar(str(source))
    return fit(task, Path(out), config, resume=resume, device=device)
