"""The evaluation SyncNet: exact size, its table's shapes, its raw units."""

import pytest
import torch
from shaken import rand

from emolib.base.errors import ConfigError
from emolib.models.blocks import n_parameters
from emolib.models.cost import trace
from emolib.models.syncnet import LseSyncNet, LseSyncNetConfig


def test_parameters_to_the_unit():
    with torch.device("meta"):
        assert n_parameters(LseSyncNet()) == 13_631_616


@torch.no_grad()
def test_shapes_follow_the_table():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8))
    rows = {row.name: row for row in trace(net, rand(1, 1, 13, 20), rand(1, 3, 5, 224, 224))}
    sizes = [rows[f"lip_cnn.{i}"].output_shape[2:] for i in (0, 3, 4, 7, 8, 17, 18)]
    assert sizes == [
        (1, 109, 109),
        (1, 54, 54),
        (1, 26, 26),
        (1, 13, 13),
        (1, 13, 13),
        (1, 6, 6),
        (1, 1, 1),
    ]
    sizes = [rows[f"audio_cnn.{i}"].output_shape[2:] for i in (0, 7, 8, 17, 18)]
    assert sizes == [(13, 20), (11, 9), (11, 9), (5, 4), (1, 1)]


@torch.no_grad()
def test_a_batch_of_one_and_a_permuted_batch():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8)).eval()
    mfcc, frames = rand(3, 1, 13, 20), rand(3, 3, 5, 224, 224) * 255
    audio, lips = net(mfcc, frames)
    assert audio.shape == lips.shape == (3, 128)
    order = [2, 0, 1]
    torch.testing.assert_close(net.forward_lips(frames[order]), lips[order], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(net.forward_audio(mfcc[1:2]), audio[1:2], atol=1e-4, rtol=1e-4)


def test_other_shapes_are_refused():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8))
    with pytest.raises(ConfigError, match="mfcc is"):
        net.forward_audio(rand(1, 13, 20))
    with pytest.raises(ConfigError, match="frames are"):
        net.forward_lips(rand(1, 5, 3, 224, 224))
    with pytest.raises(ConfigError, match="width"):
        LseSyncNetConfig(width=-1)
