"""Results: numbers never without the record of where they come from (design: format "Result")."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

from emolib.base.errors import DatasetError, ResourceError
from emolib.base.files import write_text

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
    write_text(path, json.dumps(result, indent=1, sort_keys=True) + "\n")
    return result


def load_result(path: str | PathLike) -> dict:
    """Read a result written by `save_result`.

    Raises:
        DatasetError: the file is missing, damaged, or has no record of where it came from.
        ResourceError: the machine does not give its bytes.
    """
    try:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DatasetError("no such result", file=path, fix="run the step that makes it") from None
    except OSError as error:
        raise ResourceError(f"cannot be read ({error.strerror})", file=path) from error
    except ValueError as error:
        raise DatasetError(
            f"not a result file ({error})", file=path, fix="delete it and run again"
        ) from error
    parts = [result.get(key) if isinstance(result, dict) else None for key in ("numbers", "record")]
    if not all(isinstance(part, dict) for part in parts) or not set(NEEDED) <= set(parts[1]):
        raise DatasetError("numbers with the record of where they came from are missing", file=path)
    return result
