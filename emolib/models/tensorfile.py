"""A weights file before it is trusted: header and sizes only, no tensors, no code; what it says of
itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from emolib import __version__
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import CheckpointError

MAX_HEADER_BYTES = 4_000_000  # ours are about 50 kB
MAX_TENSORS = 20_000  # ours are under 500
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def read_header(path: Path) -> dict:
    """The JSON header of a safetensors file whose length is right.

    Raises:
        CheckpointError: empty, truncated, no safetensors file, or a header too large to be honest.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start[:4] in _PICKLE_STARTS or start[:2] in _PICKLE_STARTS:
            raise CheckpointError(
                "a pickled .pth file, not a checkpoint of ours",
                file=path,
                fix="convert it once with `emolib import-weights`",
            )
        if len(start) < 8:
            raise _incomplete(path, size, "at least 8")
        n_header = int.from_bytes(start, "little")
        if n_header > MAX_HEADER_BYTES:
            raise CheckpointError(
                f"no safetensors file, or one with a header of {n_header:,} bytes",
                file=path,
                expected=f"at most {MAX_HEADER_BYTES:,}",
                fix="do not use this file; get it from its origin",
            )
        if 8 + n_header > size:
            raise _incomplete(path, size, f"at least {8 + n_header:,}")
        raw = file.read(n_header)
    try:
        header = json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError("its header is damaged", file=path, fix="get it again") from error
    if not isinstance(header, dict) or len(header) > MAX_TENSORS:
        raise CheckpointError(f"more than {MAX_TENSORS:,} entries in its header", file=path)
    try:
        ends = [t["data_offsets"][1] for name, t in header.items() if name != "__metadata__"]
        expected = 8 + n_header + max(ends, default=0)
    except (KeyError, TypeError, IndexError) as error:
        raise CheckpointError("its header is damaged", file=path, fix="get it again") from error
    if size != expected:
        raise _incomplete(path, size, f"{expected:,}")
    return header


def _incomplete(path: Path, size: int, expected: str) -> CheckpointError:
    return CheckpointError(
        f"the file is incomplete ({size:,} of {expected} bytes)",
        file=path,
        fix="get or download it again",
    )


FORMAT = "emolib-checkpoint"
SCHEMA = 1  # raised when old readers would misread a new file


@dataclass(frozen=True)
class InputRules:
    """How a generator was fed in training, and so must be fed ever after."""

    mask: str = "full"  # what is hidden of the target: see `store.masks`
    alignment: str = "centred"  # which sound a frame hears: see `media.mel`
    geometry: str = "box"  # how the face is cut out: see `media.compose`


@dataclass(frozen=True)
class CheckpointMeta:
    """What a checkpoint says about itself."""

    kind: str  # a key of `checkpoint.KINDS`
    architecture: dict  # the network's config as plain values
    recipe: str = ""  # END, SEQ, PLDA, PRE, IMPROVED, WAV2LIP, or "published: …"
    corpus: str = ""  # what it was trained on
    profile: str = ""
    step: int = 0
    metrics: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)  # of a generator: `InputRules` as plain values
    note: str = ""  # licence, origin, anything a reader must know
    training: dict = field(default_factory=dict)  # how it was made: see `training.ship`
    emotions: tuple[str, ...] = EMOTIONS
    emolib: str = __version__
    schema: int = SCHEMA

    @property
    def steps(self) -> int:
        """All steps of its training; `step` counts those of its last run."""
        return sum(phase["steps"] for phase in self.training.get("phases", ())) or self.step

    @property
    def input_rules(self) -> InputRules:
        """How the network wants its input."""
        return InputRules(**self.inputs)
