"""Where things are, and how files come into being: whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from emolib.base.errors import ConfigError, ResourceError

PACKAGE = Path(__file__).resolve().parent.parent
ASSETS = PACKAGE / "assets"


def project_root() -> Path:
    """The checkout that holds this package, or the current folder for an installed package."""
    root = PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


def data_dir() -> Path:
    """`data/` of the project, or the folder named by `EMOLIB_DATA`."""
    return Path(os.environ.get("EMOLIB_DATA") or project_root() / "data")


def checkpoints_dir() -> Path:
    """Where shipped checkpoints lie."""
    return data_dir() / "checkpoints"


def results_dir() -> Path:
    """Where result JSON files lie."""
    return data_dir() / "results"


def figures_dir() -> Path:
    """Where regenerated figures go."""
    return project_root() / "figures"


def cache_dir() -> Path:
    """A writable folder for things that can be made again (`EMOLIB_CACHE` moves it)."""
    chosen = os.environ.get("EMOLIB_CACHE")
    path = Path(chosen) if chosen else user_cache_path("emolib", appauthor=False)
    path.mkdir(parents=True, exist_ok=True)
    return path


def file_sha256(path: str | os.PathLike) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it becomes `path`, on failure it vanishes.

    The temporary name keeps the suffix, because writers choose their format by it.

    Raises:
        ResourceError: the folder cannot be written, or the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem[:40]}.", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
    except OSError as error:
        raise _write_error(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise _write_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> Path:
    """Write a text file whole, or not at all; returns its path. Raises as `atomic_path`."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def write_json(path: str | os.PathLike, content: dict, *, sort_keys: bool = True) -> Path:
    """Write JSON whole, the same bytes for the same content; returns its path."""
    text = json.dumps(content, indent=1, sort_keys=sort_keys, ensure_ascii=False)
    return write_text(path, text + "\n")


def check_output(path: str | os.PathLike, *inputs: str | os.PathLike, overwrite: bool) -> Path:
    """`path`, once it is clear that writing it loses nothing.

    Raises:
        ConfigError: it is one of the inputs, or exists and `overwrite` is false.
    """
    path = Path(path)
    for given in inputs:
        if path.exists() and Path(given).exists() and path.samefile(given):
            raise ConfigError(
                "the output is also an input", file=path, fix="choose another output name"
            )
    if path.is_dir():
        raise ConfigError("the output is a folder", file=path, expected="a file name")
    if path.exists() and not overwrite:
        raise ConfigError("the output exists already", file=path, fix="pass --overwrite")
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_NOT_WRITABLE = (
    *(errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST),
    *(errno.ENOENT, errno.ENAMETOOLONG),
)


def _write_error(path: Path, error: OSError) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        folder = next(p for p in (path.parent, *path.parents) if p.exists())
        free_mb = shutil.disk_usage(folder).free / 1e6
        return ResourceError(
            f"the disk is full ({free_mb:.0f} MB free)", file=path, fix="free some space, run again"
        )
    if error.errno in _NOT_WRITABLE:
        return ResourceError(
            f"cannot write here ({error.strerror})", file=path, fix="choose a writable folder"
        )
    return error
