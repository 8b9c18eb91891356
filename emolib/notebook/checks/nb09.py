"""Checks for notebook 09, embeddings and t-SNE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist

from emolib.notebook.checks import Verdict, exercise, not_yet, right


def _groups(n_people: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (48, 6), labels (48,) of four kinds, people (48,): people lie farther apart."""
    rng = np.random.default_rng(5)
    labels, people = np.tile(np.arange(4), 12), np.repeat(np.arange(n_people), 48 // n_people)
    kinds, homes = 2 * rng.standard_normal((4, 6)), 9 * rng.standard_normal((n_people, 6))
    return kinds[labels] + homes[people] + rng.standard_normal((48, 6)), labels, people


@exercise
def check_gradient(gradient: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Verdict:
    """`gradient(p (N, N), y (N, 2))`: of t-SNE's divergence on the drawing's points."""
    rng = np.random.default_rng(5)
    p, y = rng.random((9, 9)), rng.standard_normal((9, 2))
    p = p + p.T
    np.fill_diagonal(p, 0)
    p /= p.sum()
    answer, apart = np.asarray(gradient(p.copy(), y.copy())), y[:, None] - y[None]
    w = 1 / (1 + (apart**2).sum(-1))
    np.fill_diagonal(w, 0)
    truth = 4 * (((p - w / w.sum()) * w)[..., None] * apart).sum(1)
    if answer.shape != truth.shape:
        return not_yet(f"shape {answer.shape}, expected {truth.shape}")
    if np.allclose(answer, truth):
        return right("pairs with p > q attract, pairs with p < q repel")
    if np.allclose(answer, -truth):
        return not_yet("the sign: this direction makes the divergence larger")
    if np.allclose(4 * answer, truth):
        return not_yet("the direction is right; the factor 4 is missing")
    if np.allclose(answer, 4 * ((p - w / w.sum())[..., None] * apart).sum(1)):
        return not_yet("far points pull as hard as near ones: the factor 1 / (1 + d²) is missing")
    return not_yet("not yet the slope: is q made of 1 / (1 + d²), without the diagonal?")


@exercise
def check_silhouette(silhouette: Callable[[np.ndarray, np.ndarray], float]) -> Verdict:
    """`silhouette(points, labels)`: mean of (b - a) / max(a, b)."""
    from sklearn.metrics import silhouette_score

    points, labels, _ = _groups()
    answer, truth = float(silhouette(points, labels)), float(silhouette_score(points, labels))
    if abs(answer - truth) < 1e-6:
        return right("the same as scikit-learn's")
    told = "a leaves oneself out, b is the nearest other group's mean"
    return not_yet(f"{answer:.4f}, expected {truth:.4f}; {told}")


@exercise
def check_new_people(new_people: Callable[..., float]) -> Verdict:
    """`new_people(points, labels, people)`: nearest-neighbour accuracy among other people only."""
    points, labels, people = _groups(4)
    apart = cdist(points, points)
    near = np.where(people[:, None] == people[None], np.inf, apart).argmin(1)
    answer, truth = (
        float(new_people(points, labels, people)),
        float((labels[near] == labels).mean()),
    )
    np.fill_diagonal(apart, np.inf)
    careless = float((labels[apart.argmin(1)] == labels).mean())
    if abs(answer - truth) < 1e-9:
        return right(f"{truth:.0%}; among all people it would have been {careless:.0%}")
    if abs(answer - careless) < 1e-9:
        return not_yet("this asks all clips, the same person's among them")
    return not_yet(f"{answer:.3f}, expected {truth:.3f}")
