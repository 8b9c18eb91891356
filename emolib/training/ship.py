"""A finished run becomes a shipped checkpoint: half the size, with its history and its log.

Shipped weights lie in `data/checkpoints` as `NAME.safetensors`, the log beside them as
`NAME.log.jsonl`. Neither holds an absolute path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.files import atomic_path, checkpoints_dir, file_sha256, write_text
from emolib.models.checkpoint import CheckpointMeta, load_checkpoint, save_checkpoint
from emolib.training.history import corpus_of, phase_of, portable
from emolib.training.journal import LOG_NAME, read_journal

MAX_BYTES = 6_000_000  # a clone must stay small; the largest, END at a quarter, has 5.3 MB
MAX_LOG_BYTES = 60_000


@dataclass(frozen=True)
class Shipped:
    """What was written."""

    path: Path
    log: Path
    meta: CheckpointMeta
    sha256: str

    def __str__(self) -> str:
        size_mb, minutes = self.path.stat().st_size / 1e6, self.meta.training["minutes"]
        return f"{self.path.name}: {size_mb:.2f} MB, step {self.meta.step}, {minutes:g} minutes"


def ship(
    run: str | PathLike,
    name: str,
    *,
    note: str = "",
    earlier: Iterable[str | PathLike] = (),
    corpus: str | PathLike | None = None,
    profile: str = "lite",
    out: str | PathLike | None = None,
) -> Shipped:
    """Put a run's weights into `data/checkpoints` as float16, with all that makes them repeatable.

    Args:
        run: a run's folder, or the weights file in one.
        name: of the checkpoint, such as "lite-generator".
        note: anything a reader must know.
        earlier: runs whose weights this one started from (`--start`), in order.
        corpus: folder of the synthetic corpus behind the store.
        out: another folder.

    Raises:
        ConfigError: no weights, or no log.
        DatasetError: the log does not tell the command.
        CheckpointError: damaged weights, or a file above 6 MB.
    """
    weights = find_weights(Path(run))
    model, meta = load_checkpoint(weights)
    logs = [_log_of(find_weights(Path(one))) for one in earlier]
    logs.append([row for row in _log_of(weights) if row["step"] <= meta.step])
    phases = [phase_of(rows) for rows in logs]
    minutes = round(sum(phase["minutes"] for phase in phases), 1)
    training = {"minutes": minutes, "phases": phases}
    told = meta.corpus
    if corpus is not None:
        training["corpus"] = facts = corpus_of(Path(corpus))
        if "(seed" not in told:
            told = f"{told}, {facts['people']} people (seed {facts['seed']})"
    path = (Path(out) if out else checkpoints_dir()) / f"{name}.safetensors"
    with atomic_path(path) as temporary:
        shipped = save_checkpoint(
            temporary,
            model,
            recipe=meta.recipe,
            corpus=told,
            profile=profile,
            step=meta.step,
            metrics=meta.metrics,
            inputs=meta.input_rules if meta.inputs else None,
            note=portable(note or meta.note),
            training=training,
            half=True,
        )
        size = temporary.stat().st_size
        if size > MAX_BYTES:
            raise CheckpointError(
                f"{size / 1e6:.1f} MB as float16",
                file=weights,
                expected=f"at most {MAX_BYTES / 1e6:g} MB",
                fix="train a narrower network (--width)",
            )
    log = path.with_name(f"{name}.log.jsonl")
    write_text(log, thinned(logs))
    return Shipped(path, log, shipped, file_sha256(path))


def find_weights(run: Path) -> Path:
    """The weights file of a run's folder, or the file itself.

    Raises:
        ConfigError: there is none, or more than one.
    """
    if run.is_file():
        return run
    found = sorted(run.glob("*.safetensors"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ConfigError(
            f"{len(found)} weights files ({names})",
            file=run,
            expected="one KIND.safetensors",
            fix="name the file itself",
        )
    return found[0]


def _log_of(weights: Path) -> list[dict]:
    if not (weights.parent / LOG_NAME).is_file():
        raise ConfigError(
            "no training log beside the weights", file=weights, expected=LOG_NAME, fix="find it"
        )
    return read_journal(weights.parent)


def thinned(logs: list[list[dict]], limit: int = MAX_LOG_BYTES) -> str:
    """Logs of runs in a row as JSON lines of at most `limit` bytes, without absolute paths.

    Happenings and evaluations all stay; of the means, every second, third … line. With several
    runs each line tells which it is of in "phase".
    """
    rows = [
        portable(row | ({"phase": phase} if len(logs) > 1 else {}))
        for phase, log in enumerate(logs)
        for row in log
    ]
    lines = [(json.dumps(row), "event" in row or "eval" in row) for row in rows]
    means = [place for place, (_, always) in enumerate(lines) if not always]
    for step in range(1, len(means) + 2):
        kept = set(means[step - 1 :: step])  # the last of each group: its epoch is over
        text = "".join(f"{line}\n" for k, (line, always) in enumerate(lines) if always or k in kept)
        if len(text.encode()) <= limit:
            break
    return text
