"""Clip embeddings, their drawing, and the numbers beside it."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from torch import nn

from emolib.base.errors import ConfigError
from emolib.evaluation import embeddings
from emolib.models.generator import Generator, GeneratorConfig


def groups(spread, seed=0):
    """Six groups of eight points in twelve dimensions."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(6), 8)
    return rng.standard_normal((6, 12))[labels] + spread * rng.standard_normal((48, 12)), labels


def test_tight_groups_separate_and_shuffled_labels_do_not():
    points, labels = groups(0.05)
    good = embeddings.separation(points, labels)
    assert good.purity == 1
    assert good.silhouette > 0.8
    assert good.purity_by_chance == pytest.approx(7 / 47)
    shuffled = [
        embeddings.separation(points, np.random.default_rng(s).permutation(labels)).purity
        for s in range(20)
    ]
    assert np.mean(shuffled) == pytest.approx(7 / 47, abs=0.03)


def test_silhouette_and_purity_equal_their_definitions():
    points, labels = groups(0.8)
    standard = (points - points.mean(0)) / points.std(0)
    apart = cdist(standard, standard)
    scores, same = [], []
    for i in range(48):
        means = [apart[i, (labels == k) & (np.arange(48) != i)].mean() for k in range(6)]
        own, other = means[labels[i]], min(m for k, m in enumerate(means) if k != labels[i])
        scores.append((other - own) / max(own, other))
        near = np.argsort(np.where(np.arange(48) == i, np.inf, apart[i]))[:5]
        same.append((labels[near] == labels[i]).mean())
    found = embeddings.separation(points, labels)
    assert found.silhouette == pytest.approx(np.mean(scores))
    assert found.purity == pytest.approx(np.mean(same))
    with pytest.raises(ConfigError, match="two labels"):
        embeddings.separation(points, np.zeros(48))


def test_the_drawing_repeats_for_a_seed_and_keeps_groups_together():
    points, labels = groups(0.05)
    drawn = embeddings.tsne(points, perplexity=7, seed=1)
    assert drawn.shape == (48, 2)
    np.testing.assert_array_equal(drawn, embeddings.tsne(points, perplexity=7, seed=1))
    assert embeddings.separation(drawn, labels).purity > 0.95
    assert not np.allclose(drawn, embeddings.tsne(points, perplexity=15, seed=1))
    with pytest.raises(ConfigError, match="perplexity 48"):
        embeddings.tsne(points, perplexity=48, seed=0)


class MeanColour(nn.Module):
    """Three numbers a window: its mean colour."""

    def features(self, frames):
        return frames.mean((1, 3, 4))


def test_a_clip_is_the_mean_over_its_whole_windows():
    clip = np.zeros((12, 96, 96, 3), np.uint8)
    clip[5:10, :, :, 1] = 255
    clip[10:] = 255  # not a whole window
    rows = embeddings.clip_embeddings(MeanColour(), [clip, clip[:5]])
    np.testing.assert_allclose(rows, [[0, 0.5, 0], [0, 0, 0]])
    with pytest.raises(ConfigError, match="at least 5"):
        embeddings.clip_embeddings(MeanColour(), [clip[:4]])


def test_the_emotion_encoder_has_six_points_and_no_more():
    points = embeddings.label_embeddings(Generator(GeneratorConfig(width=1 / 8)))
    assert points.shape == (6, 64)
    assert cdist(points, points)[np.triu_indices(6, 1)].min() > 1e-3
