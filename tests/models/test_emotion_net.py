"""The emotion discriminator: frames stay pictures, unless the released scramble is asked for."""

import pytest
import torch
from shaken import rand, shake

from emolib.base.errors import ConfigError
from emolib.models.blocks import fuse_for_inference, n_parameters
from emolib.models.emotion import (
    EmotionClassifier,
    EmotionClassifierConfig,
    EmotionDiscriminator,
    EmotionDiscriminatorConfig,
    scramble_like_released,
    standardised,
)


@pytest.fixture(scope="module")
def net():
    return shake(EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8)))


def test_parameters_to_the_unit():
    with torch.device("meta"):
        net = EmotionDiscriminator()
    assert n_parameters(net) == 16_503_430
    parts = [n_parameters(p) for p in (net.convs, net.projector, net.rnn, net.classifier)]
    assert parts == [3_910_784, 10_488_320, 2_101_248, 3_078]


@torch.no_grad()
@pytest.mark.parametrize("which", ["net", "judge"])
def test_any_number_of_frames_and_clips_that_do_not_touch(which, request):
    net = request.getfixturevalue(which)
    for T in (1, 5, 8):
        assert net(rand(2, T, 3, 96, 96)).shape == (2, 6)
        assert len(net.features(rand(1, T, 3, 96, 96))) == 1
    frames = rand(3, 5, 3, 96, 96)
    logits, order = net(frames), [2, 0, 1]
    torch.testing.assert_close(net(frames[order]), logits[order], atol=1e-5, rtol=1e-5)
    frames[1] = 0
    assert ((net(frames) - logits).abs().amax(1) > 1e-5).tolist() == [False, True, False]


def seen_frames(net, changed):
    """Which of the per-frame pictures differ once frame `changed` does."""
    seen = []
    hook = net.convs[0].register_forward_hook(lambda _m, args, _o: seen.append(args[0].clone()))
    frames = rand(1, 5, 3, 96, 96)
    net(frames)
    frames[0, changed] = 0
    net(frames)
    hook.remove()
    return ((seen[0] - seen[1]).abs().amax((1, 2, 3)) > 0).nonzero().flatten().tolist()


@torch.no_grad()
def test_a_changed_frame_changes_only_its_own_picture(net):
    assert seen_frames(net, 2) == [2]


@torch.no_grad()
def test_the_released_scramble_mixes_frames():
    config = EmotionDiscriminatorConfig(width=1 / 8, released_code_quirks=True)
    assert seen_frames(shake(EmotionDiscriminator(config)), 2) == [0, 2, 4]


def test_the_scramble_is_the_released_one_plane_by_plane():
    frames = torch.zeros(1, 5, 3, 1, 1)
    for t in range(5):
        for c in range(3):
            frames[0, t, c] = 10 * c + t  # tens: colour (0 R, 1 G, 2 B), units: time
    pictures = scramble_like_released(frames)[..., 0, 0].int().tolist()
    # [B0 B1 B2] [B3 B4 G0] [G1 G2 G3] [G4 R0 R1] [R2 R3 R4]
    assert pictures == [[20, 21, 22], [23, 24, 10], [11, 12, 13], [14, 0, 1], [2, 3, 4]]


@pytest.mark.parametrize("which", ["net", "judge"])
def test_other_shapes_and_settings_are_refused(which, request):
    for shape in ((1, 3, 5, 96, 96), (1, 5, 3, 112, 112)):
        with pytest.raises(ConfigError, match="frames are"):
            request.getfixturevalue(which)(rand(*shape))
    for config, wrong in (
        (EmotionDiscriminatorConfig, {"width": 9}),
        (EmotionClassifierConfig, {"width": 0}),
        (EmotionClassifierConfig, {"dropout": 1}),
    ):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            config(**wrong)


@pytest.mark.parametrize(
    ("make", "rate", "steps"),
    [
        (lambda: EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8)), 2e-3, 30),
        (lambda: EmotionClassifier(SMALL), 5e-3, 20),
    ],
)
def test_it_overfits_two_clips(make, rate, steps):
    torch.manual_seed(0)
    net = make()
    frames, label = rand(2, 5, 3, 96, 96), torch.tensor([3, 5])
    adam = torch.optim.Adam(net.parameters(), rate)
    for _ in range(steps):
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(frames), label)
        loss.backward()
        adam.step()
    assert loss < 0.1


def test_a_standardised_discriminator_does_not_see_the_light():
    torch.manual_seed(0)
    frames = 0.2 + 0.5 * rand(2, 5, 3, 96, 96)
    plain, steady = (
        EmotionDiscriminator(EmotionDiscriminatorConfig(width=1 / 8, standardise=standardise))
        for standardise in (False, True)
    )
    lit = 1.3 * frames + 0.05
    assert (steady(frames) - steady(lit)).abs().max() < 0.1 * (
        plain(frames) - plain(lit)
    ).abs().max()


SMALL = EmotionClassifierConfig(width=1 / 16)


@pytest.fixture(scope="module")
def judge():
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
def test_features_are_mean_and_spread_over_time(judge):
    frames = rand(1, 4, 3, 96, 96)
    each = torch.cat([judge.convs(picture[None]) for picture in standardised(frames)[0]])
    each = each.mean((2, 3))  # (T, 32)
    whole = judge.features(frames)[0]
    torch.testing.assert_close(whole[:32], each.mean(0), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(whole[32:], each.std(0, correction=0), atol=2e-3, rtol=0)
    still = judge.features(frames[:, :1].repeat(1, 5, 1, 1, 1))[0]
    torch.testing.assert_close(still[32:], torch.zeros(32), atol=1e-4, rtol=0)


@torch.no_grad()
def test_light_colour_cast_and_contrast_change_nothing(judge):
    frames = 0.2 + 0.5 * rand(2, 3, 3, 96, 96)
    gain, bias = torch.tensor([0.9, 1.2, 0.8]), torch.tensor([0.1, -0.1, 0.0])
    other = frames * gain[:, None, None] + bias[:, None, None]
    torch.testing.assert_close(judge(other), judge(frames), atol=0.05, rtol=0.05)
    assert standardised(torch.ones(1, 2, 3, 8, 8)).eq(0).all()


@torch.no_grad()
def test_the_fused_copy_says_the_same(judge):
    frames = rand(2, 2, 3, 96, 96)
    torch.testing.assert_close(
        fuse_for_inference(judge)(frames), judge(frames), atol=1e-4, rtol=1e-3
    )
