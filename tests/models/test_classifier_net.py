"""The independent classifier: any number of frames, none mixed, and not the discriminator."""

import pytest
import torch
from shaken import rand, shake

from emolib.base.errors import ConfigError
from emolib.models.blocks import fuse_for_inference, n_parameters
from emolib.models.emotion import (
    EmotionClassifier,
    EmotionClassifierConfig,
    EmotionDiscriminator,
    standardised,
)

SMALL = EmotionClassifierConfig(width=1 / 16)


@pytest.fixture(scope="module")
def net():
    return shake(EmotionClassifier(SMALL))


def test_parameters_of_the_shipped_width_fit_three_megabytes_in_half():
    with torch.device("meta"):
        net = EmotionClassifier(EmotionClassifierConfig(width=0.25))
    assert n_parameters(net) == 775_014
    assert 2 * n_parameters(net) < 3e6


def test_it_shares_no_shape_of_a_layer_with_the_discriminator():
    with torch.device("meta"):
        shapes = [
            {tuple(p.shape) for p in network.parameters() if p.ndim > 1}
            for network in (EmotionClassifier().convs[0], EmotionDiscriminator().convs[0])
        ]
        kinds = [
            {type(m) for m in network.modules()}
            for network in (EmotionClassifier(), EmotionDiscriminator())
        ]
    assert not shapes[0] & shapes[1]
    assert torch.nn.LSTM in kinds[1] - kinds[0]
    assert torch.nn.BatchNorm2d in kinds[0] - kinds[1]


@torch.no_grad()
@pytest.mark.parametrize("T", [1, 3, 9])
def test_any_number_of_frames(net, T):
    assert net(rand(2, T, 3, 96, 96)).shape == (2, 6)
    assert net.features(rand(1, T, 3, 96, 96)).shape == (1, 64)


@torch.no_grad()
def test_clips_do_not_touch_each_other(net):
    frames = rand(3, 5, 3, 96, 96)
    logits, order = net(frames), [2, 0, 1]
    torch.testing.assert_close(net(frames[order]), logits[order], atol=1e-5, rtol=1e-5)
    frames[1] = 0
    assert ((net(frames) - logits).abs().amax(1) > 1e-5).tolist() == [False, True, False]


@torch.no_grad()
def test_features_are_mean_and_spread_over_time(net):
    frames = rand(1, 4, 3, 96, 96)
    each = torch.cat([net.convs(picture[None]) for picture in standardised(frames)[0]])
    each = each.mean((2, 3))  # (T, 32)
    whole = net.features(frames)[0]
    torch.testing.assert_close(whole[:32], each.mean(0), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(whole[32:], each.std(0, correction=0), atol=2e-3, rtol=0)
    still = net.features(frames[:, :1].repeat(1, 5, 1, 1, 1))[0]
    torch.testing.assert_close(still[32:], torch.zeros(32), atol=1e-4, rtol=0)


@torch.no_grad()
def test_light_colour_cast_and_contrast_change_nothing(net):
    frames = 0.2 + 0.5 * rand(2, 3, 3, 96, 96)
    gain, bias = torch.tensor([0.9, 1.2, 0.8]), torch.tensor([0.1, -0.1, 0.0])
    other = frames * gain[:, None, None] + bias[:, None, None]
    torch.testing.assert_close(net(other), net(frames), atol=0.05, rtol=0.05)
    assert standardised(torch.ones(1, 2, 3, 8, 8)).eq(0).all()


@torch.no_grad()
def test_the_fused_copy_says_the_same(net):
    frames = rand(2, 2, 3, 96, 96)
    torch.testing.assert_close(fuse_for_inference(net)(frames), net(frames), atol=1e-4, rtol=1e-3)


def test_other_shapes_and_settings_are_refused(net):
    with pytest.raises(ConfigError, match="frames are"):
        net(rand(1, 5, 3, 112, 112))
    with pytest.raises(ConfigError, match="width"):
        EmotionClassifierConfig(width=0)
    with pytest.raises(ConfigError, match="dropout"):
        EmotionClassifierConfig(dropout=1)


def test_it_overfits_two_clips():
    torch.manual_seed(0)
    net = EmotionClassifier(SMALL)
    frames, label = rand(2, 3, 3, 96, 96), torch.tensor([3, 5])
    adam = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(20):
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(frames), label)
        loss.backward()
        adam.step()
    assert loss < 0.1
