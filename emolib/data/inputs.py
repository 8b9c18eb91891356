"""What a generator is given: pictures, sound and emotion, put together in one place.

Training, generation and evaluation all ask a generator through `GeneratorInput`.
Paper: §3.2.1, figure 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from emolib.data.masks import masked_input


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
            mask: what is hidden of the target, a name in `masks.MASKS`.

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
