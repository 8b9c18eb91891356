"""Runs Python on a GPU that no other step of this user's is using: `python gpu.py -m emolib.cli …`.

Without it, trainings that run side by side would all take the first GPU. It is held until the
process ends, however it ends. When all are taken, or there is no choice, nothing is changed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def gpus() -> list[str]:
    """Those that may be used, as CUDA_VISIBLE_DEVICES names them."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    return [str(k) for k in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]


def take(names: list[str]) -> str | None:
    """The first free one, held from now on by this process and what it becomes; None: none is."""
    import fcntl  # not on Windows

    for name in names:
        path = Path(tempfile.gettempdir()) / f"emolib-{os.getuid()}-gpu-{name}.lock"
        held = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            continue
        os.set_inheritable(held, True)
        return name
    return None


if __name__ == "__main__":
    there = gpus()
    if len(there) > 1 and os.name == "posix" and (free := take(there)):
        os.environ["CUDA_VISIBLE_DEVICES"] = free
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
