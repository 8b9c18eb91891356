"""The training runs behind the shipped checkpoints, read from the logs that lie beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from emolib.base.errors import CheckpointError
from emolib.base.files import checkpoints_dir, results_dir
from emolib.base.results import load_result
from emolib.models.checkpoint import CheckpointMeta, read_meta
from emolib.training.history import minutes_of
from emolib.training.journal import read_journal
from emolib.training.losses import Ramp, Threshold

LOG_SUFFIX = ".log.jsonl"


@dataclass(frozen=True)
class ShippedRun:
    """One run: what the checkpoint says of itself, and the lines of its log.

    Where weights went through several runs in a row, `rows` are all of them and steps go on from
    one to the next.
    """

    name: str
    meta: CheckpointMeta
    rows: list[dict]

    @property
    def minutes(self) -> float:
        """Of training, all runs together."""
        return self.meta.training.get("minutes") or minutes_of(self.rows)

    @property
    def told(self) -> str:
        """One line: recipe, steps, minutes, corpus, profile."""
        meta = self.meta
        steps = f"{self.last_step:,} steps in {self.minutes:g} minutes"
        return f"{meta.recipe}; {steps}; {meta.corpus} corpus, profile {meta.profile}"

    @property
    def last_step(self) -> int:
        """Of all runs together."""
        return max((row["step"] for row in self.rows), default=self.meta.step)

    @property
    def gain_db(self) -> tuple[list[int], list[float]]:
        """Steps, and PSNR above that of copying the reference, on held-out people."""
        steps, made = self.evaluations("psnr_db")
        _, copied = self.evaluations("psnr_copy_db")
        return steps, [a - b for a, b in zip(made, copied, strict=True)]

    @property
    def frames_per_s(self) -> float | None:
        """Median speed of its training steps; None where the log does not tell."""
        speeds = self.series("frames_per_s")[1]
        return median(speeds) if speeds else None

    def series(self, key: str) -> tuple[list[int], list[float]]:
        """Steps and means of one quantity, such as "l1"; empty where it was not logged."""
        rows = [row for row in self.rows if key in row]
        return [row["step"] for row in rows], [row[key] for row in rows]

    def evaluations(self, key: str) -> tuple[list[int], list[float]]:
        """Steps and values of one number of the evaluations, such as "psnr_db"."""
        rows = [row for row in self.rows if key in row.get("eval", ())]
        return [row["step"] for row in rows], [row["eval"][key] for row in rows]


def shipped_runs(kind: str | None = None) -> dict[str, ShippedRun]:
    """The shipped checkpoints that have a log, by name; of one kind if it is given.

    A checkpoint that cannot be read is left out: `emolib doctor` tells of it.
    """
    found = {}
    for log in sorted(checkpoints_dir().glob(f"*{LOG_SUFFIX}")):
        name = log.name.removesuffix(LOG_SUFFIX)
        weights = log.with_name(f"{name}.safetensors")
        try:
            meta = read_meta(weights)
        except (CheckpointError, FileNotFoundError):
            continue
        if kind in (None, meta.kind):
            found[name] = ShippedRun(name, meta, one_after_another(read_journal(log)))
    return found


def runs_table(runs: Iterable[ShippedRun]) -> pd.DataFrame:
    """What each run was and reached, a row each."""
    rows = {
        run.name: {
            "recipe": run.meta.recipe,
            "steps": run.last_step,
            "minutes": run.minutes,
            "PSNR, dB": run.meta.metrics.get("psnr_db"),
            "copying, dB": run.meta.metrics.get("psnr_copy_db"),
            "corpus": run.meta.corpus,
            "profile": run.meta.profile,
        }
        for run in runs
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def cost_table(runs: Iterable[ShippedRun], n_frames: int) -> pd.DataFrame:
    """Measured speeds, and how long `n_frames` would take at each (extrapolated, not measured).

    Speeds come from the runs' logs and from stored results of `benchmarks/train_speed.py`.
    """
    rows = [
        (run.name, "its log", run.frames_per_s, run.minutes / 60)
        for run in runs
        if run.frames_per_s
    ]
    for path in sorted(results_dir().glob("train_speed*.json")):
        numbers = load_result(path)["numbers"]
        where = f"benchmark, {numbers['machine']}"
        rows += [(name, where, speed, None) for name, speed in numbers["cost"].items()]
    heads = ["", "measured by", "frames/s, measured", "hours trained, measured"]
    table = pd.DataFrame(rows, columns=heads)
    hours = n_frames / table[heads[2]] / 3600
    table[f"hours for {n_frames:,} frames, extrapolated"] = hours
    return table.round({heads[2]: 1, heads[3]: 1, table.columns[-1]: 0})


def one_after_another(rows: list[dict]) -> list[dict]:
    """Lines of several runs in a row ("phase" 0, 1, …), with steps that go on.

    A run that starts from another's weights counts its steps from 0 again.
    """
    moved, before, last, phase = [], 0, 0, 0
    for row in rows:
        if row.get("phase", 0) != phase:
            before, phase = last, row["phase"]
        last = before + row["step"]
        moved.append({**row, "step": last})
    return moved


def alphas_over(
    steps: Sequence[int],
    sync_losses: Sequence[float],
    rule: Threshold | Ramp,
    full: float,
    forgets_at: int | None = None,
) -> list[float]:
    """α at each evaluation of a run.

    Args:
        steps: of the evaluations; sync_losses: what each found.
        full: the sync weight once it is on.
        forgets_at: a step at which the run is resumed by code that does not keep α, as released.
    """
    opened, found = None, []
    for step, loss in zip(steps, sync_losses, strict=True):
        if step == forgets_at:  # closed until the next evaluation
            opened = None
        elif opened is None and rule.opens(loss):
            opened = step
        found.append(0.0 if step == forgets_at else rule.alpha(full, step, opened))
    return found
