"""The colour SyncNet: unit vectors, safe probabilities, frames folded in order."""

import pytest
import torch
from shaken import rand, shake

from emolib.base.errors import ConfigError
from emolib.models.blocks import n_parameters
from emolib.models.cost import trace
from emolib.models.syncnet import (
    LseSyncNet,
    LseSyncNetConfig,
    SyncNet,
    SyncNetConfig,
    cosine,
    fold_lower_halves,
    sync_prob,
)


@pytest.fixture(scope="module")
def net():
    return shake(SyncNet(SyncNetConfig(width=1 / 8)))


def pair(B, seed=0):
    return rand(B, 1, 80, 16, seed=seed) * 8 - 4, rand(B, 15, 48, 96, seed=seed + 1)


def test_parameters_to_the_unit():
    with torch.device("meta"):
        net = SyncNet()
    assert n_parameters(net) == 16_435_072
    assert n_parameters(net.face_encoder) == 13_031_808
    assert n_parameters(net.audio_encoder) == 3_403_264


@torch.no_grad()
def test_unit_vectors_and_probabilities(net):
    mel, faces = pair(3)
    audio, face = net(mel, faces)
    assert audio.shape == face.shape == (3, 64)
    torch.testing.assert_close(audio.norm(dim=1), torch.ones(3))
    assert (audio >= 0).all()  # they end in a ReLU
    assert (face >= 0).all()
    prob = net.prob(mel, faces)
    torch.testing.assert_close(prob, (audio * face).sum(1))
    torch.testing.assert_close(net.logits(mel, faces).sigmoid(), prob)


@torch.no_grad()
def test_a_batch_of_one_and_a_permuted_batch(net):
    mel, faces = pair(3)
    together = net.prob(mel, faces)
    torch.testing.assert_close(net.prob(mel[1:2], faces[1:2]), together[1:2], atol=1e-5, rtol=1e-5)
    order = [1, 2, 0]
    torch.testing.assert_close(
        net.prob(mel[order], faces[order]), together[order], atol=1e-5, rtol=1e-5
    )


def test_folding_keeps_frames_and_colours_in_order():
    frames = torch.zeros(2, 5, 3, 96, 96)
    for t in range(5):
        for c in range(3):
            frames[1, t, c, 48:] = 10 * t + c
    folded = fold_lower_halves(frames)
    assert folded.shape == (2, 15, 48, 96)
    assert folded[1, :, 0, 0].tolist() == [10 * t + c for t in range(5) for c in range(3)]
    assert folded[1].amin((1, 2)).equal(folded[1].amax((1, 2)))  # nothing of the upper half
    assert folded[0].abs().max() == 0


def test_probabilities_never_leave_0_1():
    vectors = torch.nn.functional.normalize(rand(4096, 512), dim=1)
    assert cosine(vectors, vectors).max() > 1  # what rounding does
    loss = torch.nn.functional.binary_cross_entropy(sync_prob(vectors, vectors), torch.ones(4096))
    assert torch.isfinite(loss)
    with torch.autocast("cpu", torch.bfloat16):
        assert sync_prob(vectors, vectors).dtype == torch.float32
        assert sync_prob(vectors.bfloat16(), vectors.bfloat16()).max() <= 1


def test_the_logits_variant_is_signed_and_learns_its_scale():
    net = shake(SyncNet(SyncNetConfig(width=1 / 8, score="logits")))
    mel, faces = pair(4)
    audio, _ = net(mel, faces)
    assert (audio < 0).any()
    assert n_parameters(net) == n_parameters(SyncNet(SyncNetConfig(width=1 / 8))) + 2
    torch.testing.assert_close(net.prob(mel, faces), net.logits(mel, faces).sigmoid())


def test_other_shapes_are_refused(net):
    mel, faces = pair(1)
    with pytest.raises(ConfigError, match=r"\(B, 15, 48, 96\)"):
        net(mel, faces[:, :12])
    with pytest.raises(ConfigError, match="width"):
        SyncNetConfig(width=0, score="angle")


def test_it_overfits_two_pairs():
    torch.manual_seed(0)
    net = SyncNet(SyncNetConfig(width=1 / 8, score="logits"))
    mel, faces = pair(2)
    mel, faces = mel.repeat(2, 1, 1, 1), torch.cat([faces, faces.flip(0)])
    label = torch.tensor([1.0, 1.0, 0.0, 0.0])
    adam = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(40):
        adam.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net.logits(mel, faces), label)
        loss.backward()
        adam.step()
    assert loss < 0.2


def test_parameters_of_the_evaluation_net():
    with torch.device("meta"):
        assert n_parameters(LseSyncNet()) == 13_631_616


@torch.no_grad()
def test_shapes_of_the_evaluation_net_follow_the_table():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8))
    rows = {row.name: row for row in trace(net, rand(1, 1, 13, 20), rand(1, 3, 5, 224, 224))}
    sizes = [rows[f"lip_cnn.{i}"].output_shape[2:] for i in (0, 3, 4, 7, 8, 17, 18)]
    assert sizes == [(1, side, side) for side in (109, 54, 26, 13, 13, 6, 1)]
    sizes = [rows[f"audio_cnn.{i}"].output_shape[2:] for i in (0, 7, 8, 17, 18)]
    assert sizes == [(13, 20), (11, 9), (11, 9), (5, 4), (1, 1)]


@torch.no_grad()
def test_a_permuted_batch_of_the_evaluation_net():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8)).eval()
    mfcc, frames = rand(3, 1, 13, 20), rand(3, 3, 5, 224, 224) * 255
    audio, lips = net(mfcc, frames)
    assert audio.shape == lips.shape == (3, 128)
    order = [2, 0, 1]
    torch.testing.assert_close(net.forward_lips(frames[order]), lips[order], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(net.forward_audio(mfcc[1:2]), audio[1:2], atol=1e-4, rtol=1e-4)


def test_the_evaluation_net_refuses_other_shapes():
    net = LseSyncNet(LseSyncNetConfig(width=1 / 8))
    with pytest.raises(ConfigError, match="mfcc is"):
        net.forward_audio(rand(1, 13, 20))
    with pytest.raises(ConfigError, match="frames are"):
        net.forward_lips(rand(1, 5, 3, 224, 224))
    with pytest.raises(ConfigError, match="width"):
        LseSyncNetConfig(width=-1)
