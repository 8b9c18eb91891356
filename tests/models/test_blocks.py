"""Bricks: the skip comes before the ReLU, widths scale, folding changes nothing."""

import pytest
import torch
from shaken import rand, shake
from torch import nn

from emolib.models.blocks import ConvBlock, conv_stack, fuse_for_inference, n_parameters, scaled


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
