"""A generated clip in memory, and how it becomes a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emolib.media.provenance import Facts, Written, write_labelled


@dataclass(frozen=True)
class Clip:
    """A generated clip in memory.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB, without the visible label, which `save` adds.
        audio: (n,) float32 mono at `sample_rate_hz`.
        fps: frames a second.
        boxes: (T, 4) float32, x0 y0 x1 y1 of the face in pixels.
        report: what was done: frames, emotion, notes, missing stretches, seconds per stage.
        facts: what it was made from, for the marks of `save`.
        inputs: files it was made from, which `save` never overwrites.
    """

    frames: np.ndarray
    audio: np.ndarray
    fps: int
    boxes: np.ndarray
    report: dict
    facts: Facts
    sample_rate_hz: int
    inputs: tuple[Path, ...] = ()

    def save(
        self, path: str | os.PathLike, *, overwrite: bool = False, label: bool = True
    ) -> Written:
        """Write it with all provenance marks; see `media.provenance.write_labelled`."""
        return write_labelled(
            path,
            self.frames,
            self.audio,
            self.facts,
            label,
            fps=self.fps,
            sample_rate_hz=self.sample_rate_hz,
            inputs=self.inputs,
            overwrite=overwrite,
        )
