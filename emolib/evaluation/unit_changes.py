"""How an expression moves the face, unit by unit: over clips and people, and as a table.

A unit's two sides count as one. Changes are weights in [-1, 1] less those of the source; where the
source is the person's neutral clip they are the emotion's alone.
"""

from __future__ import annotations

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.evaluation.intervals import Interval, mean_interval
from emolib.evaluation.report import Column, Row, Table
from emolib.synthetic.head import STEMS

MOVES = 0.02  # a mean change below this is not told
HEADS = {"generated": "{}", "truth": "{} true"}


def unit_changes(changes: list, actors: np.ndarray, intended: np.ndarray, seed: int = 0) -> dict:
    """Emotion → unit → its mean change with an interval over people, as plain values.

    Args:
        changes: a row of 32 in `STEMS` order for each clip; None where it was not measured.
        actors: (N,) names. intended: (N,) int, index into `EMOTIONS`; -1: not asked for.
    """
    found, known = {}, np.array([row is not None for row in changes])
    for code in np.unique(intended[known & (intended >= 0)]):
        asked = np.flatnonzero(known & (intended == code))
        moved = np.array([changes[i] for i in asked])
        means = [mean_interval(column, actors[asked], seed=seed) for column in moved.T]
        told = {s: m.as_dict() for s, m in zip(STEMS, means, strict=True) if abs(m.mean) >= MOVES}
        found[EMOTIONS[code]] = told
    return found


def units_table(numbers: dict, *, title: str = "Face units, change from the source") -> Table:
    """A line a unit, a column an emotion: as generated, and as really acted where that is known."""
    told = {
        HEADS[row].format(code): {unit: Interval(**one) for unit, one in moved[code].items()}
        for code in EMOTIONS
        for row, moved in numbers["units"].items()
        if code in moved
    }
    rows = [Row((s,), {head: x[s] for head, x in told.items() if s in x}) for s in STEMS]
    columns = tuple(Column(head) for head in told)
    return Table(title, ("Unit",), columns, tuple(row for row in rows if row.cells))


def unit_lines(numbers: dict) -> list[str]:
    """The means of `units_table` for the terminal; none where no units were measured."""
    if "units" not in numbers:
        return []
    table = units_table(numbers)
    cells = [table.headings, *(table.cells(row, span="") for row in table.rows)]
    return ["", *(f"{unit:16}" + "".join(f"{cell:>10}" for cell in rest) for unit, *rest in cells)]
