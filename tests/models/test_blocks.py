"""Bricks: the skip comes before the ReLU, widths scale, folding changes nothing."""

import pytest
import torch
from shaken import rand, shake
from torch import nn

from emolib.base.errors import CheckpointError
from emolib.models.blocks import (
    ConvBlock,
    conv_stack,
    fuse_for_inference,
    n_parameters,
    net2net,
    scaled,
)
from emolib.models.cost import trace
from emolib.models.emotion import EmotionDiscriminator
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import SyncNet


@pytest.mark.parametrize(
    ("channels", "width", "expected"),
    [(512, 1, 512), (512, 0.25, 128), (16, 0.125, 4), (16, 1, 16), (3, 0.125, 3)],
)
def test_scaled(channels, width, expected):
    assert scaled(channels, width) == expected


def test_the_skip_is_added_before_the_relu():
    block = shake(ConvBlock(4, 4, 3, 1, 1, residual=True))
    x = rand(1, 4, 5, 5) - 0.5
    expected = (block.norm(block.conv(x)) + x).relu()
    assert torch.equal(block(x), expected)
    assert (block(x) >= 0).all()


def test_without_activation_numbers_may_be_negative():
    block = shake(ConvBlock(4, 4, 3, 1, 1, activation=False))
    assert (block(rand(1, 4, 5, 5)) < 0).any()


@pytest.mark.parametrize("options", [{}, {"residual": True}, {"activation": False}])
def test_folding_a_block_keeps_its_output(options):
    model = nn.Sequential(shake(ConvBlock(6, 6, 3, 1, 1, **options)))
    x = rand(2, 6, 9, 9)
    fused = fuse_for_inference(model)
    torch.testing.assert_close(fused(x), model(x), atol=1e-5, rtol=1e-5)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in fused.modules())


def test_folding_a_transposed_block_keeps_its_output():
    block = ConvBlock(6, 5, 3, 2, 1, transposed=True, output_padding=1)
    model, x = nn.Sequential(shake(block)), rand(2, 6, 9, 9)
    assert model(x).shape == (2, 5, 18, 18)
    torch.testing.assert_close(fuse_for_inference(model)(x), model(x), atol=1e-5, rtol=1e-5)


def test_folding_leaves_the_model_alone():
    model = nn.Sequential(shake(ConvBlock(3, 4, 3))).train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    fuse_for_inference(model)
    assert model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_conv_stack_reads_its_table():
    stack = conv_stack(((8, 3, 1, 1, 2), (16, 3, 2, 1, 0)), 3)
    assert [block.residual for block in stack] == [False, True, True, False]
    assert n_parameters(stack) == sum(
        c_out * (c_in * 9 + 1) + 2 * c_out for c_in, c_out in ((3, 8), (8, 8), (8, 8), (8, 16))
    )


SMALL = GeneratorConfig(width=1 / 16, head="composite", multi_scale_emotion=True)
LARGE = GeneratorConfig(
    width=1 / 16,
    head="composite",
    head_channels=96,
    multi_scale_emotion=True,
    multi_scale_sound=True,
)


def test_a_grown_generator_gives_the_same_frames_and_can_learn_more():
    torch.manual_seed(0)
    small, large = shake(Generator(SMALL)).eval(), Generator(LARGE).eval()
    large.load_state_dict(net2net(small.state_dict(), large.state_dict()))
    inputs = torch.randn(1, 2, 1, 80, 16), torch.rand(1, 2, 6, 96, 96), torch.eye(6)[:1]
    with torch.no_grad():
        wanted, found = small(*inputs), large(*inputs)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)
    large(*inputs).square().mean().backward()
    assert large.film[0].affine.weight.grad[:, small.film[0].affine.in_features :].any()
    assert large.output.last.weight.grad[:, small.output.last.in_channels :].any()


def test_the_same_network_comes_back_as_it_was():
    net = shake(Generator(SMALL))
    state = net2net(net.state_dict(), Generator(SMALL).state_dict())
    assert all(torch.equal(tensor, state[name]) for name, tensor in net.state_dict().items())


def test_a_wider_or_another_network_is_refused_by_name():
    small, large = Generator(SMALL).state_dict(), Generator(LARGE).state_dict()
    with pytest.raises(CheckpointError, match=r"film\.0\.affine\.weight is .* not within"):
        net2net(large, small, file="wide.safetensors")
    plain = Generator(GeneratorConfig(width=1 / 16)).state_dict()
    with pytest.raises(CheckpointError, match="only one of the two has film"):
        net2net(plain, small)


@pytest.mark.parametrize("emotion", ["SEQ", "END"])
def test_a_network_that_learns_of_emotions_starts_as_the_one_without(emotion):
    torch.manual_seed(0)
    small = shake(Generator(GeneratorConfig(width=1 / 16, emotion=None))).eval()
    large = Generator(GeneratorConfig(width=1 / 16, emotion=emotion)).eval()
    large.load_state_dict(net2net(small.state_dict(), large.state_dict()))
    mel, faces = torch.randn(1, 2, 1, 80, 16), torch.rand(1, 2, 6, 96, 96)
    frames = large(mel, faces, torch.eye(6)[:1])
    torch.testing.assert_close(frames, small(mel, faces), atol=1e-5, rtol=0)
    frames.square().mean().backward()
    first = large.decoder[0][0].conv if emotion == "SEQ" else large.output.hidden.conv
    assert first.weight.grad.reshape(len(first.weight), -1).abs().sum() > 0
    with pytest.raises(CheckpointError, match="emotion_encoder"):
        net2net(large.state_dict(), small.state_dict())


def z(*shape):
    return torch.zeros(*shape)


@pytest.mark.parametrize(
    ("network", "inputs", "gmacs"),
    [
        (Generator, (z(1, 1, 1, 80, 16), z(1, 1, 6, 96, 96), z(1, 6)), 3.968),
        (SyncNet, (z(1, 1, 80, 16), z(1, 15, 48, 96)), 1.210),
        (EmotionDiscriminator, (z(1, 5, 3, 96, 96),), 0.826),
    ],
)
def test_multiplications_of_the_full_networks(network, inputs, gmacs):
    with torch.device("meta"):
        model = network()
        inputs = [x.to("meta") for x in inputs]
    assert round(trace(model, *inputs)[-1].macs / 1e9, 3) == gmacs


def test_closed_forms():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ConvTranspose2d(8, 4, 2, 2))
    conv, up, whole = trace(model.train(), z(2, 3, 10, 12))
    assert conv.macs == 2 * 10 * 12 * 8 * 3 * 9
    assert up.macs == 2 * 10 * 12 * 8 * 4 * 4
    assert whole.macs == conv.macs + up.macs
    assert whole.output_shape == (2, 4, 20, 24)
    assert whole.n_parameters == sum(p.numel() for p in model.parameters())
    assert model.training  # left as it was
    lstm = trace(nn.LSTM(5, 7, batch_first=True), z(2, 3, 5))[0]
    assert lstm.macs == 2 * 3 * 4 * 7 * (5 + 7)
