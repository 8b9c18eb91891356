"""Each term of the objective against numbers worked by hand and closed forms."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from emolib.models.syncnet import sync_prob
from emolib.training.losses import (
    CHANCE,
    EPS,
    LossWeights,
    Ramp,
    Threshold,
    as_released_pictures,
    change_weight,
    detail_loss,
    emotion_loss,
    l1_loss,
    perceptual_loss,
    sync_logit_loss,
    sync_loss,
    total_loss,
)
from emolib.training.objective import freeze, parameters_frozen


def pictures(*values: float) -> torch.Tensor:
    """(1, 1, 3, 1, n): one row of grey pixels."""
    return torch.tensor(values).expand(1, 1, 3, 1, len(values)).clone()


def test_l1_by_hand_plain_and_weighted():
    a, b = pictures(0.0, 1.0), pictures(0.5, 0.75)
    assert l1_loss(a, b).item() == pytest.approx(0.375)
    weight = torch.tensor([1.0, 3.0]).view(1, 1, 1, 1, 2)
    assert l1_loss(a, b, weight).item() == pytest.approx((1 * 0.5 + 3 * 0.25) / (1 + 3))
    torch.testing.assert_close(l1_loss(a, b, torch.full_like(weight, 2.5)), l1_loss(a, b))


def test_detail_loss_asks_how_steep_not_exactly_where():
    edge, softer, moved = torch.zeros(3, 1, 1, 3, 17, 17).unbind()
    edge[..., 8:], softer[..., 8:], moved[..., 9:] = 1.0, 0.6, 1.0
    assert detail_loss(edge, 1 - edge).item() == 0
    # a step is seen from 5 of 16 places, a fifth of it each
    assert detail_loss(softer, edge).item() == pytest.approx(0.4 * (1 / 5) * 5 / 16)
    assert detail_loss(moved, edge).item() == pytest.approx((1 / 5) * 2 / 16)
    elsewhere = torch.zeros(1, 1, 1, 17, 17)
    elsewhere[..., 16] = 1.0
    assert detail_loss(softer, edge, elsewhere).item() == 0


def test_change_weight_by_hand():
    target = pictures(0.2, 0.25, 0.9).requires_grad_()
    weight = change_weight(target, pictures(0.2, 0.2, 0.2), gain=4, full_at=0.1)
    torch.testing.assert_close(weight.flatten(), torch.tensor([1.0, 3.0, 5.0]))
    assert not weight.requires_grad and weight.shape == (1, 1, 1, 1, 3)


@pytest.mark.parametrize("prob", [0.1, 0.25, 0.5, 0.9])
def test_sync_loss_is_minus_log_p_with_its_slope(prob):
    tensor = torch.full((1,), prob, requires_grad=True)
    loss = sync_loss(tensor)
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(prob), rel=1e-6)
    assert tensor.grad.item() == pytest.approx(-1 / prob)
    assert sync_loss(tensor, 0.0).item() == pytest.approx(-math.log(1 - prob), rel=1e-5)


def test_sync_loss_of_a_mixed_batch_as_torch_has_it():
    prob, label = torch.tensor([0.8, 0.3, 0.6]), torch.tensor([1, 0, 0])
    torch.testing.assert_close(sync_loss(prob, label), nn.BCELoss()(prob, label.float()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_vector_against_itself_costs_nothing_and_breaks_nothing(dtype):
    """Rounding lifts a self-cosine above 1 in every second case; BCE then refuses."""
    vectors = torch.rand(4096, 512, generator=torch.Generator().manual_seed(0))
    unit = nn.functional.normalize(vectors, dim=1).to(dtype)
    raw = unit.float().square().sum(1)
    assert (raw > 1).any()
    loss = sync_loss(raw)
    assert 0 <= loss.item() < 0.02
    assert 0 <= sync_loss(sync_prob(unit, unit)).item() < 0.02


@pytest.mark.parametrize(("prob", "label"), [(0.0, 1.0), (1.0, 0.0), (1.008, 0.0), (-0.1, 1.0)])
def test_certain_and_wrong_costs_a_bounded_loss(prob, label):
    value = torch.tensor([prob], requires_grad=True)
    loss = sync_loss(value, label)
    loss.backward()
    # float32 holds 1 − EPS only roughly, hence the two per cent
    assert loss.item() == pytest.approx(-math.log(EPS), rel=0.02)
    assert torch.isfinite(value.grad).all()


def test_logit_loss_closed_form_and_bounded_slope():
    assert sync_logit_loss(torch.zeros(4)).item() == pytest.approx(CHANCE, abs=1e-4)
    logits = torch.tensor([2.0, -1.0], requires_grad=True)
    loss = sync_logit_loss(logits, torch.tensor([1.0, 0.0]))
    assert loss.item() == pytest.approx((math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2)
    far = torch.tensor([-1000.0], requires_grad=True)
    sync_logit_loss(far).backward()
    assert far.grad.item() == pytest.approx(-1.0)


def test_perceptual_loss_by_hand():
    """Two "layers": the picture itself, and its mean times 10."""

    def features(x):
        return [x, 10 * x.mean((1, 2, 3), keepdim=True)]

    generated, target = pictures(0.0, 1.0), pictures(0.5, 0.5)
    # layer 1: (0.25 + 0.25) / 2; layer 2: both means are one half
    assert perceptual_loss(features, generated, target).item() == pytest.approx(0.25)
    # moved by 0.1 everywhere: 0.01 + (10 · 0.1)²
    assert perceptual_loss(features, target + 0.1, target).item() == pytest.approx(1.01, rel=1e-5)


def test_perceptual_loss_keeps_frames_apart_and_makes_no_graph_for_the_target():
    """A change in frame t moves only the features of frame t."""
    seen = []

    def features(x):
        seen.append(x)
        return [x]

    generated, target = (torch.rand(2, 5, 3, 4, 4, requires_grad=True) for _ in range(2))
    perceptual_loss(features, generated, target).backward()
    assert seen[1].shape == (10, 3, 4, 4) and torch.equal(seen[1][7], generated[1, 2])
    assert target.grad is None and generated.grad is not None


def test_the_released_folding_mixes_frames_within_a_window_only():
    """One loud frame shows in three or four of the released code's five "pictures"."""
    frames = torch.zeros(2, 5, 3, 2, 2)
    frames[0, 2] = 1
    pictures = as_released_pictures(frames).sum((1, 2, 3))
    assert (pictures[:5] > 0).sum() == 3 and (pictures[5:] == 0).all()
    loss = perceptual_loss(lambda x: [x], frames, torch.zeros_like(frames), as_released_pictures)
    assert loss.item() == pytest.approx(0.1)  # every number is there, once


def test_emotion_loss_closed_forms():
    assert emotion_loss(torch.zeros(2, 6), torch.tensor([0, 5])).item() == pytest.approx(
        math.log(6)
    )
    logits = torch.tensor([[2.0, 0, 0, 0, 0, 0]])
    expected = math.log(math.exp(2) + 5) - 2
    assert emotion_loss(logits, torch.tensor([0])).item() == pytest.approx(expected, rel=1e-6)
    one_hot = torch.eye(6)[:1]
    assert emotion_loss(logits, one_hot).item() == pytest.approx(expected, rel=1e-6)


def test_equation_five_by_hand():
    parts = {"l1": 0.5, "sync": 0.7, "perceptual": 2.0, "emotion": 1.8}
    parts = {name: torch.tensor(value) for name, value in parts.items()}
    weights = LossWeights()
    # 0.959 · 0.5 + 0.03 · 0.7 + 0.01 · 2 + 0.001 · 1.8
    assert weights.l1 == pytest.approx(0.959)
    assert total_loss(parts, weights).item() == pytest.approx(0.4795 + 0.021 + 0.02 + 0.0018)
    # α = 0 at the start: L1 takes its share
    assert total_loss(parts, weights.at(0.0)).item() == pytest.approx(0.989 * 0.5 + 0.0218)
    l1 = {"l1": torch.tensor(0.25)}  # a part without weight need not be there
    assert total_loss(l1, LossWeights(0, 0, 0)).item() == 0.25
    with pytest.raises(KeyError, match="sync"):
        total_loss(l1, weights)


def test_weights_that_cannot_work_are_all_named():
    assert LossWeights().problems() == []
    found = LossWeights(sync=0.6, perceptual=0.5, emotion=-0.1).problems()
    assert len(found) == 2 and "leaves nothing" in found[1] and "emotion" in found[0]


def test_threshold_schedule_opens_once_and_for_good():
    rule = Threshold(0.75)
    assert [rule.opens(loss) for loss in (1.2, 0.75, 0.74)] == [False, False, True]
    assert rule.alpha(0.03, 5000, None) == 0.0
    assert [rule.alpha(0.03, step, 3000) for step in (2999, 3000, 9000)] == [0.0, 0.03, 0.03]


def test_ramp_by_hand():
    ramp = Ramp(100, 300)
    steps = (0, 100, 150, 200, 300, 1000)
    np.testing.assert_allclose(
        [ramp.alpha(0.04, step) for step in steps], [0, 0, 0.01, 0.02, 0.04, 0.04]
    )
    assert Ramp(5, 2).problems() and not ramp.problems()


@pytest.mark.parametrize("quirks", [False, True])
def test_a_frozen_net_passes_gradients_on_and_keeps_its_statistics_but_for_quirks(quirks):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    x = (5 + torch.randn(8, 3, 6, 6)).requires_grad_()
    freeze(net, quirks)(x).square().sum().backward()
    kept = all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert kept != quirks
    assert all(p.grad is None for p in net.parameters())
    assert x.grad is not None and x.grad.abs().sum() > 0


def test_parameters_frozen_only_inside():
    net = nn.Linear(2, 1)
    x = torch.ones(1, 2, requires_grad=True)
    with parameters_frozen(net):
        inside = net(x)
    (inside + net(torch.full((1, 2), 3.0))).sum().backward()
    assert net.weight.grad.tolist() == [[3.0, 3.0]]  # from the second call alone
    torch.testing.assert_close(x.grad, net.weight.detach())
