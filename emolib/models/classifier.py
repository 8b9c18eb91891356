"""The independent emotion classifier: a second opinion that never trained a generator.

A small residual CNN looks at each frame by itself; the mean and the spread of what it sees over
time go to six logits. Convolutions with batch norms and skips, pooled, where the discriminator has
bare strided convolutions, a wide linear layer and an LSTM: the two have little in common but the
question.

Paper: §7.1 judges generated clips by a network of the discriminator's own design and data, which
can only praise what trained the generator. Deviation: this one instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import N_EMOTIONS
from emolib.base.errors import ConfigError
from emolib.models.blocks import conv_stack, scaled

ROWS = (  # filters, kernel, stride, padding, residual blocks
    (64, 5, 2, 2, 0),  # 48×48
    (128, 3, 2, 1, 1),  # 24×24
    (256, 3, 2, 1, 2),  # 12×12
    (512, 3, 2, 1, 2),  # 6×6
    (512, 3, 2, 1, 1),  # 3×3
)


@dataclass(frozen=True)
class EmotionClassifierConfig:
    """Which classifier: at full width about 13 million parameters, at a quarter 0.8."""

    width: float = 1.0
    dropout: float = 0.2  # of what the last layer reads, in training

    def __post_init__(self):
        if not 0 < self.width <= 2:
            raise ConfigError(f"width={self.width} is not in (0, 2]")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout={self.dropout} is not in [0, 1)")


class EmotionClassifier(nn.Module):
    """Six emotion logits for a few frames, by residual blocks and pooling over time."""

    def __init__(self, config: EmotionClassifierConfig | None = None):
        super().__init__()
        self.config = config = config or EmotionClassifierConfig()
        self.convs = conv_stack(ROWS, 3, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(2 * scaled(ROWS[-1][0], config.width), N_EMOTIONS)

    def features(self, frames: Tensor) -> Tensor:
        """Frames (B, T, 3, 96, 96) → mean and spread over time (B, 1024 · width), float32.

        The spread of a single frame is 0.
        """
        B, T = frames.shape[:2]
        if frames.shape[2:] != (3, VIDEO.face_px, VIDEO.face_px):
            raise ConfigError(f"frames are {tuple(frames.shape)}", expected="(B, T, 3, 96, 96)")
        x = standardised(frames).to(self.classifier.weight.dtype)
        x = x.flatten(0, 1)  # (B·T, 3, 96, 96)
        seen = self.convs(x).mean((2, 3)).float()  # (B·T, 512)
        seen = seen.unflatten(0, (B, T))  # (B, T, 512)
        mean = seen.mean(1)
        spread = ((seen - mean[:, None]).square().mean(1) + 1e-6).sqrt() - 1e-3
        return torch.cat([mean, spread], 1)  # (B, 1024)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits (B, 6) float32 in `EMOTIONS` order.

        Args:
            frames: (B, T, 3, 96, 96) float in [0, 1], RGB; any T.

        Raises:
            ConfigError: another shape.
        """
        return self.classifier(self.dropout(self.features(frames))).float()


def standardised(frames: Tensor) -> Tensor:
    """Each window's channels with mean 0 and spread 1: light, skin and camera say no emotion.

    (B, T, 3, H, W) float → the same shape. A channel of one value becomes 0.
    """
    x = frames.float()
    mean = x.mean((1, 3, 4), keepdim=True)  # (B, 1, 3, 1, 1)
    spread = (x - mean).square().mean((1, 3, 4), keepdim=True).sqrt()
    return (x - mean) / (spread + 1e-2)
