"""The emotion discriminator: which of six emotions do these frames show?

Five strided convolutions a frame, two linear layers, an LSTM over the frames, six logits.
`EmotionClassifier` judges what a generator made: another architecture, never trained against.

Paper: §3.2.4. Follows: Eskimez et al. 2021, which works at 128 px and has a seventh class.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import N_EMOTIONS
from emolib.base.errors import ConfigError
from emolib.models.blocks import conv_stack, scaled

FILTERS = (64, 128, 256, 512, 512)  # kernel 3, stride 2 each: 96 → 48 → 24 → 12 → 6 → 3
SLOPE = 0.3


@dataclass(frozen=True)
class EmotionDiscriminatorConfig:
    """Which discriminator. The defaults are the paper's: 16,503,430 parameters."""

    width: float = 1.0
    standardise: bool = False  # IMPROVED: see `standardised`
    released_code_quirks: bool = False  # see `scramble_like_released`

    def __post_init__(self):
        if not 0 < self.width <= 2:
            raise ConfigError(f"width={self.width} is not in (0, 2]")


class EmotionDiscriminator(nn.Module):
    """Six emotion logits for a few frames.

    Paper: §3.2.4. Deviation: it ends in logits, as the released code does; the paper's
    "probabilities" are their softmax. `released_code_quirks=True` feeds it the released code's
    scrambled pictures, to measure what they cost and to run weights trained on them.
    """

    def __init__(self, config: EmotionDiscriminatorConfig | None = None):
        super().__init__()
        self.config = config = config or EmotionDiscriminatorConfig()
        c_in, self.convs = 3, nn.ModuleList()
        for filters in FILTERS:
            c_out = scaled(filters, config.width)
            self.convs.append(nn.Conv2d(c_in, c_out, 3, 2, 1))
            c_in = c_out
        side = VIDEO.face_px // 2 ** len(FILTERS)  # 3
        hidden, embedding = scaled(2048, config.width), scaled(512, config.width)
        self.projector = nn.Sequential(
            nn.Linear(c_in * side * side, hidden), nn.LeakyReLU(SLOPE), nn.Linear(hidden, embedding)
        )
        self.rnn = nn.LSTM(embedding, embedding, batch_first=True)
        self.classifier = nn.Linear(embedding, N_EMOTIONS)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)

    def features(self, frames: Tensor) -> Tensor:
        """Frames (B, T, 3, 96, 96) → the LSTM's last state (B, 512 · width)."""
        B, T = frames.shape[:2]
        if frames.shape[2:] != (3, VIDEO.face_px, VIDEO.face_px):
            raise ConfigError(f"frames are {tuple(frames.shape)}", expected="(B, T, 3, 96, 96)")
        if self.config.standardise:
            frames = standardised(frames)
        if self.config.released_code_quirks:
            x = scramble_like_released(frames)  # (B·T, 3, 96, 96)
        else:
            x = frames.flatten(0, 1)  # (B·T, 3, 96, 96): a frame stays a picture
        x = x.to(self.classifier.weight.dtype)
        for conv in self.convs:
            x = F.leaky_relu(conv(x), SLOPE)  # … (B·T, 512, 3, 3)
        x = self.projector(x.flatten(1)).unflatten(0, (B, T))  # (B, T, 512)
        return self.rnn(x)[0][:, -1]  # (B, 512)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits (B, 6) float32 in `EMOTIONS` order.

        Args:
            frames: (B, T, 3, 96, 96) float in [0, 1], RGB; any T.

        Raises:
            ConfigError: another shape.
        """
        return self.classifier(self.features(frames)).float()


def scramble_like_released(frames: Tensor) -> Tensor:
    """The "pictures" (B·T, 3, H, W) that the released code shows its discriminator and VGG.

    It keeps video as (B, C, T, H, W) in BGR and folds time by `view` without a permute, so that of
    five pictures the first holds the blue planes of frames 0, 1, 2, the second blue 3, blue 4 and
    green 0, and so on: no picture is a face in its colours. The order of colours matters here and
    only here, so this turns RGB into BGR first, as the released code has it.
    """
    B, T, C, H, W = frames.shape
    planes = frames.flip(2).transpose(1, 2)  # (B, C, T, H, W), BGR
    return planes.reshape(B * T, C, H, W)


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
