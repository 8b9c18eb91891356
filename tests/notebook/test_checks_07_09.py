"""Checks of notebooks 07 and 09: the right answer passes, the usual mistakes are named."""

from dataclasses import asdict

import numpy as np
import pytest
import torch
from sklearn.metrics import silhouette_score

from emolib.notebook.checks import nb07, nb09


def recipe_diff(a, b):
    a, b = asdict(a), asdict(b)
    return {key: (a[key], b[key]) for key in a if a[key] != b[key]}


def paired_interval(a, b, actors):
    gaps, names, rng = b - a, np.unique(actors), np.random.default_rng(0)
    means = [
        np.concatenate([gaps[actors == name] for name in rng.choice(names, len(names))]).mean()
        for _ in range(400)
    ]
    return tuple(np.percentile(means, [2.5, 97.5]))


def unpaired(a, b, actors):
    rng = np.random.default_rng(0)
    means = [rng.choice(b, len(b)).mean() - rng.choice(a, len(a)).mean() for _ in range(400)]
    return tuple(np.percentile(means, [2.5, 97.5]))


def single_clips(a, b, actors):
    rng = np.random.default_rng(0)
    means = [rng.choice(b - a, len(a)).mean() for _ in range(400)]
    return tuple(np.percentile(means, [2.5, 97.5]))


def no_worse(low, high, margin):
    return "holds" if low > -margin else "does not hold" if high < -margin else "undecided"


@pytest.mark.parametrize(
    ("check", "answer", "state", "hint"),
    [
        (nb07.check_recipe_diff, recipe_diff, "right", "diff"),
        (nb07.check_recipe_diff, lambda a, b: {}, "not yet", "augment"),
        (nb07.check_recipe_diff, None, "not attempted", "not attempted"),
        (nb07.check_paired_interval, paired_interval, "right", "people"),
        (nb07.check_paired_interval, unpaired, "not yet", "clip by clip"),
        (nb07.check_paired_interval, single_clips, "not yet", "whole actors"),
        (nb07.check_no_worse, no_worse, "right", "margin"),
        (nb07.check_no_worse, lambda *g: no_worse(*g[:2], 0), "not yet", "within the margin"),
        (nb07.check_no_worse, lambda low, high, m: "holds", "not yet", "both sides"),
    ],
)
def test_answers_of_notebook_07(check, answer, state, hint):
    verdict = check(answer)
    assert verdict.state == state
    assert hint in verdict.message


def springs(p, y, factor=4, far=True):
    """t-SNE's gradient by autograd, or spoiled by hand."""
    y = torch.from_numpy(y).requires_grad_()
    apart = y[:, None] - y[None]
    w = 1 / (1 + apart.square().sum(-1)) * (1 - torch.eye(len(y)))
    q = w / w.sum()
    if not far:
        return (4 * ((torch.from_numpy(p) - q)[..., None] * apart).sum(1)).detach().numpy()
    loss = -(torch.from_numpy(p) * q.clamp(min=1e-300).log()).sum()
    return factor / 4 * torch.autograd.grad(loss, y)[0].numpy()


def nearest(points, labels, people, strangers):
    right = []
    for i in range(len(points)):
        others = people != people[i] if strangers else np.arange(len(points)) != i
        away = np.linalg.norm(points[others] - points[i], axis=1)
        right.append(labels[others][away.argmin()] == labels[i])
    return float(np.mean(right))


@pytest.mark.parametrize(
    ("check", "answer", "state", "hint"),
    [
        (nb09.check_gradient, springs, "right", "springs"),
        (nb09.check_gradient, lambda p, y: springs(p, y, -4), "not yet", "sign"),
        (nb09.check_gradient, lambda p, y: springs(p, y, 1), "not yet", "factor 4"),
        (nb09.check_gradient, lambda p, y: springs(p, y, far=False), "not yet", "far points"),
        (nb09.check_silhouette, silhouette_score, "right", "scikit-learn"),
        (nb09.check_silhouette, lambda p, y: 0.5, "not yet", "expected"),
        (nb09.check_new_people, lambda *g: nearest(*g, True), "right", "among all people"),
        (nb09.check_new_people, lambda *g: nearest(*g, False), "not yet", "same person"),
        (nb09.check_new_people, ..., "not attempted", "not attempted"),
    ],
)
def test_answers_of_notebook_09(check, answer, state, hint):
    verdict = check(answer)
    assert verdict.state == state
    assert hint in verdict.message
