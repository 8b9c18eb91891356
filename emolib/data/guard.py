"""Whose folder this is: one process at a time, one set of settings, and nothing half-finished.

The order of steps is what makes a kill harmless: settings first, then parts one by one, then the
packed files beside them, and `store.json`, which says "finished", last.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from emolib.base.errors import ConfigError, ResourceError
from emolib.base.files import atomic_path

PACKED = ("frames.npy", "mel.npy", "boxes.npy", "clips.csv")
OWN = {*PACKED, "store.json", "parts", ".lock", ".owner", ".packing", ".gitignore"}


@contextmanager
def locked(out: Path, wait_s: float) -> Iterator[None]:
    """Hold the store's folder for this process.

    Raises:
        ResourceError: another process holds it still after `wait_s`; or it cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock", timeout=wait_s)
        lock.acquire()
    except Timeout as problem:
        raise ResourceError(
            f"{_owner(out)} is preparing this store",
            file=out,
            fix="wait for it (--wait SECONDS), or stop it and run again",
        ) from problem
    except OSError as problem:
        raise ResourceError(
            f"cannot write here ({problem.strerror})", file=out, fix="choose a writable folder"
        ) from problem
    try:
        note = f"process {os.getpid()} on {socket.gethostname()}"
        (out / ".owner").write_text(note, encoding="utf-8")
        yield
    finally:
        (out / ".owner").unlink(missing_ok=True)
        lock.release()


def _owner(out: Path) -> str:
    try:
        return (out / ".owner").read_text(encoding="utf-8")
    except OSError:
        return "another process"


def claim(out: Path, identity: dict) -> None:
    """Begin or continue a store with these settings.

    Args:
        identity: everything that decides what the store holds, as plain values.

    Raises:
        ConfigError: the folder holds other files, or a store of other settings: names each field.
    """
    foreign = sorted(path.name for path in out.iterdir() if path.name not in OWN)
    if foreign:
        raise ConfigError(
            f"the folder holds other files ({', '.join(foreign[:3])})",
            file=out,
            fix="choose a new or empty folder",
        )
    for file in (out / "store.json", out / "parts" / "settings.json"):
        if not file.is_file():
            continue
        try:
            theirs = json.loads(file.read_text(encoding="utf-8"))["settings"]
            fields = sorted(identity.keys() | theirs.keys())
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ConfigError(
                "not a store description", file=file, fix="choose another folder"
            ) from problem
        differing = [
            f"{field} {theirs.get(field)!r} ≠ {identity.get(field)!r}"
            for field in fields
            if theirs.get(field) != identity.get(field)
        ]
        if differing:
            raise ConfigError(
                f"the folder holds a store of other settings ({'; '.join(differing)})",
                file=out,
                fix="use the same settings, or choose another folder",
            )
    parts = out / "parts"
    parts.mkdir(exist_ok=True)
    write_json(parts / "settings.json", {"settings": identity})
    sweep(out)


def sweep(out: Path) -> None:
    """Remove what a killed run left half-written; finish what it had begun to publish."""
    if (out / ".packing" / "store.json").is_file():
        publish(out)
        (out / "parts").mkdir()
    shutil.rmtree(out / ".packing", ignore_errors=True)
    for left in (out / "parts").glob(".*.npz"):
        left.unlink(missing_ok=True)


def publish(out: Path) -> None:
    """Put the files of `.packing` in place, `store.json` last, and remove the parts."""
    packing = out / ".packing"
    (out / "store.json").unlink(missing_ok=True)
    for name in (*PACKED, "store.json"):
        if (packing / name).is_file():  # else it is in place already
            with (packing / name).open("rb") as file:
                os.fsync(file.fileno())
            (packing / name).replace(out / name)
    shutil.rmtree(packing)
    shutil.rmtree(out / "parts")


def write_json(path: Path, content: dict) -> None:
    """Write JSON whole, the same bytes for the same content."""
    with atomic_path(path) as temporary:
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
