"""Clips on their way into a store: one file each, written whole, then packed in one pass.

A part remembers the content hash of its sources, so a resumed run knows what is finished whatever
the clock or a copied folder's dates say.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from emolib.base.arrays import load_arrays
from emolib.base.config import AUDIO
from emolib.base.emotions import check_order
from emolib.base.errors import DatasetError, ResourceError
from emolib.base.files import atomic_path

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


ARRAYS = ("frames", "mel", "boxes")
LONGEST_NAME = 200  # of a part's file, in bytes; longer ones end in a hash of the whole


@dataclass(frozen=True)
class PreparedClip:
    """A clip as it will lie in the store.

    Attributes:
        frames: (T, S, S, 3) uint8; mel: (M, 80) float32; boxes: (T, 4) float32.
        sha256: of the sources.
        silent: nothing is heard.
        remarks: plain sentences on what was odd but usable.
    """

    frames: np.ndarray
    mel: np.ndarray
    boxes: np.ndarray
    sha256: str
    silent: bool
    remarks: tuple[str, ...]

    @property
    def meta(self) -> dict:
        """All but the arrays, as plain values, with their lengths."""
        return {
            "sha256": self.sha256,
            "silent": int(self.silent),
            "remarks": list(self.remarks),
            "n_frames": len(self.frames),
            "n_mels": len(self.mel),
        }


def part_path(folder: Path, name: str) -> Path:
    """Where a clip's part lies; any clip name gives a valid file name of its own."""
    stem = quote(name, safe="")
    if len(stem) > LONGEST_NAME:
        stem = f"{stem[: LONGEST_NAME - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return folder / f"{stem}.npz"


def save_part(path: Path, clip: PreparedClip) -> dict:
    """Write a part whole; returns its meta."""
    with atomic_path(path) as temporary:
        np.savez(
            temporary,
            meta=np.array(json.dumps(clip.meta)),
            frames=clip.frames,
            mel=clip.mel,
            boxes=clip.boxes,
        )
    return clip.meta


def read_meta(path: Path, sha256: str) -> dict | None:
    """A part's meta, or None if it is not there, damaged, or of other sources."""
    if not path.is_file():
        return None
    try:
        meta = json.loads(str(load_arrays(path, "meta")["meta"]))
        return meta if meta["sha256"] == sha256 else None
    except (ValueError, KeyError, TypeError):  # a `DatasetError` is a ValueError
        return None


def read_part(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """A part's arrays: frames (T, S, S, 3) uint8, mel (M, 80) and boxes (T, 4) float32.

    Raises:
        DatasetError: damaged, or of other sources; the part is removed.
    """
    problem = "is of another clip"
    try:
        arrays = load_arrays(path, *ARRAYS)
        if read_meta(path, sha256):
            return arrays
    except DatasetError as error:
        problem = error.problem
    path.unlink(missing_ok=True)
    raise DatasetError(
        problem, file=path, expected="a finished clip", fix="run it again: it is removed"
    )


def pack(folder: Path, rows: list[dict], sources: Iterable[dict], crop_px: int) -> None:
    """Write `frames.npy`, `mel.npy`, `boxes.npy` and `clips.csv` into a folder.

    One clip is in memory at a time.

    Args:
        rows: the values of `COLUMNS` for each clip but the two `first_…`, which follow from the
            order.
        sources: the arrays of each clip, in the same order.

    Raises:
        ResourceError: too little disk.
        DatasetError: a clip's arrays are not as long as its row says.
    """
    n_frames = sum(row["n_frames"] for row in rows)
    n_mels = sum(row["n_mels"] for row in rows)
    shapes = {
        "frames": (np.uint8, (n_frames, crop_px, crop_px, 3)),
        "mel": (np.float32, (n_mels, AUDIO.n_mels)),
        "boxes": (np.float32, (n_frames, 4)),
    }
    needed = n_frames * crop_px**2 * 3 + n_mels * AUDIO.n_mels * 4
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ResourceError(
            f"the packed store needs {needed / 1e9:.2f} GB and {free / 1e9:.2f} GB are free",
            file=folder,
            fix="free some space and run again: finished clips are kept",
        )
    files = {name: (folder / f"{name}.npy").open("wb") for name in ARRAYS}
    try:
        for name, (dtype, shape) in shapes.items():
            header = {
                "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                "fortran_order": False,
                "shape": shape,
            }
            np.lib.format.write_array_header_1_0(files[name], header)
        first_frame = first_mel = 0
        for row, arrays in zip(rows, sources, strict=True):
            for name, (dtype, shape) in shapes.items():
                values = np.ascontiguousarray(arrays[name], dtype=dtype)
                wanted = (row["n_mels" if name == "mel" else "n_frames"], *shape[1:])
                if values.shape != wanted:
                    raise DatasetError(
                        f"{name} of clip {row['clip']} is {values.shape}",
                        file=folder,
                        expected=f"{wanted}",
                    )
                files[name].write(values.data)
            row["first_frame"], row["first_mel"] = first_frame, first_mel
            first_frame += row["n_frames"]
            first_mel += row["n_mels"]
    finally:
        for file in files.values():
            file.close()
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(folder / "clips.csv", index=False)
