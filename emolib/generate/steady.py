"""Maps made fit for large pictures and for time: no combs, no twitching brows.

A decoder of transposed convolutions leaves a trace at every second pixel. Nobody sees it at 96
pixels; enlarged six times it turns a lash line into a comb. A binomial filter of three pixels is
blind to exactly that period, and hardly touches anything slower.

Over time, the upper face has no lips to keep in step, but it twitches when the sound begins or
stops, because the frames are made one by one. So its flow follows with a short memory. And in a
pause it follows hardly at all: silence stands at the beginning and end of every clip that networks
learn from, where an expression is weaker, so they would let it drop whenever nobody speaks. Below
the nose nothing is held back.

Deviation: neither is in the paper, whose head gives colours only.
"""

from __future__ import annotations

import cv2
import numpy as np

from emolib.config import VIDEO

BINOMIAL = np.array([0.25, 0.5, 0.25], np.float32)
CALMED = ("flow", "weight")
UPPER_END, LOWER_START = 0.45, 0.60  # of the crop's height: below the eyes, above the upper lip
MEMORY = 0.7  # share of the last frame's flow in the upper face
REST_MEMORY = 0.98  # the same in a pause


def calm(layers: np.ndarray) -> np.ndarray:
    """Maps (C, S, S) float32 without what alternates from pixel to pixel."""
    options = {"borderType": cv2.BORDER_REPLICATE}
    return np.stack([cv2.sepFilter2D(one, -1, BINOMIAL, BINOMIAL, **options) for one in layers])


def upper_face(size: int = VIDEO.face_px) -> np.ndarray:
    """Which rows belong to the upper face: (1, S, 1) float32, 1 above, 0 below, soft between."""
    v = (np.arange(size, dtype=np.float32) + 0.5) / size
    share = np.clip((LOWER_START - v) / (LOWER_START - UPPER_END), 0, 1)
    return (share * share * (3 - 2 * share))[None, :, None]


class Steady:
    """The memory of one clip: call it with the maps of frame after frame.

    Args:
        memory: share of the last frame's flow in the upper face; 0 remembers nothing.
        rest_memory: the same where nothing is heard.
    """

    def __init__(self, memory: float = MEMORY, rest_memory: float = REST_MEMORY):
        self.memory, self.rest_memory = memory, rest_memory
        self._rows = upper_face()  # (1, S, 1)
        self._last: np.ndarray | None = None

    def forget(self) -> None:
        """The next frame has nothing to do with the last one (a cut, a gap)."""
        self._last = None

    def __call__(self, maps: dict[str, np.ndarray], rest: float = 0.0) -> dict[str, np.ndarray]:
        """The same maps, calmed; those of the paper's head as they are.

        Args:
            rest: which part of what the frame hears is silence, 0 to 1.
        """
        if "flow" not in maps:
            return maps
        maps = maps | {name: calm(maps[name]) for name in CALMED}
        if self._last is not None:
            memory = self.memory + rest * (self.rest_memory - self.memory)
            maps["flow"] += memory * self._rows * (self._last - maps["flow"])
        self._last = maps["flow"]
        return maps
