"""A network made ready to run: on which device, how many frames at once, fed as in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from emolib.base.errors import ResourceError
from emolib.data.inputs import GeneratorInput
from emolib.models.checkpoint import CheckpointMeta, InputRules
from emolib.models.generator import Generator

BATCH = {"cpu": 8, "mps": 16, "cuda": 64}  # frames at once


@dataclass
class Engine:
    """A network ready to run: where, how many frames at once, and what it expects.

    `rules` says how it was fed in training; the reference is the current
    frame. `batch` shrinks when the device runs out of memory. Paper: §3.2.1.
    """

    network: torch.nn.Module
    device: str
    batch: int
    rules: InputRules

    @torch.inference_mode()
    def maps(
        self, crops: np.ndarray, mel: np.ndarray, emotion: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Maps of N frames, float32: `frames` (N, 3, 96, 96) and others.

        Args:
            crops: (N, 96, 96, 3) uint8 RGB.
            mel: (N, 1, 80, 16) float32.
            emotion: (N, 6) float32, or None for a network without emotion.

        Raises:
            ResourceError: no memory even for a single frame.
        """
        done: list[dict[str, Tensor]] = []
        start = 0
        while start < len(crops):
            part = slice(start, start + self.batch)
            try:
                done.append(self._forward(crops[part], mel[part], emotion, part))
            except torch.OutOfMemoryError as error:
                if self.batch == 1:
                    raise ResourceError(
                        f"no memory for one frame on {self.device}", fix="use --device cpu"
                    ) from error
                torch.cuda.empty_cache()
                self.batch //= 2
                continue
            start = part.stop
        return {name: torch.cat([part[name] for part in done]).numpy() for name in done[0]}

    def _forward(self, crops, mel, emotion, part) -> dict[str, Tensor]:
        frames = torch.from_numpy(crops).to(self.device).permute(0, 3, 1, 2)[:, None]
        sound = torch.from_numpy(mel).to(self.device)[:, None]  # (N, 1, 1, 80, 16)
        label = None if emotion is None else torch.from_numpy(emotion[part]).to(self.device)
        given = GeneratorInput.of(frames, frames, sound, label, self.rules.mask)
        maps = given.through(self.network, return_maps=True)
        return {name: value[:, 0].float().cpu() for name, value in maps.items()}


def make_engine(generator: Generator, meta: CheckpointMeta, device: str) -> Engine:
    """The engine of a loaded checkpoint; on a GPU it computes in bfloat16."""
    kind = device.split(":")[0]
    dtype = torch.bfloat16 if kind == "cuda" else torch.float32
    return Engine(generator.fused(dtype).to(device), device, BATCH[kind], meta.input_rules)
