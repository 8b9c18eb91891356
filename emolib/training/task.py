"""What a stage hands to the loop, and what the loop hands back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from emolib.base.config import settings_hash
from emolib.data.store import ClipStore
from emolib.models.checkpoint import InputRules, load_checkpoint, save_checkpoint
from emolib.models.grow import GROWS, grown
from emolib.training.loader import Windows
from emolib.training.recipes import plain


class Task:
    """Networks that learn, windows to learn from, and a step; the stages derive from it.

    Attributes:
        kind: "generator", "syncnet", "emotion" or "classifier"; names the weights file.
        networks: what learns; the one named `kind` is what the run is for.
        frozen: networks that are only asked.
        data: training windows.
        rate_scales: network name → its learning rate as a multiple of the loop's.
        frames_per_item: frames in a window, for the frames/s in the log.
        probabilities: (len(data),) chances for balanced sampling, or None.
    """

    kind: str
    networks: dict[str, nn.Module]
    frozen: dict[str, nn.Module]
    data: Windows
    rate_scales: dict[str, float]
    frames_per_item: int = 5
    probabilities: np.ndarray | None = None

    def __init__(self, kind: str, network: nn.Module, data: Windows):
        self.kind, self.data = kind, data
        self.networks, self.frozen, self.rate_scales = {kind: network}, {}, {}

    def step(self, batch: dict, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a batch, and its parts for the log."""
        raise TypeError(f"{type(self).__name__} does not say what a step is")

    def evaluate(self, network: nn.Module, step: int) -> dict[str, float | list]:
        """Numbers on the test split, with the (averaged) network in eval mode."""
        return {}

    def set_train(self) -> None:
        """Put what learns in train mode."""
        for net in self.networks.values():
            net.train()

    def after_evaluation(self, metrics: dict, step: int, say: Callable[[str], None]) -> None:
        """Let schedules react to an evaluation; called in every process."""

    def watch(self, step: int, means: dict[str, float], say: Callable[[str], None]) -> None:
        """Look at the means of the last steps; say so if something is stuck."""

    def settings(self) -> dict:
        """Plain values that must be the same when the run is resumed."""
        return {}

    def schedule_state(self) -> dict:
        """What the loss weights depend on besides the step, as plain values."""
        return {}

    def load_schedule(self, state: dict) -> None:
        """Take back what `schedule_state` gave."""

    def save(self, path: Path, network: nn.Module, step: int, metrics: dict) -> None:
        """Write the weights that others will use."""


def bare(net: nn.Module) -> nn.Module:
    """The network inside the wrapper that several processes put around it."""
    return getattr(net, "module", net)


class StageTask(Task):
    """A task on a clip store, with a recipe: what the three stages have in common."""

    def __init__(self, kind: str, network: nn.Module, data: Windows, recipe, store: ClipStore):
        super().__init__(kind, network, data)
        self.recipe, self.store = recipe, store
        self.origins: dict[str, str] = {}  # what the run learns from → sha256

    def settings(self) -> dict:
        return {
            "stage": self.kind,
            "recipe": self.recipe.name,
            "corpus": self.store.corpus,
            "recipe_sha256": settings_hash(plain(self.recipe)),
            "store_sha256": content_sha256(self.store),
            "windows": len(self.data),
            **{f"{name}_sha256": sha256 for name, sha256 in self.origins.items()},
        }

    def save(self, path: Path, network: nn.Module, step: int, metrics: dict) -> None:
        recipe, corpus = self.recipe.name, self.store.corpus
        save_checkpoint(
            path,
            network,
            recipe=recipe,
            corpus=corpus,
            step=step,
            metrics=metrics,
            inputs=self.inputs(),
        )

    def inputs(self) -> InputRules | None:
        """How the network is fed, where that is a choice."""
        return None


def content_sha256(store: ClipStore) -> str:
    """Which clips, in which splits, were prepared with which settings."""
    clips = store.clips[["clip", "split", "emotion", "sha256"]].to_numpy().tolist()
    return settings_hash(store.info["settings"], clips)


def weights_sha256(net: nn.Module) -> str:
    """A short sha256 of all that a network has learned: names, weights and statistics."""
    digest = hashlib.sha256()
    for name, value in net.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def start_weights(network: nn.Module, path: str | PathLike | None, kind: str) -> nn.Module:
    """`network`, with the weights of a checkpoint if one is given: the same, or less of `GROWS`."""
    if path is not None:
        same = {key: value for key, value in asdict(network.config).items() if key not in GROWS}
        other, _ = load_checkpoint(path, kind, architecture=same)
        network.load_state_dict(grown(other.state_dict(), network.state_dict(), file=path))
    return network


@dataclass(frozen=True)
class FitResult:
    """How a run ended. `stopped` is "done", "time limit", "SIGINT" or "SIGTERM"."""

    out: Path
    step: int
    stopped: str
    seconds: float
    metrics: dict = field(default_factory=dict)

    @property
    def interrupted(self) -> bool:
        return self.stopped.startswith("SIG")

    def __str__(self) -> str:
        numbers = {k: v for k, v in self.metrics.items() if not isinstance(v, list)}
        told = ", ".join(f"{name} {value:g}" for name, value in numbers.items())
        how = "" if self.stopped == "done" else f" ({self.stopped})"
        return f"{self.out}: step {self.step}{how} in {self.seconds:.0f} s; {told}"
