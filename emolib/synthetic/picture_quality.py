"""What a camera does to a picture: soft focus, shake, noise of low light, tint, compression, few
pixels.

One draw a clip; the noise moves from frame to frame. Seed, name and frame number decide.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

_TILE = 64  # noise is drawn once a clip, this much larger than the picture, and shifted


@dataclass(frozen=True)
class Quality:
    """One camera's faults. Amounts of 0 leave the picture as it is."""

    seed: int
    blur_px: float = 0.0  # sigma of soft focus
    shake_px: float = 0.0  # length of a motion smear
    shake_rad: float = 0.0  # its direction
    shrink: float = 1.0  # share of the width that the camera resolves
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)  # exposure and white balance, RGB
    noise: float = 0.0  # grey levels of sensor noise in the mid-tones
    jpeg: int = 0  # quality of compression, 1 to 100; 0: none

    @classmethod
    def drawn(cls, seed: int, clip: str) -> Quality:
        """The quality of a clip's camera: a third of them are nearly clean."""
        number = zlib.crc32(clip.encode())
        rng = np.random.default_rng([int(seed), 0xCA, number])
        some = lambda share: float(rng.random() < share)  # noqa: E731
        dim = rng.beta(1.0, 2.5)  # low light: darker, noisier, smeared
        warm = rng.normal(0, 0.07)
        exposure = (1 - 0.45 * dim) * rng.uniform(0.9, 1.12)
        return cls(
            seed=number ^ int(seed),
            blur_px=some(0.5) * float(rng.gamma(1.5, 0.5)),
            shake_px=some(0.2 + 0.3 * dim) * float(rng.uniform(1, 5)),
            shake_rad=float(rng.uniform(0, np.pi)),
            shrink=float(rng.uniform(0.35, 0.9)) if some(0.35) else 1.0,
            gain=tuple(float(exposure * (1 + k * warm)) for k in (1.0, 0.1, -1.2)),
            noise=float(1.0 + 9.0 * dim * rng.uniform(0.3, 1)),
            jpeg=int(rng.uniform(22, 85)) if some(0.6) else 0,
        )

    def applied(self, frame: np.ndarray, number: int) -> np.ndarray:
        """A frame (H, W, 3) uint8 RGB as this camera sees it; `number` of the frame in its clip."""
        height, width = frame.shape[:2]
        out = frame
        if self.shrink < 1:
            size = (max(16, round(width * self.shrink)), max(16, round(height * self.shrink)))
            out = cv2.resize(out, size, interpolation=cv2.INTER_AREA)
        if self.blur_px > 0.2:
            out = cv2.GaussianBlur(out, (0, 0), self.blur_px * self.shrink)
        if self.shake_px > 1:
            out = cv2.filter2D(out, -1, _smear(self.shake_px, self.shake_rad))
        levels = np.arange(256)[:, None] * np.array(self.gain)
        out = cv2.LUT(out, levels.clip(0, 255).round().astype(np.uint8)[None])
        if self.noise:
            tile = _noise_tile(self.seed, out.shape[0], out.shape[1], self.noise)
            y, x = np.random.default_rng([self.seed, number]).integers(0, _TILE, 2)
            out = cv2.add(out, tile[y : y + out.shape[0], x : x + out.shape[1]], dtype=cv2.CV_8U)
        if self.jpeg:
            how = [cv2.IMWRITE_JPEG_QUALITY, self.jpeg]
            out = cv2.imdecode(cv2.imencode(".jpg", out, how)[1], cv2.IMREAD_COLOR)
        if self.shrink < 1:
            out = cv2.resize(out, (width, height), interpolation=cv2.INTER_LINEAR)
        return out


def _smear(length: float, angle: float) -> np.ndarray:
    kernel = np.zeros((9, 9), np.float32)
    for s in np.linspace(-length / 2, length / 2, 33):
        kernel[round(4 + s * np.sin(angle)), round(4 + s * np.cos(angle))] += 1
    return kernel / kernel.sum()


@lru_cache(maxsize=1)
def _noise_tile(seed: int, height: int, width: int, level: float) -> np.ndarray:
    rng = np.random.default_rng([seed, 1])
    shape = (height + _TILE, width + _TILE)
    grey = rng.normal(0, level, (*shape, 1))
    return np.rint(grey + rng.normal(0, 0.5 * level, (*shape, 3))).astype(np.int16)
