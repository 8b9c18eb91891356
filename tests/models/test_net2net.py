"""A larger network that starts from a smaller one answers as the smaller one did."""

import pytest
import torch
from shaken import shake

from emolib.base.errors import CheckpointError
from emolib.models.blocks import net2net
from emolib.models.generator import Generator, GeneratorConfig

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
