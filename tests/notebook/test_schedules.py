"""α over a run: opened once and for good, forgotten by the released way, never opened."""

import pytest

from emolib.notebook.shipped import alphas_over
from emolib.training.losses import Ramp, Threshold

STEPS = [0, 100, 200, 300, 400]


def test_a_threshold_stays_open():
    assert alphas_over(STEPS, [1.0, 0.7, 0.9, 0.9, 0.9], Threshold(0.75), 0.03) == [
        0.0,
        *[0.03] * 4,
    ]
    assert alphas_over(STEPS, [1.0] * 5, Threshold(0.75), 0.03) == [0.0] * 5


@pytest.mark.parametrize(("last", "expected"), [(0.9, 0.0), (0.7, 0.03)])
def test_released_code_forgets_until_the_loss_is_low_again(last, expected):
    losses = [1.0, 0.7, 0.7, 0.7, last]
    found = alphas_over(STEPS, losses, Threshold(0.75), 0.03, forgets_at=300)
    assert found == [0.0, 0.03, 0.03, 0.0, expected]


def test_a_ramp_needs_no_losses():
    found = alphas_over(STEPS, [9.0] * 5, Ramp(100, 300), 0.02)
    assert found == pytest.approx([0, 0, 0.01, 0.02, 0.02])
