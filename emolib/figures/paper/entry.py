"""What a figure of the paper is here: results in, one drawing and its caption out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from emolib.base.arrays import load_arrays
from emolib.base.results import load_result
from emolib.media.image import load_strip, read_still


@dataclass(frozen=True)
class Stored:
    """A result file and what lies beside it under the same name: arrays, frames, a picture.

    Attributes:
        path: `data/results/NAME.json`.
    """

    path: Path

    @cached_property
    def numbers(self) -> dict:
        """The numbers. Raises DatasetError: missing or damaged."""
        return load_result(self.path)["numbers"]

    @cached_property
    def record(self) -> dict:
        """Where they come from: corpus, profile, seed, versions."""
        return load_result(self.path)["record"]

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of `NAME.npz`.

        Raises:
            DatasetError: missing or damaged.
        """
        return load_arrays(self.path.with_suffix(".npz"))

    def frames(self, n_frames: int) -> np.ndarray:
        """The first frames of the strip `NAME.webp`: (N, 96, 96, 3) uint8 RGB.

        Raises:
            MediaError: missing, damaged, or with fewer frames.
        """
        return load_strip(self.path.with_suffix(".webp"), n_frames)

    @cached_property
    def picture(self) -> np.ndarray:
        """`NAME.png` or `NAME.jpg`: (H, W, 3) uint8 RGB.

        Raises:
            MediaError: neither is there, or it is damaged.
        """
        png = self.path.with_suffix(".png")
        return read_still(png if png.is_file() else self.path.with_suffix(".jpg"))


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the paper.

    Attributes:
        number: 1 to 11.
        name: of its files: `figures/figNN_name.{png,pdf,json}`.
        shows: the caption, or a function that makes it from the same results as `draw`.
        needs: files in `data/results`, all of them, in the order that `draw` takes them.
        made_by: the command that makes them.
        draw: `Stored` results → figure.
    """

    number: int
    name: str
    shows: str | Callable[..., str]
    needs: tuple[str, ...]
    made_by: str
    draw: Callable[..., Figure]

    def caption(self, *results: Stored) -> str:
        """What the figure shows, in words."""
        return self.shows if isinstance(self.shows, str) else self.shows(*results)
