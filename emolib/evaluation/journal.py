"""What is known so far of an evaluation, so that a killed run loses one clip at most."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

from emolib.base.errors import EmolibWarning


class Journal:
    """Records on disk, one JSON line each, under a key; a half-written last line is dropped.

    Attributes:
        done: clip → record, those of an earlier run with the same key included.
    """

    def __init__(self, path: Path, key: str):
        self.path, self.key, self.done = path, key, {}
        lines = list(self._lines()) if path.is_file() else []
        if lines and lines[0].get("key") == key:
            self.done = {record["clip"]: record for record in lines[1:]}
        elif lines:
            warnings.warn(
                f"{path.name} belongs to other settings or weights: starting anew",
                EmolibWarning,
                stacklevel=3,
            )

    def __enter__(self) -> Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.stream = self.path.open("w", encoding="utf-8")
        self._line({"key": self.key})
        for record in self.done.values():
            self._line(record)
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

    def _lines(self) -> Iterator[dict]:
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                return
