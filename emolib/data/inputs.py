"""What a generator is given: pictures, sound and emotion, put together in one place.

Training, generation and evaluation all ask a generator through `GeneratorInput`. The whole face of
the target is masked, because emotion shows everywhere.
Paper: §3.1, §3.2.1, figures 1 and 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError

MASKS = {
    "full": "everything, as the paper",
    "half": "the lower half, as Wav2Lip",
    "aligned": "brows to chin, with the border left as a clue to pose; for aligned crops",
}
FULL_AT, FADED_AT = 0.86, 1.0  # of the ellipse's radius: hidden inside, seen outside, soft between
CENTRE, RADII = (0.50, 0.54), (0.42, 0.44)  # of the aligned crop: across, down


@lru_cache(maxsize=8)
def hidden(mask: str, size: int = VIDEO.face_px) -> np.ndarray:
    """How much of each pixel is hidden: (S, S) float32, 0 seen, 1 hidden. Do not write to it.

    Raises:
        ConfigError: unknown mask.
    """
    if mask not in MASKS:
        raise ConfigError(f"unknown mask {mask!r}", expected="one of " + ", ".join(MASKS))
    cover = np.ones((size, size), np.float32)
    if mask == "half":
        cover[: size // 2] = 0
    elif mask == "aligned":
        place = (np.arange(size) + 0.5) / size
        across = (place - CENTRE[0]) / RADII[0]
        down = (place[:, None] - CENTRE[1]) / RADII[1]
        radius = np.sqrt(across**2 + down**2)  # (S, S)
        cover[:] = np.clip((FADED_AT - radius) / (FADED_AT - FULL_AT), 0, 1)
    cover.setflags(write=False)
    return cover


def to_unit(frames: Tensor) -> Tensor:
    """Pictures of bytes as float32 in [0, 1]; float pictures as they are."""
    return frames.float().div_(255) if frames.dtype == torch.uint8 else frames


def masked_input(target: Tensor, reference: Tensor, mask: str = "full") -> Tensor:
    """The generator's picture input: (..., 6, S, S) float32, the masked target, then the reference.

    Args:
        target, reference: (..., 3, S, S) uint8, or float in [0, 1].
        mask: a name in `MASKS`. Hidden pixels are 0 (black), as released.
    """
    target, reference = to_unit(target), to_unit(reference)
    cover = hidden(mask, target.shape[-1])
    seen = torch.from_numpy(1 - cover).to(target.device)
    return torch.cat([target * seen, reference], dim=-3)  # (..., 6, S, S)


@dataclass(frozen=True)
class GeneratorInput:
    """The input of B windows of T frames.

    Attributes:
        mel: (B, T, 1, 80, 16) float32 in [-4, 4], one window of sound a frame.
        faces: (B, T, 6, S, S) float32 in [0, 1]: the masked target, then the reference.
        emotion: (B, 6) or (B, T, 6) float32: one-hot, or any mixture or strength; None without.
    """

    mel: Tensor
    faces: Tensor
    emotion: Tensor | None

    @classmethod
    def of(
        cls,
        target: Tensor,
        reference: Tensor,
        mel: Tensor,
        emotion: Tensor | None,
        mask: str = "full",
    ) -> GeneratorInput:
        """Put together what training windows, a film or an evaluation has.

        Args:
            target: (B, T, 3, S, S) uint8, or float in [0, 1]: what is shown outside the mask. The
                current frame, where the true answer is not known.
            reference: the same shape: the face to change.
            mask: what is hidden of the target, a name in `MASKS`.

        Raises:
            ConfigError: unknown mask.
        """
        return cls(mel, masked_input(target, reference, mask), emotion)

    def through(self, generator: nn.Module, **options) -> Tensor | dict[str, Tensor]:
        """What the generator answers, on its device; see `Generator.forward` for `options`.

        A network without emotion is not told one. Frames are (B, T, 3, S, S) float in [0, 1].

        Raises:
            ConfigError: shapes that do not belong together, or an emotion is missing.
        """
        bare = getattr(generator, "module", generator)  # several processes wrap it
        emotion = None if bare.config.emotion is None else self.emotion
        return generator(self.mel, self.faces, emotion, **options)
