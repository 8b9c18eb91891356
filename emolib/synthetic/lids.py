"""How far the eyes are open: each person's lids, made to open and close as lids do.

The data's units push lids by fixed lengths, made for the average eye. On a small eye they add up to
lids shut through a whole sentence. Here every unit takes its share of what is still open: two that
close by half leave a quarter. And no eye is smaller, or more or less open at rest, than real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.synthetic import head as h

# Opening of a calm eye, as a share of its width. On 80 calm people of the Face Research Lab London
# Set 90 % lie within 17 % of the median; ours have the same median.
AT_REST = (0.245, 0.345)
WIDTH = (
    0.285  # of an eye, at least, as a share of both eyes' outer corners; London's: 0.295 to 0.33
)
WIDEST = 0.65  # `eyeWide` opens by this share
_LEAST = 0.3  # of what is open, left by any other unit at full weight
_OVER_DM = 0.004  # shut lids overlap
_SHIFT_DM = 0.015
_PAIRS = {"Left": ((43, 47), (44, 46)), "Right": ((37, 41), (38, 40))}  # landmark numbers
_CORNERS = {"Left": (42, 45), "Right": (36, 39)}


@dataclass(frozen=True, eq=False)
class Lids:
    """Both eyes, the person's left first; lengths in dm.

    open_dm (2,): opening of the mesh without weights; moves (2, 52): how each unit changes it. calm
    (2,): opening wanted at rest; share (2, 52): what each unit at full weight takes from (< 0) or
    adds to it; over (2,): by how much a blink goes on to shut the whole edge.
    """

    open_dm: np.ndarray
    moves: np.ndarray
    calm: np.ndarray
    share: np.ndarray
    over: np.ndarray

    def settle(self, weights: np.ndarray, total: np.ndarray) -> None:
        """Set the blinks of `total` (52,), weights with the rest pose added, in place."""
        for i, unit in enumerate(_BLINK):
            wanted = self.calm[i] * np.prod(1 + self.share[i] * np.clip(weights, 0, 1.3))
            wanted -= self.over[i] * weights[unit]
            left = wanted - self.open_dm[i] - self.moves[i] @ total
            total[unit] += left / self.moves[i, unit]


_BLINK = [h.UNIT_INDEX[f"eyeBlink{side}"] for side in _PAIRS]


def widen_eyes(head: h.Head, rest: np.ndarray) -> None:
    """Enlarge small eyes of rest vertices (N, 3), in place, with the data's own shape."""
    bigger = head.shapes["eyes/eye-scale-incr"] * np.float32(h.STEP_DM)

    def width(vertices: np.ndarray) -> float:
        at = vertices[h.LANDMARKS[[36, 39, 42, 45]], 0]
        return (at[1] - at[0] + at[3] - at[2]) / 2 / (at[3] - at[0])

    now = width(rest)
    rest += bigger * np.clip((WIDTH - now) / (width(rest + bigger) - now), 0, 1.5)


def centre_eyes(head: h.Head, rest: np.ndarray) -> None:
    """Move eyeballs of rest vertices (N, 3) up or down, in place, towards where the average head's
    sit between its lids: not so far that they pierce the skin."""
    for part, pairs in zip((h.EYE_L, h.EYE_R), _PAIRS.values(), strict=True):
        ball = head.part_of == part
        lids = h.LANDMARKS[np.ravel(pairs)]
        usual = head.canonical[lids, 1].mean() - head.canonical[ball, 1].mean()
        shift = rest[lids, 1].mean() - rest[ball, 1].mean() - usual
        rest[ball, 1] += np.clip(shift, -_SHIFT_DM, _SHIFT_DM)


def fit_lids(head: h.Head, rest: np.ndarray, rest_weights: np.ndarray) -> Lids:
    """The lids of a person's rest vertices (N, 3) and rest pose (52,)."""
    open_dm, moves = np.zeros((2, 2)), np.zeros((2, 2, len(h.UNITS)))  # side, pair
    width = np.zeros(2)
    for i, (side, pairs) in enumerate(_PAIRS.items()):
        a, b = rest[h.LANDMARKS[list(_CORNERS[side])], :2]
        width[i] = np.linalg.norm(a - b)
        for k, (upper, lower) in enumerate(pairs):
            up, low = h.LANDMARKS[upper], h.LANDMARKS[lower]
            open_dm[i, k] = rest[up, 1] - rest[low, 1]
            for unit in range(len(h.UNITS)):
                at = slice(*head.unit_start[unit : unit + 2])
                vertex, rise = head.unit_vertex[at], head.unit_delta[at, 1]
                moves[i, k, unit] = rise[vertex == up].sum() - rise[vertex == low].sum()
    calm = np.clip(open_dm.mean(1) + moves.mean(1) @ rest_weights, *np.outer(AT_REST, width))
    share = np.clip(moves.mean(1) / calm[:, None], _LEAST - 1, WIDEST)
    over = np.zeros(2)
    for i, unit in enumerate(_BLINK):
        share[i, unit] = -1
        blink = moves[i, :, unit]
        shut = open_dm[i] - open_dm[i].mean() / blink.mean() * blink
        over[i] = _OVER_DM + max(shut.max(), 0)
    return Lids(open_dm.mean(1), moves.mean(1), calm, share, over)
