"""A stage small enough to train in a blink, with BatchNorm, dropout and a frozen judge."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from emolib.training.fit import fit, print_beside_bar
from emolib.training.settings import FitConfig
from emolib.training.task import Task


class Squares:
    """Windows of random numbers that depend on (seed, epoch, index) alone."""

    def __init__(self, n_items: int = 11, poison: tuple[int, ...] = ()):
        self.n_items, self.poison = n_items, poison

    def __len__(self) -> int:
        return self.n_items

    def item(self, epoch: int, index: int) -> dict:
        x = np.random.default_rng((7, epoch, index)).normal(size=8).astype(np.float32)
        y = np.float32((x**2).sum())
        if index in self.poison:
            x[0] = np.nan
        return {"x": x, "y": y, "index": index}


class TinyTask(Task):
    """Learns a sum of squares."""

    def __init__(self, **data):
        torch.manual_seed(3)
        layers = (
            nn.Linear(8, 16),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(16, 1),
        )
        super().__init__("tiny", nn.Sequential(*layers), Squares(**data))
        self.schedule = {"opened_step": None}

    def step(self, batch, step):
        loss = (self.networks["tiny"](batch["x"])[:, 0] - batch["y"]).square().mean()
        return loss, {"mse": loss.detach(), "noise": torch.rand(())}

    def evaluate(self, network, step):
        x = torch.linspace(-1, 1, 32).view(4, 8)
        torch.rand(5)  # must leave no trace in the training's random numbers
        return {"mean": float(network(x).mean())}

    def after_evaluation(self, metrics, step, say):
        if self.schedule["opened_step"] is None and step >= 8:
            self.schedule["opened_step"] = step

    def settings(self):
        return {"corpus": "squares"}

    def save(self, path, network, step, metrics):
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)


CONFIG = FitConfig(
    steps=40,
    batch_size=4,
    learning_rate=1e-2,
    warmup_steps=3,
    lr_decay="cosine",
    clip_norm=5.0,
    ema_decay=0.9,
    precision="fp32",
    log_every=6,
    eval_every=8,
    save_every=5,
)


def train(out: Path, task: Task | None = None, *, resume=False, say=print_beside_bar, **changes):
    """`fit` on the CPU, by `CONFIG` with some changes."""
    config = replace(CONFIG, **changes)
    return fit(task or TinyTask(), out, config, resume=resume, device="cpu", say=say)


def with_step(change) -> TinyTask:
    """A task whose step is `change(step, batch, number)`, with the true one as `step`."""
    task = TinyTask()
    step = task.step
    task.step = lambda batch, number: change(step, batch, number)
    return task


def weights(out: Path) -> dict[str, torch.Tensor]:
    """What lies in a run's folder."""
    (file,) = Path(out).glob("*.safetensors")
    return load_file(file)


def same_weights(*outs: Path) -> bool:
    """Whether two runs ended in the same weights, bit for bit."""
    a, b = map(weights, outs)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def main(out: str) -> None:
    """Entry point of the child process that a test kills."""
    torch.set_num_threads(1)
    train(Path(out), resume=True)


if __name__ == "__main__":
    main(sys.argv[1])
