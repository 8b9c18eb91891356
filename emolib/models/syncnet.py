"""The colour SyncNet: do these five mouths say this fifth of a second of sound?

Two encoders map lips and sound to unit vectors that agree when they belong together. Trained
once, then frozen, it is the paper's lip-sync expert.

Paper: §3.1, eqs. 2–3. Follows: Wav2Lip's colour SyncNet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.errors import ConfigError
from emolib.models.blocks import audio_encoder, conv_stack

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

    def logits(self, mel: Tensor, faces: Tensor) -> Tensor:
        """Logits (B,) float32 that sound and lips are in sync."""
        audio, face = self(mel, faces)
        if self.config.score == "logits":
            scale = self.log_scale.exp().clamp(max=MAX_SCALE)
            return scale * cosine(audio, face) + self.bias
        return torch.logit(sync_prob(audio, face), eps=1e-4)

    @property
    def border(self) -> float:
        """The cosine above which the network says "in sync": where its probability is ½."""
        if self.config.score == "logits":
            scale = self.log_scale.detach().exp().clamp(max=MAX_SCALE)
            return float(-self.bias.detach() / scale)
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
