"""Maps made fit for time: no twitching brows.

The upper face has no lips to keep in step, but it twitches when the sound begins or stops, because
the frames are made one by one. So its flow follows with a short memory. And in a pause it follows
hardly at all: silence stands at the beginning and end of every clip that networks learn from, where
an expression is weaker, so they would let it drop whenever nobody speaks. Below the nose nothing is
held back.

Deviation: neither is in the paper, whose head gives colours only.
"""

from __future__ import annotations

import numpy as np

from emolib.base.config import VIDEO

UPPER_END, LOWER_START = 0.45, 0.60  # of the crop's height: below the eyes, above the upper lip
MEMORY = 0.7  # share of the last frame's flow in the upper face
REST_MEMORY = 0.98  # the same in a pause


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
        maps = maps | {"flow": maps["flow"].copy()}
        if self._last is not None:
            memory = self.memory + rest * (self.rest_memory - self.memory)
            maps["flow"] += memory * self._rows * (self._last - maps["flow"])
        self._last = maps["flow"]
        return maps
