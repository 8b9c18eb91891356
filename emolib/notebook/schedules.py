"""What a rule makes of a course of validation losses: α over the steps of a run (notebook 06)."""

from __future__ import annotations

from collections.abc import Sequence

from emolib.training.losses import Ramp, Threshold


def alphas_over(
    steps: Sequence[int],
    sync_losses: Sequence[float],
    rule: Threshold | Ramp,
    full: float,
    forgets_at: int | None = None,
) -> list[float]:
    """α at each evaluation of a run.

    Args:
        steps: of the evaluations; sync_losses: what each found.
        full: the sync weight once it is on.
        forgets_at: a step at which the run is resumed by code that does not keep α, as released.
    """
    opened, found = None, []
    for step, loss in zip(steps, sync_losses, strict=True):
        if step == forgets_at:
            opened = None
            found.append(0.0)  # until the next evaluation
            continue
        if opened is None and rule.opens(loss):
            opened = step
        found.append(rule.alpha(full, step, opened))
    return found
