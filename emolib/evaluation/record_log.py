"""What is known so far of an evaluation, so that a killed run loses one clip at most."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from emolib.base.errors import EmolibWarning


class RecordLog:
    """Records on disk, one JSON line each, under a key; a half-written last line is dropped.

    Attributes:
        done: clip → record, those of an earlier run with the same key included.
    """

    def __init__(self, path: Path, key: str):
        self.path, self.key, self.done = path, key, {}
        self.n_bytes = 0  # of whole lines that belong to this key
        lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
        known = list(_whole(lines))
        if known and known[0].get("key") == key:
            self.done = {record["clip"]: record for record in known[1:]}
            self.n_bytes = sum(map(len, lines[: len(known)]))
        elif known:
            warnings.warn(
                f"{path.name} belongs to other settings or weights: starting anew",
                EmolibWarning,
                stacklevel=3,
            )

    def __enter__(self) -> RecordLog:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.stream = self.path.open("a", encoding="utf-8")
        os.truncate(self.path, self.n_bytes)  # what follows is half a line, or another key's
        if not self.n_bytes:
            self._line({"key": self.key})
        return self

    def __exit__(self, *_) -> None:
        self.stream.close()

    def finish(self) -> None:
        """Remove the file: its content is in the result now."""
        self.path.unlink()

    def write(self, record: dict) -> None:
        """Add a clip's record, which has its name under "clip"."""
        self.done[record["clip"]] = record
        self._line(record)

    def _line(self, content: dict) -> None:
        self.stream.write(json.dumps(content) + "\n")
        self.stream.flush()


def _whole(lines: list[bytes]) -> Iterator[dict]:
    """The records up to the first line that is half written."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            return
        if not isinstance(record, dict) or not line.endswith(b"\n"):
            return
        yield record
