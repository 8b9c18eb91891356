"""Costs are counted by watching: they agree with the published tables and closed forms."""

import pytest
import torch
from torch import nn

from emolib.models.cost import trace
from emolib.models.emotion import EmotionDiscriminator
from emolib.models.generator import Generator
from emolib.models.syncnet import SyncNet


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


def test_chosen_modules_only():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    assert [row.name for row in trace(model, z(1, 3), names=["0"])] == ["0"]
