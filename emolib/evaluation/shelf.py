"""What lies on the shelf: shipped checkpoints with their logs, and the results that name them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path

from emolib.base.errors import DatasetError
from emolib.base.files import file_sha256
from emolib.base.results import load_result
from emolib.models.checkpoint import CheckpointMeta, read_meta
from emolib.models.tensorfile import read_header


@dataclass(frozen=True)
class Shelved:
    """A checkpoint on the shelf: its file, what it says, its log and its checksum."""

    path: Path
    meta: CheckpointMeta
    log: tuple[dict, ...]
    sha256: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def size_mb(self) -> float:
        return self.path.stat().st_size / 1e6

    @property
    def n_parameters(self) -> int:
        """Numbers in the file, batch-norm statistics included."""
        header = read_header(self.path)
        shapes = [one["shape"] for name, one in header.items() if name != "__metadata__"]
        return sum(prod(shape) for shape in shapes)


def stored_results(folder: Path) -> dict[str, dict]:
    """Results by name of their file; other JSON files are passed over."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.name] = load_result(path)
        except DatasetError:
            continue
    return found


def measured_on(result: dict) -> str | None:
    """SHA-256 of the weights that a result measured, if it is a measurement of one network."""
    told = result["numbers"].get("checkpoint")
    if isinstance(told, dict):
        return told.get("sha256")
    return result["numbers"].get("checkpoint_sha256")


def shelved(path: Path) -> Shelved:
    """A checkpoint's file, with what belongs to it.

    Raises:
        DatasetError: its log is damaged.
    """
    log = path.with_name(f"{path.stem}.log.jsonl")
    try:
        text = log.read_text(encoding="utf-8") if log.is_file() else ""
        rows = tuple(json.loads(line) for line in text.splitlines())
    except ValueError as error:
        raise DatasetError(f"not a training log ({error})", file=log) from error
    return Shelved(path, read_meta(path), rows, file_sha256(path))
