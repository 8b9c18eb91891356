"""The files of a clip store: their columns, their version, and reading the two small ones."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from emolib.base.emotions import check_order
from emolib.base.errors import DatasetError

FORMAT = 1
COLUMNS = {  # of clips.csv
    "clip": str,
    "actor": str,
    "sentence": str,
    "emotion": str,  # "" where the corpus has no labels
    "level": str,
    "split": str,
    "first_frame": int,
    "n_frames": int,
    "first_mel": int,
    "n_mels": int,
    "fps": float,
    "source": str,  # the video, relative to the corpus
    "sha256": str,  # of its video and sound
    "silent": int,  # 1: no use for learning sync
}


def read_info(root: Path) -> dict:
    """What `store.json` says.

    Raises:
        DatasetError: there is none, or it is of another format or emotion order.
    """
    file = root / "store.json"
    if not file.is_file():
        unfinished = (root / "parts").is_dir()
        raise DatasetError(
            "an unfinished clip store" if unfinished else "no clip store here",
            file=root,
            expected="a folder written by emolib prepare",
            fix=f"emolib prepare CORPUS --out {root}",
        )
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
        version, order = info["format"], info["emotions"]
        _ = [info["counts"][name] for name in ("clips", "frames", "mels")]
        _ = info["settings"]["crop_px"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DatasetError(
            "not a store description", file=file, fix="prepare it again"
        ) from problem
    if version != FORMAT:
        raise DatasetError(
            f"clip store format {version}",
            file=file,
            expected=f"format {FORMAT}",
            fix="prepare it again, or use the emolib that wrote it",
        )
    check_order(order, file=str(file))
    return info


def read_table(root: Path) -> pd.DataFrame:
    """`clips.csv` with its column types.

    Raises:
        DatasetError: missing or damaged.
    """
    file = root / "clips.csv"
    try:
        return pd.read_csv(file, dtype=COLUMNS, keep_default_na=False)[list(COLUMNS)]
    except (OSError, ValueError, KeyError) as problem:
        raise DatasetError(
            f"damaged or missing ({problem})", file=file, fix="prepare it again"
        ) from problem
