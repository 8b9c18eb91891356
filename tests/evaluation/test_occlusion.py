"""Where a judge looks, by judges of whom we know where they look."""

import pytest
import torch
from torch import nn

from emolib.base.errors import ConfigError
from emolib.evaluation.emotion import covered, occlusion_map


class LooksAt(nn.Module):
    """Says emotion 2 the more, the brighter one place is."""

    def __init__(self, rows, columns):
        super().__init__()
        self.place = (..., rows, columns)

    def forward(self, frames):
        bright = frames[self.place].mean((1, 2, 3, 4))  # (B,)
        return torch.nn.functional.one_hot(torch.tensor(2), 6) * 10 * bright[:, None]


@pytest.fixture
def frames():
    torch.manual_seed(0)
    frames = 0.2 * torch.rand(5, 3, 96, 96)
    frames[..., 60:84, 36:60] += 0.7  # something bright where the judge looks
    return frames


def test_the_map_is_highest_where_the_judge_looks(frames):
    heat = occlusion_map(LooksAt(slice(60, 84), slice(36, 60)), frames, 2)
    assert heat.shape == (7, 7)
    assert divmod(int(heat.argmax()), 7) == (5, 3)  # the square from row 60, column 36
    assert heat[5, 3] > 0.5 and heat[:3].abs().max() < 1e-5
    other = occlusion_map(LooksAt(slice(60, 84), slice(36, 60)), frames, 0)
    assert other[5, 3] < 0  # what speaks for one emotion speaks against the others


def test_a_cover_has_the_mean_colour_and_leaves_the_rest(frames):
    other = covered(frames, 10, 20, 8)
    changed = (other != frames).any(1).any(0)
    assert changed[10:18, 20:28].all() and changed.sum() == 64
    torch.testing.assert_close(other[..., 12, 22], frames.mean((-2, -1)))


def test_a_square_must_fit(frames):
    with pytest.raises(ConfigError, match="97 px"):
        occlusion_map(LooksAt(slice(0, 1), slice(0, 1)), frames, 0, side=97)
