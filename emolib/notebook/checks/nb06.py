"""Checks for notebook 06, full training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from emolib.notebook.checks import Verdict, exercise, not_yet, right
from emolib.training.losses import Ramp


@exercise
def check_ramp(ramp: Callable[[int, int, int, float], float]) -> Verdict:
    """`ramp(step, start, end, full)`: α at a step."""
    for start, end, full in ((1000, 4000, 0.02), (0, 500, 0.03)):
        for step in (0, start, (start + end) // 2, end - 1, end, 10 * end):
            truth = Ramp(start, end).alpha(full, step)
            answer = float(ramp(step, start, end, full))
            if abs(answer - truth) < 1e-9:
                continue
            if answer < 0:
                return not_yet(f"step {step}: {answer:.4f}; before step {start} there is no sync")
            if answer > full + 1e-9:
                return not_yet(f"step {step}: {answer:.4f}; it never gets above {full}")
            return not_yet(f"step {step} of {start} … {end}: {answer:.5f}, expected {truth:.5f}")
    return right("a straight line, flat at both ends; it needs nothing to be remembered")


@exercise
def check_threshold(alphas: Callable[[Sequence[float], float, float], Sequence[float]]) -> Verdict:
    """`alphas(losses, below, full)`: α after each evaluation, by the paper's rule."""
    losses, below, full = [1.3, 0.9, 0.75, 0.70, 1.1, 0.8], 0.75, 0.03
    answer = [float(value) for value in alphas(list(losses), below, full)]
    truth = [0.0, 0.0, 0.0, full, full, full]
    if len(answer) != len(losses):
        return not_yet(f"{len(answer)} values for {len(losses)} evaluations")
    if answer == truth:
        if any(alphas([0.9, 0.8], below, full)):
            return not_yet("a second run begins closed: is something kept from the first?")
        return right("once open, open for good; so a resumed run must know when it opened")
    if answer == [full if loss < below else 0.0 for loss in losses]:
        return not_yet("it closes again when the loss rises; the rule opens once, for good")
    if answer[2] == full:
        return not_yet("0.75 is not below 0.75")
    return not_yet(f"losses {losses}: you say {answer}")


@exercise
def check_batch_flags(batch_flags: Callable[[int, int, int], tuple[int, int]]) -> Verdict:
    """`batch_flags(total, processes, fits)`: `--batch-size` and `--accumulate` for a step."""
    for total, processes, fits in ((64, 4, 8), (64, 1, 64), (96, 2, 20), (16, 8, 4)):
        size, parts = batch_flags(total, processes, fits)
        case = f"{total} windows a step on {processes} GPUs with room for {fits}"
        if size * processes != total:
            if size == total:
                return not_yet(f"{case}: --batch-size counts for each process, {size} is too many")
            return not_yet(f"{case}: {processes} × {size} is not {total}")
        if -(-size // parts) > fits:
            return not_yet(f"{case}: parts of {-(-size // parts)} windows do not fit")
        if parts != ceil(size / fits):
            return not_yet(f"{case}: {parts} parts are more than needed, and cost time")
    return right("the same optimiser step, wherever it runs")
