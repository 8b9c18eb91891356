"""The colour SyncNet: do these five mouths say this fifth of a second of sound?

Two encoders map lips and sound to unit vectors that agree when they belong together. Trained
once, then frozen, it is the paper's lip-sync expert.

Paper: §3.1, eqs. 2–3. Follows: Wav2Lip's colour SyncNet. Chung & Zisserman's own
network (`LseSyncNet`) only measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError
from emolib.models.blocks import audio_encoder, conv_stack, scaled

T = VIDEO.n_frames
FACE_ENCODER = (  # (filters, kernel, stride, padding, residual blocks after it), from 15×48×96
    (32, 7, 1, 3, 0),  # 32×48×96
    (64, 5, (1, 2), 1, 2),  # 64×46×47: padding 1 with kernel 5, as released
    (128, 3, 2, 1, 3),  # 128×23×24
    (256, 3, 2, 1, 2),  # 256×12×12
    (512, 3, 2, 1, 2),  # 512×6×6
    (512, 3, 2, 1, 0),  # 512×3×3
    (512, 3, 1, 0, 0),  # 512×1×1
    (512, 1, 1, 0, 0),
)
MAX_SCALE = 100.0


@dataclass(frozen=True)
class SyncNetConfig:
    """Which SyncNet. The defaults are the paper's expert: 16,435,072 parameters."""

    width: float = 1.0
    score: str = "cosine"  # "cosine" (paper, eq. 3) | "logits": signed vectors, learned scale, bias

    def __post_init__(self):
        problems = []
        if not 0 < self.width <= 2:
            problems.append(f"width={self.width} is not in (0, 2]")
        if self.score not in ("cosine", "logits"):
            problems.append(f"score={self.score!r} is neither 'cosine' nor 'logits'")
        if problems:
            raise ConfigError("; ".join(problems), where="SyncNetConfig")


class SyncNet(nn.Module):
    """Unit vectors of sound and lips whose cosine says how well they match.

    With `score="cosine"` both end in a ReLU, so the cosine lies in [0, 1] and serves as a
    probability. With `score="logits"` the last ReLU is left out and `scale · cosine + bias` is a
    logit, which neither saturates nor leaves [0, 1] (starting from scale 10, bias 0).

    Paper: §3.1, eq. 3. Deviation: colours are RGB; imported weights are turned.
    """

    def __init__(self, config: SyncNetConfig | None = None):
        super().__init__()
        self.config = config = config or SyncNetConfig()
        self.face_encoder = conv_stack(FACE_ENCODER, 3 * T, config.width)
        self.audio_encoder = audio_encoder(config.width, n_residual_256=2)
        if config.score == "logits":
            self.face_encoder[-1].activation = self.audio_encoder[-1].activation = False
            self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
            self.bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, mel: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Unit vectors of sound and face, each (B, 512 · width) float32.

        Args:
            mel: (B, 1, 80, 16) float in [-4, 4], frequency × time.
            faces: (B, 15, 48, 96) float in [0, 1]: lower halves of five frames, frame by frame
                R, G, B (see `fold_lower_halves`).

        Raises:
            ConfigError: other shapes.
        """
        if mel.shape[1:] != (1, 80, 16) or faces.shape[1:] != (3 * T, 48, 96):
            raise ConfigError(
                f"mel is {tuple(mel.shape)}, faces are {tuple(faces.shape)}",
                expected="(B, 1, 80, 16) and (B, 15, 48, 96)",
            )
        dtype = self.face_encoder[0].conv.weight.dtype
        audio = self.audio_encoder(mel.to(dtype)).flatten(1)  # (B, 512)
        face = self.face_encoder(faces.to(dtype)).flatten(1)  # (B, 512)
        return F.normalize(audio.float(), dim=1), F.normalize(face.float(), dim=1)

    @property
    def scale(self) -> Tensor:
        """What a cosine is multiplied with to be a logit, where that is learned."""
        return self.log_scale.exp().clamp(max=MAX_SCALE)

    def logits(self, mel: Tensor, faces: Tensor) -> Tensor:
        """Logits (B,) float32 that sound and lips are in sync."""
        audio, face = self(mel, faces)
        if self.config.score == "logits":
            return self.scale * cosine(audio, face) + self.bias
        return torch.logit(sync_prob(audio, face), eps=1e-4)

    @property
    def border(self) -> float:
        """The cosine above which the network says "in sync": where its probability is ½."""
        if self.config.score == "logits":
            return float(-self.bias.detach() / self.scale.detach())
        return 0.5

    def prob(self, mel: Tensor, faces: Tensor) -> Tensor:
        """Probability (B,) float32 that sound and lips are in sync."""
        if self.config.score == "logits":
            return self.logits(mel, faces).sigmoid()
        return sync_prob(*self(mel, faces))


def fold_lower_halves(frames: Tensor) -> Tensor:
    """Frames (B, T, 3, H, W) → their lower halves on the channels (B, 3·T, H/2, W), frame by frame.

    Paper: §3.1, {N, C, T, H, W} ≡ {N, C·T, H, W}.
    """
    half = frames.shape[-2] // 2
    return frames[..., half:, :].flatten(1, 2)  # (B, T·C, H/2, W)


def cosine(audio: Tensor, face: Tensor) -> Tensor:
    """Cosine (B,) of unit vectors (B, D), in float32 also under autocast."""
    with torch.autocast(audio.device.type, enabled=False):
        return (audio.float() * face.float()).sum(-1)


def sync_prob(audio: Tensor, face: Tensor) -> Tensor:
    """P_sync (B,) in [0, 1]: the cosine of unit vectors (B, D).

    Paper: eq. 3. Deviation: clamped, because rounding takes self-similarity above 1 and binary
    cross-entropy then fails.
    """
    return cosine(audio, face).clamp(0, 1)


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
