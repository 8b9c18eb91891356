"""Time series of face poses: gaps filled, jitter removed, cuts respected.

Deviation: the released code averages each box with the *next* four, in place, in whole pixels. The
box runs ahead of the face, and in the last frames averages numbers that are averages already. Here
the window is centred, floats stay floats, and near an end or a cut it shrinks on both sides alike,
so that it never pulls the box backwards or forwards. Fast motion is not jitter and is left alone.
"""

from __future__ import annotations

import numpy as np

SMOOTH_HALF_FRAMES = 2  # two frames before to two after: the paper's T = 5
MAX_GAP_FRAMES = 10


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches (first, one past last) where `flags` (N,) bool is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def smooth_centred(
    values: np.ndarray,
    half_frames: int = SMOOTH_HALF_FRAMES,
    breaks: tuple[int, ...] | list[int] = (),
    noise: float | np.ndarray | None = None,
) -> np.ndarray:
    """Each value as the weighted mean of its neighbours, as many before as after.

    Args:
        values: (N, D) float.
        half_frames: neighbours on each side; weights fall linearly with distance.
        breaks: frames that begin something new (cuts); no window reaches across one.
        noise: size of what counts as jitter, a number or (N,), in the values' unit. Neighbours that
            differ by much more are real motion and hardly count. None: all count.

    Returns:
        (N, D) float64. A straight motion comes back unchanged, at the ends too.
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    index = np.arange(n)
    starts = np.array([0, *sorted(b for b in breaks if 0 < b < n), n])
    piece = np.searchsorted(starts, index, side="right") - 1
    reach = np.minimum(index - starts[piece], starts[piece + 1] - 1 - index).clip(0, half_frames)
    noise = None if noise is None else np.broadcast_to(np.asarray(noise, np.float64), (n,))
    smoothed = values.copy()
    for half in range(1, half_frames + 1):
        offsets = np.arange(-half, half + 1)
        at = index[reach == half]
        near = values[at[:, None] + offsets]  # (n, 2 half + 1, D)
        weights = np.tile(half + 1.0 - np.abs(offsets), (len(at), 1))
        if noise is not None:
            away = np.linalg.norm(near - values[at, None], axis=2) / noise[at, None]
            weights *= np.exp(-(away**2) / 2)
        smoothed[at] = np.einsum("nod,no->nd", near, weights / weights.sum(axis=1, keepdims=True))
    return smoothed


def fill_gaps(
    values: np.ndarray, seen: np.ndarray, max_gap: int = MAX_GAP_FRAMES
) -> tuple[np.ndarray, np.ndarray]:
    """Values with every unseen frame filled in, and which of them may be trusted.

    Args:
        values: (N, D) float; rows where `seen` is false are ignored.
        seen: (N,) bool, at least one true.
        max_gap: gaps up to this length, between two sightings, are filled by a straight line and
            trusted. Longer gaps and the ends are filled too (nothing stays NaN) but not trusted.

    Returns:
        (N, D) float64 and (N,) bool.
    """
    index, at = np.arange(len(seen)), np.flatnonzero(seen)
    filled = np.stack([np.interp(index, at, column[at]) for column in np.asarray(values).T], axis=1)
    found = seen.copy()
    for first, end in runs(~seen):
        inside = first > 0 and end < len(seen)
        found[first:end] = inside and end - first <= max_gap
    return filled, found


def jitter_px(values: np.ndarray) -> float:
    """RMS of the second difference of (N, D) over time, in its unit: 0 for any steady motion."""
    second = np.diff(np.asarray(values, dtype=np.float64), n=2, axis=0)
    return float(np.sqrt((second**2).mean())) if second.size else 0.0
