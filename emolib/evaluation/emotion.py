"""Which emotion a clip shows, by judges that had no part in making it.

Two kinds of judge: a window classifier (an independent checkpoint, passed in) and the expression
network that was trained on real faces. The paper's EmoAcc uses a classifier of the same design and
data as the discriminator that trained the generator, which is circular; a judge here says what it
is. `occlusion_map` asks a judge where it looks (Zeiler and Fergus 2014).

Paper: §7.1, figure 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS, N_EMOTIONS
from emolib.base.errors import ConfigError, MediaError
from emolib.evaluation.visual import as_tensor, device_of
from emolib.models.face_nets import SIX_OF_SEVEN


@dataclass(frozen=True, eq=False)
class WindowJudge:
    """A classifier of five-frame windows, its probabilities averaged over the clip.

    Attributes:
        net: frames (B, 5, 3, 96, 96) float [0, 1] RGB → logits (B, 6), e.g.
            `models.emotion.EmotionDiscriminator`.
        name: which checkpoint.
        note: independent of the generator's training, or not.
        stride: frames from one window to the next.
    """

    net: nn.Module
    name: str
    note: str = ""
    stride: int = VIDEO.n_frames

    @torch.inference_mode()
    def probs(self, frames: np.ndarray) -> np.ndarray:
        """Probabilities (6,) in `EMOTIONS` order for frames (T, 96, 96, 3) uint8 RGB.

        Raises:
            MediaError: fewer than five frames.
        """
        n, last = VIDEO.n_frames, len(frames) - VIDEO.n_frames
        if last < 0:
            raise MediaError(f"{len(frames)} frames are no window", expected=f"at least {n}")
        starts = sorted({*range(0, last + 1, self.stride), last})  # the end counts too
        windows = torch.stack([as_tensor(frames[s : s + n]) for s in starts])  # (B, 5, 3, H, W)
        return self.net(windows.to(device_of(self.net))).softmax(-1).mean(0).double().cpu().numpy()


@dataclass(frozen=True, eq=False)
class ExpressionJudge:
    """The expression network trained on real faces, averaged over every `stride`-th frame.

    It knows a seventh expression, surprise, which CREMA-D lacks: its logit is dropped and the six
    others are renormalised, so a face that it finds surprised is still given to one of the six.

    Attributes:
        net: `models.face_nets.ExpressionNet`.
        stride: frames from one look to the next.
    """

    net: nn.Module
    stride: int = 3
    name: str = "expression net"
    note: str = "trained on real faces; surprise dropped, the six others renormalised"

    def probs(self, frames: np.ndarray) -> np.ndarray:
        """Probabilities (6,) for frames (T, H, W, 3) uint8 RGB that the face fills."""
        return self.look(frames)[0]

    @torch.inference_mode()
    def look(self, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`probs`, and the features (n, 256) of the frames looked at, in one pass."""
        pictures = as_tensor(frames[:: self.stride]).to(device_of(self.net))
        seen = torch.cat([self.net.features(part) for part in pictures.split(32)])  # (n, 256)
        logits = self.net.classifier(seen.to(self.net.classifier.weight.dtype)).float()
        probs = logits[:, list(SIX_OF_SEVEN)].softmax(-1).mean(0)
        return probs.double().cpu().numpy(), seen.cpu().numpy()


@dataclass(frozen=True, eq=False)
class EmotionScore:
    """How often a judge named the intended emotion.

    Attributes:
        accuracy: EmoAcc, the share of clips named right, in [0, 1]; chance is 1/6.
        balanced: mean of `per_emotion`: does not profit from a frequent emotion.
        per_emotion: share named right of each emotion's clips (paper: figure 4); emotions without
            clips are left out.
        confusion: (6, 6) int, rows = intended, columns = named, `EMOTIONS` order.
        n: clips judged.
    """

    accuracy: float
    balanced: float
    per_emotion: dict[str, float]
    confusion: np.ndarray
    n: int

    def as_dict(self) -> dict:
        """Plain JSON values."""
        return vars(self) | {"confusion": self.confusion.tolist()}


def score_emotions(probs: np.ndarray, intended: np.ndarray) -> EmotionScore:
    """EmoAcc from judged clips.

    Args:
        probs: (N, 6) probabilities, one row a clip.
        intended: (N,) int, the emotion each clip was made to show, index into `EMOTIONS`.

    Raises:
        ConfigError: shapes that do not belong together.

    Paper: §7.1 (top-1).
    """
    probs, intended = np.asarray(probs, np.float64), np.asarray(intended, int)
    if probs.ndim != 2 or probs.shape != (len(intended), N_EMOTIONS):
        raise ConfigError(
            f"{probs.shape} probabilities for {intended.shape} labels", expected="(N, 6) and (N,)"
        )
    confusion = np.zeros((N_EMOTIONS, N_EMOTIONS), int)
    np.add.at(confusion, (intended, probs.argmax(axis=1)), 1)
    right, totals, n = confusion.diagonal(), confusion.sum(axis=1), int(confusion.sum())
    shares = {code: float(right[i] / totals[i]) for i, code in enumerate(EMOTIONS) if totals[i]}
    balanced = float(np.mean([*shares.values()])) if n else float("nan")
    return EmotionScore(float(np.trace(confusion) / max(n, 1)), balanced, shares, confusion, n)


def covered(frames: Tensor, y: int, x: int, side: int) -> Tensor:
    """A copy of frames (…, 3, H, W) with a square of their mean colour at row y, column x."""
    other = frames.clone()
    other[..., y : y + side, x : x + side] = frames.mean((-2, -1), keepdim=True)
    return other


def log_odds(logits: Tensor, emotion_idx: int) -> Tensor:
    """(B, 6) logits → (B,): log of p / (1 − p). It goes on growing where p is near 1."""
    others = logits.clone()
    others[:, emotion_idx] = -torch.inf
    return logits[:, emotion_idx] - others.logsumexp(1)


@torch.no_grad()
def occlusion_map(
    net: nn.Module, frames: Tensor, emotion_idx: int, side: int = 24, stride: int = 12
) -> Tensor:
    """How much the log-odds of an emotion fall when a square is covered in all frames.

    Args:
        net: frames (B, T, 3, H, W) → logits (B, 6).
        frames: (T, 3, H, W) float in [0, 1], one window.
        side, stride: of the square, and from one place to the next, in pixels.

    Returns:
        (n, n) float; positive where the covered part spoke for the emotion.

    Raises:
        ConfigError: a square larger than the picture.
    """
    H = frames.shape[-1]
    if not 0 < side <= H:
        raise ConfigError(f"a square of {side} px", expected=f"1 to {H}")
    places = range(0, H - side + 1, stride)
    rows = [torch.stack([covered(frames, y, x, side) for x in places]) for y in places]
    said = torch.stack([log_odds(net(row), emotion_idx) for row in rows])  # (n, n)
    return log_odds(net(frames[None]), emotion_idx) - said
