"""A clip store opened for reading: frames, mel and boxes as memory maps, and a table of clips.

Nothing is loaded but what is looked at, so a store may be larger than the memory, and may lie in a
folder that cannot be written. Format: docs/architecture.md, "Formats at the doors".
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from emolib.base.config import AUDIO
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.parts import read_info, read_table


@dataclass(frozen=True)
class ClipArrays:
    """One clip of a store, as views into the memory maps.

    Attributes:
        frames: (T, S, S, 3) uint8 RGB face crops at 25 fps.
        mel: (80, M) float32.
        boxes: (T, 4) float32, where the crops came from: x0, y0, x1, y1 in source pixels.
    """

    name: str
    actor: str
    sentence: str
    emotion: str
    frames: np.ndarray
    mel: np.ndarray
    boxes: np.ndarray


class ClipStore:
    """A store, or some of its clips.

    Args:
        root: the store's folder.
        rows: row numbers of `clips.csv` to keep; all by default. `split` and `select` fill it.

    Attributes:
        info: what `store.json` says.
        clips: one row a clip (`format.COLUMNS`).
        frames: (N, S, S, 3) uint8; mel: (M, 80) float32; boxes: (N, 4) float32: of all clips.

    Raises:
        DatasetError: no store here, unfinished, damaged, or of another format.
    """

    def __init__(self, root: str | os.PathLike, rows: np.ndarray | None = None):
        self.root = Path(root)
        self.info = read_info(self.root)
        self.frames, self.mel, self.boxes = (
            self._map(f"{name}.npy") for name in ("frames", "mel", "boxes")
        )
        table = read_table(self.root)
        self._check(table)
        self._rows = None if rows is None else np.asarray(rows, dtype=int)
        self.clips = table if rows is None else table.iloc[self._rows].reset_index(drop=True)

    def __reduce__(self):
        return ClipStore, (self.root, self._rows)  # a worker maps the files anew

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> ClipArrays:
        """A clip by its place in `clips`."""
        if not 0 <= index < len(self):
            raise IndexError(f"clip {index} of {len(self)}")
        first, n_frames, first_mel, n_mels = self.spans[index]
        row = self.clips.iloc[index]
        return ClipArrays(
            name=row["clip"],
            actor=row["actor"],
            sentence=row["sentence"],
            emotion=row["emotion"],
            frames=self.frames[first : first + n_frames],
            mel=self.mel[first_mel : first_mel + n_mels].T,
            boxes=self.boxes[first : first + n_frames],
        )

    @cached_property
    def spans(self) -> np.ndarray:
        """(clips, 4) int64: first_frame, n_frames, first_mel, n_mels."""
        return self.clips[["first_frame", "n_frames", "first_mel", "n_mels"]].to_numpy(np.int64)

    @cached_property
    def emotion_idx(self) -> np.ndarray:
        """(clips,) int64: index in `EMOTIONS`, or -1 without a label."""
        places = {code: place for place, code in enumerate(EMOTIONS)}
        return self.clips["emotion"].map(lambda code: places.get(code, -1)).to_numpy(np.int64)

    @property
    def paired(self) -> bool:
        """Whether any two clips of an actor show the same pose at the same frame."""
        return bool(self.info.get("paired"))

    @property
    def corpus(self) -> str:
        """Name of the corpus, for results; of a synthetic one with its seed and people."""
        return self.info.get("told", self.info["corpus"])

    @property
    def face_px(self) -> int:
        """Side of the crops."""
        return self.frames.shape[1]

    def select(self, keep) -> ClipStore:
        """The clips for which `keep` (a bool array over `clips`) is true."""
        rows = np.flatnonzero(np.asarray(keep, dtype=bool))
        return ClipStore(self.root, rows if self._rows is None else self._rows[rows])

    def split(self, name: str) -> ClipStore:
        """The clips of one split; "all" for every clip.

        Raises:
            DatasetError: no clip is in it.
        """
        if name == "all":
            return self
        chosen = self.select(self.clips["split"] == name)
        if not len(chosen):
            there = ", ".join(sorted(self.clips["split"].unique()))
            raise DatasetError(f"the split {name!r} is empty", file=self.root, expected=there)
        return chosen

    def class_balance(self) -> pd.DataFrame:
        """Clips and seconds of each emotion, in the order of `EMOTIONS`."""
        seconds = self.clips["n_frames"] / self.clips["fps"]
        table = pd.DataFrame({"emotion": self.clips["emotion"], "clips": 1, "seconds": seconds})
        return table.groupby("emotion").sum().reindex(list(EMOTIONS), fill_value=0)

    def balanced_probabilities(self) -> np.ndarray:
        """(clips,) chances that make every emotion equally likely; they sum to 1."""
        counts = np.bincount(self.emotion_idx + 1, minlength=len(EMOTIONS) + 1)
        chances = 1.0 / counts[self.emotion_idx + 1]
        return chances / chances.sum()

    def statistics(self) -> dict:
        """Counts and means as plain values: clips, actors, sentences, frames, minutes, box size."""
        spans = self.spans
        sides = [
            float(np.ptp(self.boxes[first : first + n, 1::2], axis=1).mean())
            for first, n, _, _ in spans
        ]
        return {
            "clips": len(self),
            "actors": int(self.clips["actor"].nunique()),
            "sentences": int(self.clips["sentence"].nunique()),
            "frames": int(spans[:, 1].sum()),
            "minutes": round(float((spans[:, 1] / self.clips["fps"]).sum() / 60), 2),
            "frames_per_clip": round(float(spans[:, 1].mean()), 1),
            "silent_clips": int(self.clips["silent"].sum()),
            "face_px_in_source": round(float(np.mean(sides)), 1),
        }

    def _map(self, name: str) -> np.ndarray:
        try:
            return np.load(self.root / name, mmap_mode="r")
        except (OSError, ValueError, EOFError, SyntaxError) as problem:  # all that numpy raises
            raise DatasetError(
                f"damaged or missing ({problem})", file=self.root / name, fix="prepare it again"
            ) from problem

    def _check(self, table: pd.DataFrame) -> None:
        counts = self.info["counts"]
        n_frames, n_mels = counts["frames"], counts["mels"]
        side = self.info["settings"]["crop_px"]
        found = [self.frames.shape, self.mel.shape, self.boxes.shape, len(table)]
        wanted = [
            (n_frames, side, side, 3),
            (n_mels, AUDIO.n_mels),
            (n_frames, 4),
            counts["clips"],
        ]
        if found != wanted:
            raise DatasetError(
                f"the files do not belong together: {found}",
                file=self.root,
                expected=str(wanted),
                fix="prepare it again",
            )
