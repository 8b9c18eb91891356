"""Clips as points: one embedding a clip, drawn by t-SNE and judged by numbers, not by the drawing.

The paper averages "the embeddings learned by our emotion encoder" over each clip's frames. Its
encoder sees the label alone, so all clips of an emotion fall on one point and the clusters are
certain beforehand (`label_embeddings`); what a network *sees* in the frames is the discriminator's
embedding (`clip_embeddings`). Both are offered, each under its name.

Paper: appendix B, figure 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from emolib.base.config import VIDEO
from emolib.base.emotions import N_EMOTIONS
from emolib.base.errors import ConfigError
from emolib.evaluation.visual import as_tensor, device_of

NEIGHBOURS = 5


@torch.inference_mode()
def clip_embeddings(net: nn.Module, clips: Iterable[np.ndarray]) -> np.ndarray:
    """What the emotion discriminator sees in each clip, averaged over its windows: (N, D) float32.

    Args:
        net: has `features`: (B, 5, 3, 96, 96) float [0, 1] RGB → (B, D), as
            `models.emotion.EmotionDiscriminator`.
        clips: N clips, (T, 96, 96, 3) uint8 RGB each, T of at least 5.

    Paper: appendix B ("we average the embeddings across the frames for each video").
    """
    rows = []
    for frames in clips:
        if len(frames) < VIDEO.n_frames:
            raise ConfigError(f"a clip has {len(frames)} frames", expected="at least 5")
        windows = as_tensor(frames).unfold(0, VIDEO.n_frames, VIDEO.n_frames)  # (B, 3, H, W, 5)
        seen = net.features(windows.permute(0, 4, 1, 2, 3).to(device_of(net)))  # (B, D)
        rows.append(seen.float().mean(0).cpu().numpy())
    return np.stack(rows)


@torch.inference_mode()
def label_embeddings(generator: nn.Module) -> np.ndarray:
    """The generator's emotion encoder on the six labels: (6, D) float32, `EMOTIONS` order.

    Six points are all there are: the encoder sees no frame.
    """
    codes = torch.eye(N_EMOTIONS, device=device_of(generator))
    return generator.encode_emotion(codes).float().cpu().numpy()


def tsne(embeddings: np.ndarray, *, perplexity: float, seed: int) -> np.ndarray:
    """Embeddings (N, D) drawn in the plane: (N, 2) float32, standardised features first.

    Distances between clusters and their sizes mean nothing in the drawing, and both arguments
    change it: show them with it.

    Raises:
        ConfigError: the perplexity is not below the number of points.
    """
    from sklearn.manifold import TSNE
    from sklearn.preprocessing import StandardScaler

    if not 1 <= perplexity < len(embeddings):
        raise ConfigError(
            f"perplexity {perplexity} with {len(embeddings)} points",
            expected=f"at least 1 and below {len(embeddings)}",
        )
    drawing = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, method="exact")
    return drawing.fit_transform(StandardScaler().fit_transform(embeddings)).astype(np.float32)


@dataclass(frozen=True)
class Separation:
    """How well labelled points form groups, measured in their full dimension.

    Attributes:
        silhouette: in [-1, 1]; 0 for no groups, 1 for tight and far apart.
        purity: share of each point's 5 nearest neighbours that carry its label.
        purity_by_chance: what `purity` is on average when labels are shuffled.
    """

    silhouette: float
    purity: float
    purity_by_chance: float


def separation(embeddings: np.ndarray, labels: np.ndarray) -> Separation:
    """Silhouette and neighbour purity of embeddings (N, D) with labels (N,) (any hashable codes).

    Raises:
        ConfigError: fewer than two labels, or too few points for the neighbours.
    """
    from sklearn.metrics import silhouette_score
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import StandardScaler

    labels = np.asarray(labels)
    N, kinds = len(labels), np.unique(labels, return_counts=True)
    if len(kinds[0]) < 2 or NEIGHBOURS + 1 >= N or len(kinds[0]) >= N:
        raise ConfigError(
            f"{N} points with {len(kinds[0])} labels",
            expected=f"at least two labels, and more than {NEIGHBOURS + 1} points",
        )
    points = StandardScaler().fit_transform(embeddings)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points)
    near = search.kneighbors(return_distance=False)  # (N, k), without the point itself
    purity = (labels[near] == labels[:, None]).mean()
    chance = (kinds[1] * (kinds[1] - 1)).sum() / (N * (N - 1))
    return Separation(float(silhouette_score(points, labels)), float(purity), float(chance))
