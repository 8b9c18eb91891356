"""What a stage hands to the loop, and what the loop hands back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from emolib.base.config import settings_hash
from emolib.base.errors import DatasetError
from emolib.data.store import ClipStore
from emolib.data.windows import finished
from emolib.models.blocks import MAY_GROW, net2net
from emolib.models.checkpoint import InputRules, load_checkpoint, save_checkpoint
from emolib.training.loader import Windows, fixed_batches, to_device
from emolib.training.mixture import Mixture, open_sources
from emolib.training.recipe_types import plain
from emolib.training.settings import FitConfig


class Task:
    """Networks that learn, windows to learn from, and a step; the stages derive from it.

    Attributes:
        kind: "generator", "syncnet", "emotion" or "classifier"; names the weights file.
        networks: what learns; the one named `kind` is what the run is for.
        frozen: networks that are only asked.
        data: training windows.
        rate_scales: network name → its learning rate as a multiple of the loop's.
        frames_per_item: frames in a window, for the frames/s in the log.
        schedule: what loss weights depend on besides the step, as plain values; saved in a state.
        watched: the number of `evaluate` that early stopping wants small.
        probabilities: (len(data),) chances for balanced sampling, or None.
    """

    kind: str
    networks: dict[str, nn.Module]
    frozen: dict[str, nn.Module]
    data: Windows
    rate_scales: dict[str, float]
    frames_per_item: int = 5
    watched: str = "loss"
    probabilities: np.ndarray | None = None

    def __init__(self, kind: str, network: nn.Module, data: Windows):
        self.kind, self.data = kind, data
        self.networks, self.frozen, self.rate_scales = {kind: network}, {}, {}
        self.schedule: dict = {}

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

    def save(self, path: Path, network: nn.Module, step: int, metrics: dict) -> None:
        """Write the weights that others will use."""


def bare(net: nn.Module) -> nn.Module:
    """The network inside the wrapper that several processes put around it."""
    return getattr(net, "module", net)


class StageTask(Task):
    """A task on clip stores, with a recipe: what the stages have in common.

    Args:
        stores: as `mixture.open_sources` takes them.
        windows: (source, split) → the windows of a store's split.
    """

    def __init__(
        self,
        kind: str,
        network: nn.Module,
        recipe,
        stores,
        config: FitConfig,
        windows: Callable[[ClipStore, str], Windows],
    ):
        self.recipe, self.sources = recipe, open_sources(stores)
        train = [one.store.split("train") for one in self.sources]
        test = [one.store.split("test") for one in self.sources]
        if config.patience is not None:  # test people must not decide when to stop
            train, test = zip(*map(hold_out, train), strict=True)
        parts = [windows(store, "train") for store in train]
        super().__init__(kind, network, Mixture(parts, [one.share for one in self.sources]))
        self.tests = [windows(store, "test") for store in test]
        self.n_eval, self.batch_size = config.eval_items, config.batch_size
        self.origins: dict[str, str] = {}  # what the run learns from → sha256
        self.earlier: list[dict] = []  # runs of this recipe before it, as `CheckpointMeta.training`

    def start_from(self, path: str | PathLike | None) -> StageTask:
        """The task with the weights of a checkpoint, if one is given.

        Raises:
            CheckpointError: another kind, or another architecture but for `blocks.MAY_GROW`.
        """
        if path is None:
            return self
        network = self.networks[self.kind]
        same = {key: value for key, value in asdict(network.config).items() if key not in MAY_GROW}
        other, meta = load_checkpoint(path, self.kind, architecture=same)
        if _named(meta.recipe) == _named(self.recipe.name):
            self.earlier = meta.training.get("phases") or [{"steps": meta.step}]
        network.load_state_dict(net2net(other.state_dict(), network.state_dict(), file=path))
        self.origins["start"] = weights_sha256(network)
        return self

    def measure(self, network: nn.Module, batches: Iterator[dict]) -> dict[str, float | list]:
        """Numbers of the network on batches of people it has not met."""
        raise TypeError(f"{type(self).__name__} does not say what to measure")

    def evaluate(self, network: nn.Module, step: int) -> dict[str, float | list]:
        """`measure` on the test split; of several stores each, and their mean by shares."""
        n_items, device = -(-self.n_eval // len(self.tests)), next(network.parameters()).device
        found = {}
        for source, test in zip(self.sources, self.tests, strict=True):
            batches = fixed_batches(test, n_items, self.batch_size)
            ready = (finished(to_device(batch, device)) for batch in batches)
            found[source] = self.measure(network, ready)
        if len(found) == 1:
            return next(iter(found.values()))
        names = dict.fromkeys(n for one in found.values() for n, v in one.items() if _number(v))
        mean = {}
        for name in names:
            shares = {source: source.share for source, one in found.items() if name in one}
            total = sum(found[source][name] * share for source, share in shares.items())
            mean[name] = round(total / sum(shares.values()), 4)
        each = {f"{s.name}/{n}": value for s, one in found.items() for n, value in one.items()}
        return mean | each

    @property
    def corpus(self) -> str:
        """The name of what is trained on."""
        return " + ".join(one.store.corpus for one in self.sources)

    def settings(self) -> dict:
        return {
            "stage": self.kind,
            "recipe": self.recipe.name,
            "corpus": self.corpus,
            "recipe_sha256": settings_hash(plain(self.recipe)),
            "stores": [one.settings() for one in self.sources],
            "windows": len(self.data),
            **{f"{name}_sha256": sha256 for name, sha256 in self.origins.items()},
        }

    def save(self, path: Path, network: nn.Module, step: int, metrics: dict) -> None:
        save_checkpoint(
            path,
            network,
            recipe=self.recipe.name,
            corpus=self.corpus,
            step=step,
            metrics=metrics,
            inputs=self.inputs(),
            training={"phases": [*self.earlier, {"steps": step}]} if self.earlier else None,
        )

    def inputs(self) -> InputRules | None:
        """How the network is fed, where that is a choice."""
        return None


def _named(recipe: str) -> str:
    """A recipe's name without its phase and changes."""
    return recipe.partition(",")[0].partition(" (")[0]


def hold_out(train: ClipStore) -> tuple[ClipStore, ClipStore]:
    """A training split without every tenth person, and those people: to decide when to stop.

    Who has more than half of the clips stays in training, as in `splits.actor_disjoint`.

    Raises:
        DatasetError: only one person.
    """
    counts = train.clips["actor"].value_counts()
    actors = sorted(counts.index[counts <= len(train) / 2])
    if not actors:
        raise DatasetError(
            f"one training person only ({counts.index[0]}): nobody decides when to stop",
            file=train.root,
            fix="train without --patience, or prepare more people",
        )
    chosen = train.clips["actor"].isin(actors[::10])
    return train.select(~chosen), train.select(chosen)


def weights_sha256(net: nn.Module) -> str:
    """A short sha256 of all that a network has learned: names, weights and statistics."""
    digest = hashlib.sha256()
    for name, value in net.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _number(value) -> bool:
    return isinstance(value, int | float)


@dataclass(frozen=True)
class FitResult:
    """How a run ended: "done", "no better", "time limit", "SIGINT" or "SIGTERM"."""

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
