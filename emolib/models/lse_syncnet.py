"""The evaluation SyncNet: the network behind LSE-D and LSE-C.

Chung and Zisserman's two-stream network in the form published by J. S. Chung (224 px colour
pictures, MFCC sound). It is another network than the training expert, so that a generator is not
judged by what trained it.

Paper: appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from emolib.base.errors import ConfigError
from emolib.models.blocks import scaled


@dataclass(frozen=True)
class LseSyncNetConfig:
    """Which evaluation SyncNet. The default is the published one: 13,631,616 parameters."""

    width: float = 1.0

    def __post_init__(self):
        if not 0 < self.width <= 2:
            raise ConfigError(f"width={self.width} is not in (0, 2]")


class LseSyncNet(nn.Module):
    """Embeddings of lips and sound, near in Euclidean distance when in sync. Not normalised.

    Deviation: lips are RGB (the published network reads BGR; imported weights are turned).
    """

    def __init__(self, config: LseSyncNetConfig | None = None):
        super().__init__()
        self.config = config = config or LseSyncNetConfig()

        def c(channels: int) -> int:
            return scaled(channels, config.width)

        self.audio_cnn = nn.Sequential(  # from 1×13×20
            *_conv2d(1, c(64), 3, 1),
            nn.MaxPool2d(1, 1),
            *_conv2d(c(64), c(192), 3, 1),
            nn.MaxPool2d(3, (1, 2)),  # 192×11×9
            *_conv2d(c(192), c(384), 3, 1),
            *_conv2d(c(384), c(256), 3, 1),
            *_conv2d(c(256), c(256), 3, 1),
            nn.MaxPool2d(3, 2),  # 256×5×4
            *_conv2d(c(256), c(512), (5, 4), 0),  # 512×1×1
        )
        self.lip_cnn = nn.Sequential(  # from 3×5×224×224
            *_conv3d(3, c(96), (5, 7, 7), (1, 2, 2), 0),  # 96×1×109×109
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),  # 96×1×54×54
            *_conv3d(c(96), c(256), (1, 5, 5), (1, 2, 2), (0, 1, 1)),  # 256×1×26×26
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),  # 256×1×13×13
            *_conv3d(c(256), c(256), (1, 3, 3), 1, (0, 1, 1)),
            *_conv3d(c(256), c(256), (1, 3, 3), 1, (0, 1, 1)),
            *_conv3d(c(256), c(256), (1, 3, 3), 1, (0, 1, 1)),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),  # 256×1×6×6
            *_conv3d(c(256), c(512), (1, 6, 6), 1, 0),  # 512×1×1×1
        )
        self.audio_fc = _projection(c(512), c(1024))
        self.lip_fc = _projection(c(512), c(1024))

    @property
    def dtype(self) -> torch.dtype:
        """What the weights are stored as."""
        return self.audio_fc[0].weight.dtype

    def forward_audio(self, mfcc: Tensor) -> Tensor:
        """MFCC windows (B, 1, 13, 20), coefficient × time at 100 a second, → (B, 1024 · width)."""
        if mfcc.shape[1:] != (1, 13, 20):
            raise ConfigError(f"mfcc is {tuple(mfcc.shape)}", expected="(B, 1, 13, 20)")
        return self.audio_fc(self.audio_cnn(mfcc.to(self.dtype)).flatten(1)).float()

    def forward_lips(self, frames: Tensor) -> Tensor:
        """Five frames (B, 3, 5, 224, 224), RGB, **0 to 255**, → (B, 1024 · width)."""
        if frames.shape[1:] != (3, 5, 224, 224):
            raise ConfigError(f"frames are {tuple(frames.shape)}", expected="(B, 3, 5, 224, 224)")
        return self.lip_fc(self.lip_cnn(frames.to(self.dtype)).flatten(1)).float()

    def forward(self, mfcc: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings of sound and lips, each (B, 1024 · width) float32."""
        return self.forward_audio(mfcc), self.forward_lips(frames)


def _conv2d(c_in: int, c_out: int, kernel, padding) -> list[nn.Module]:
    return [nn.Conv2d(c_in, c_out, kernel, 1, padding), nn.BatchNorm2d(c_out), nn.ReLU()]


def _conv3d(c_in: int, c_out: int, kernel, stride, padding) -> list[nn.Module]:
    return [nn.Conv3d(c_in, c_out, kernel, stride, padding), nn.BatchNorm3d(c_out), nn.ReLU()]


def _projection(n_in: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, n_in), nn.BatchNorm1d(n_in), nn.ReLU(), nn.Linear(n_in, n_out)
    )
