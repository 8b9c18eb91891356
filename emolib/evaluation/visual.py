"""How the frames look: against the truth, as a crowd, as a person, and over time.

The Fréchet distance is named after the features it was measured on; the name FID belongs to the
official Inception weights alone (see `frechet_name`).

Paper: §7.3.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.errors import ConfigError, MediaError

PSNR_CAP_DB = 100.0  # what equal pictures score: infinity spoils every mean
EDGE = 5  # half of SSIM's 11 px window
BATCH = 32  # pictures a forward pass
INNER = slice(0.15, 0.85)  # the part of a crop whose detail is measured


def as_tensor(frames: np.ndarray) -> Tensor:
    """(T, H, W, 3) uint8 RGB → (T, 3, H, W) float32 in [0, 1].

    Raises:
        MediaError: another shape or dtype.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise MediaError(f"frames are {frames.dtype} {frames.shape}", expected="uint8 (T, H, W, 3)")
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 255


def device_of(network: nn.Module) -> torch.device:
    """Where a network's weights lie; the CPU for one without weights."""
    return next((p.device for p in network.parameters()), torch.device("cpu"))


def psnr_db(generated: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each frame, (T,) dB, at most 100.

    Args:
        generated, truth: (T, H, W, 3) uint8 RGB.
    """
    a, b = _pair(generated, truth)
    values = -10 * (a - b).square().mean((1, 2, 3)).log10()
    return values.clamp(max=PSNR_CAP_DB).double().numpy()


def ssim(generated: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity of each frame, (T,) in [-1, 1].

    Gaussian window of 11 px with sigma 1.5, mean over colours and over the pixels whose window lies
    inside the picture, as Wang et al. 2004 and scikit-image. (Some libraries' means also count
    mirrored borders and come out up to 0.04 lower.)

    Args:
        generated, truth: (T, H, W, 3) uint8 RGB, at least 11 px a side.
    """
    x, y = (frames.double() for frames in _pair(generated, truth))  # (T, 3, H, W) each
    down, across = (_gaussian_mean(size) for size in x.shape[2:])

    def mean(values: Tensor) -> Tensor:
        """The Gaussian mean around each pixel whose window lies inside: (T, 3, H-10, W-10)."""
        return down @ values @ across.T

    mean_x, mean_y = mean(x), mean(y)
    spread = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
    shared = mean(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    maps = light * (2 * shared + 0.03**2) / (spread + 0.03**2)
    return maps.mean((1, 2, 3)).numpy()


def _gaussian_mean(size: int) -> Tensor:
    """(size - 10, size) float64: each row a Gaussian of 11, one to the right of the row above."""
    bell = torch.exp(-torch.arange(-EDGE, EDGE + 1, dtype=torch.float64).square() / (2 * 1.5**2))
    rows = torch.zeros(size - 2 * EDGE, size, dtype=torch.float64)
    for k, row in enumerate(rows):
        row[k : k + 2 * EDGE + 1] = bell / bell.sum()
    return rows


@torch.inference_mode()
def perceptual_distance(features, generated: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How far frames lie apart in a network's maps, (T,): 0 for equal frames.

    As LPIPS without learned weights: at every place a map's channels are scaled to length 1; the
    squared distances are averaged over places and maps.

    Args:
        features: frames (B, 3, H, W) float [0, 1] RGB → maps. Not the network of the training loss.
        generated, truth: (T, H, W, 3) uint8 RGB.

    Source: Zhang et al. 2018.
    """
    found = []
    for pair in zip(*(x.split(32) for x in _pair(generated, truth)), strict=True):
        maps = [[F.normalize(one.float(), dim=1) for one in features(part)] for part in pair]
        apart = [(a - b).square().sum(1).mean((1, 2)) for a, b in zip(*maps, strict=True)]
        found.append(torch.stack(apart).mean(0))
    return torch.cat(found).double().cpu().numpy()


def detail(pictures: np.ndarray) -> float:
    """Fine structure of face crops (T, S, S, 3) uint8: mean absolute Laplacian, in grey levels."""
    size = pictures.shape[1]
    inner = slice(round(INNER.start * size), round(INNER.stop * size))
    grey = [cv2.cvtColor(p[inner, inner], cv2.COLOR_RGB2GRAY).astype(np.float32) for p in pictures]
    return float(np.mean([np.abs(cv2.Laplacian(g, -1)).mean() for g in grey]))


# -------------------------------------------------------------------------------- as a crowd
@torch.inference_mode()
def features_of(extractor: nn.Module, frames: np.ndarray) -> np.ndarray:
    """What a network sees in each frame, (T, D) float32.

    Args:
        extractor: pictures (B, 3, H, W) float [0, 1] RGB → (B, D).
        frames: (T, H, W, 3) uint8 RGB.
    """
    pictures = as_tensor(frames).to(device_of(extractor))
    return torch.cat([extractor(part).float().cpu() for part in pictures.split(BATCH)]).numpy()


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of two sets of features, each seen as one Gaussian. 0 for equal sets.

    `|m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½)`; the last trace is the sum of the square roots of the
    eigenvalues of `C₁^½ C₂ C₁^½`, which is symmetric, so that nothing turns complex. With fewer
    rows than features they are found among the rows, which is the same and much faster.

    Args:
        a, b: (N, D), (M, D) float, at least two rows each. Fewer than about 2·D rows make the
            distance too large: compare only sets of equal size.

    Raises:
        ConfigError: other shapes, or fewer than two rows.

    Paper: §7.3. Source: Heusel et al. 2017.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ConfigError(
            f"features are {a.shape} and {b.shape}", expected="(N, D) and (M, D), N and M above 1"
        )
    centred = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (a, b)]
    spread = sum(float((x**2).sum()) for x in centred)  # tr C₁ + tr C₂
    cross = _cross_trace(*centred)
    distance = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() + spread - 2 * cross
    return float(max(distance, 0.0))


def _cross_trace(a: np.ndarray, b: np.ndarray) -> float:
    """tr (C₁ C₂)^½ with C₁ = aᵀa (N, D) and C₂ = bᵀb (M, D)."""
    if min(len(a), len(b)) < a.shape[1]:  # `a bᵀ` is smaller, and has the roots as singular values
        return float(np.linalg.svd(a @ b.T, compute_uv=False).sum())
    values, vectors = np.linalg.eigh(a.T @ a)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T  # C₁^½
    return float(np.sqrt(np.linalg.eigvalsh(root @ (b.T @ b) @ root).clip(min=0)).sum())


def frechet_name(extractor) -> str:
    """What a Fréchet distance on these features may be called.

    "FID" for the official Inception weights (an extractor that says so by `official_fid = True`),
    else "FFD (…)" with the extractor's own name.
    """
    if getattr(extractor, "official_fid", False):
        return "FID"
    return f"FFD ({getattr(extractor, 'name', type(extractor).__name__)})"


# -------------------------------------------------------------------------------- as a person
def identity_cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of face descriptors, (T,) in [-1, 1], from (T, D) each."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(lengths, 1e-12)


# ---------------------------------------------------------------------------------- over time
def relative_flicker(warp_error: float, true_warp_error: float) -> float:
    """Flicker as a multiple of the true clip's: 1 is as steady, above 1 unsteadier.

    A blurred clip flickers less, so read it beside PSNR or SSIM.
    """
    return warp_error / max(true_warp_error, 1e-6)


def warp_error(frames: np.ndarray) -> float:
    """Flicker: mean absolute difference, in grey levels of 255, between each frame and the one
    before it moved along the optical flow; what no motion explains.

    Args:
        frames: (T, H, W, 3) uint8 RGB, at least three frames, at least 16 px a side.

    Raises:
        MediaError: fewer than three frames.

    Paper: §5.2 says that PRE's temporal continuity degrades, without a number; this is one.
    """
    if len(frames) < 3:
        raise MediaError(f"{len(frames)} frames have no course", expected="at least 3")
    flow_of = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    H, W = grey[0].shape
    x, y = np.meshgrid(np.arange(W, dtype=np.float32), np.arange(H, dtype=np.float32))
    errors = []
    for before, after in zip(range(len(frames) - 1), range(1, len(frames)), strict=True):
        flow = flow_of.calc(grey[after], grey[before], None)  # (H, W, 2): where it came from
        came_from = x + flow[..., 0], y + flow[..., 1]
        moved = cv2.remap(frames[before], *came_from, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        inside = (abs(came_from[0] - W / 2) <= W / 2) & (abs(came_from[1] - H / 2) <= H / 2)
        errors.append(cv2.absdiff(moved, frames[after])[inside].mean())
    return float(np.mean(errors))


def _pair(a: np.ndarray, b: np.ndarray) -> tuple[Tensor, Tensor]:
    if a.shape != b.shape or not len(a):
        raise MediaError(f"frames are {a.shape} and {b.shape}", expected="two clips of equal shape")
    return as_tensor(a), as_tensor(b)
