"""Results that take long are loaded when they are there, and made when they are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from emolib.errors import DatasetError
from emolib.paths import atomic_path
from emolib.runtime import Stopwatch, run_record

NEEDED = ("corpus", "profile", "seed", "emolib")


def save_result(path: str | PathLike, numbers: dict, record: dict) -> dict:
    """Write `numbers` with the record they came from (see `run_record`) as JSON; returns the whole.

    Raises:
        DatasetError: the record lacks one of corpus, profile, seed, emolib.
    """
    missing = [key for key in NEEDED if key not in record]
    if missing:
        raise DatasetError(f"a result needs {', '.join(missing)}", file=path)
    result = {"record": record, "numbers": numbers}
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return result


def load_result(path: str | PathLike) -> dict:
    """Read a result written by `save_result`.

    Raises:
        DatasetError: the file is missing, damaged, or has no record of where it came from.
    """
    try:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DatasetError("no such result", file=path, fix="run the step that makes it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"not a result file ({error})", file=path, fix="delete it and run again"
        ) from error
    if not isinstance(result, dict) or not set(NEEDED) <= set(result.get("record", ())):
        raise DatasetError("the result does not say where it came from", file=path)
    return result


def load_or_run(
    path: str | PathLike, run: Callable[[], dict], *, corpus: str, seed: int, rerun: bool = False
) -> dict:
    """The stored result at `path`, or that of `run()`, which is then stored.

    Args:
        run: returns the numbers as plain JSON values.
        rerun: make it anew even if it is there.

    Returns:
        `{"record": ..., "numbers": ...}`.
    """
    if Path(path).is_file() and not rerun:
        return load_result(path)
    watch = Stopwatch()
    numbers = run()
    return save_result(path, numbers, run_record(corpus=corpus, seed=seed, seconds=watch.seconds))
