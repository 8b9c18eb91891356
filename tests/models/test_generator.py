"""The generator: exact sizes, frames that do not touch each other, every variant."""

import copy

import pytest
import torch
from shaken import rand, shake

from emolib.base.errors import ConfigError
from emolib.models.blocks import n_parameters
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.heads import MAX_FLOW, SKIN, CompositeHead, blur, composite, skin_gain, warp

TINY = {"width": 1 / 8}
VARIANTS = {
    "SEQ": GeneratorConfig(**TINY),
    "END": GeneratorConfig(emotion="END", **TINY),
    "base": GeneratorConfig(emotion=None, **TINY),
    "noise": GeneratorConfig(noise_dim=8, **TINY),
    "improved": GeneratorConfig(
        head="composite",
        head_channels=64,
        multi_scale_emotion=True,
        multi_scale_sound=True,
        **TINY,
    ),
}


def inputs(B, T, config, seed=0):
    mel = rand(B, T, 1, 80, 16, seed=seed) * 8 - 4
    faces = rand(B, T, 6, 96, 96, seed=seed + 1)
    emotion = None if config.emotion is None else rand(B, 6, seed=seed + 2)
    noise = rand(B, T, config.noise_dim, seed=seed + 3) if config.noise_dim else None
    return mel, faces, emotion, noise


@pytest.fixture(scope="module", params=VARIANTS)
def net(request):
    return shake(Generator(VARIANTS[request.param]))


@pytest.mark.parametrize(
    ("config", "n"),
    [
        (GeneratorConfig(), 36_826_419),
        (GeneratorConfig(emotion=None), 36_298_035),
        # Wav2Lip's base + Linear 6→512→9216 + one more channel into 32 filters of 3×3
        (GeneratorConfig(emotion="END"), 36_298_035 + 7 * 512 + 513 * 9216 + 32 * 9),
    ],
)
def test_parameters_to_the_unit(config, n):
    with torch.device("meta"):
        assert n_parameters(Generator(config)) == n


def test_quarter_width_is_about_a_sixteenth():
    with torch.device("meta"):
        assert n_parameters(Generator(GeneratorConfig(width=0.25))) == 2_309_775


@torch.no_grad()
@pytest.mark.parametrize(("B", "T"), [(1, 1), (2, 3), (1, 7)])
def test_any_batch_any_number_of_frames(net, B, T):
    mel, faces, emotion, noise = inputs(B, T, net.config)
    frames = net(mel, faces, emotion, noise=noise)
    assert frames.shape == (B, T, 3, 96, 96)
    assert frames.dtype == torch.float32
    assert frames.min() >= 0
    assert frames.max() <= 1
    assert frames.std() > 0.01


@torch.no_grad()
def test_changing_one_frame_changes_that_frame_only(net):
    mel, faces, emotion, noise = inputs(2, 4, net.config)
    before = net(mel, faces, emotion, noise=noise)
    faces, mel = faces.clone(), mel.clone()
    faces[1, 2], mel[1, 2] = rand(6, 96, 96, seed=9), 1.5
    after = net(mel, faces, emotion, noise=noise)
    changed = (after - before).abs().amax((2, 3, 4)) > 1e-5
    assert changed.nonzero().tolist() == [[1, 2]]


@torch.no_grad()
def test_a_permuted_batch_gives_permuted_frames(net):
    mel, faces, emotion, noise = inputs(3, 2, net.config)
    order = [2, 0, 1]
    permuted = [None if x is None else x[order] for x in (mel, faces, emotion, noise)]
    there = net(mel, faces, emotion, noise=noise)[order]
    here = net(*permuted[:3], noise=permuted[3])
    torch.testing.assert_close(here, there, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_folded_for_generating_gives_the_same_frames(net):
    mel, faces, emotion, noise = inputs(1, 2, net.config)
    plain = net(mel, faces, emotion, noise=noise)
    precise = copy.deepcopy(net).double()  # so that only a wrong fold can make a difference
    args = [None if x is None else x.double() for x in (mel, faces, emotion)]
    there, here = precise(*args, noise=noise), precise.fused(torch.float64)(*args, noise=noise)
    torch.testing.assert_close(here, there, atol=1e-5, rtol=1e-5)
    assert (net.fused()(mel, faces, emotion, noise=noise) - plain).abs().mean() < 1e-4
    half = net.fused(torch.bfloat16)(mel, faces, emotion, noise=noise)
    assert half.dtype == torch.float32
    assert (half - plain).abs().mean() < 0.035  # random steering magnifies rounding


@torch.no_grad()
@pytest.mark.parametrize("name", ["SEQ", "END", "improved"])
def test_emotion_matters_and_may_differ_from_frame_to_frame(name):
    net = shake(Generator(VARIANTS[name]))
    mel, faces, *_ = inputs(1, 2, net.config)
    happy, sad = torch.eye(6)[3:4], torch.eye(6)[5:6]
    each = net(mel, faces, torch.stack([happy, sad], 1))
    torch.testing.assert_close(each[:, 0], net(mel, faces, happy)[:, 0])
    torch.testing.assert_close(each[:, 1], net(mel, faces, sad)[:, 1])
    assert (net(mel, faces, happy) - net(mel, faces, sad)).abs().max() > 1e-3
    half_way = net(mel, faces, 0.5 * happy + 0.5 * sad)
    assert (half_way - net(mel, faces, happy)).abs().max() > 1e-4


@torch.no_grad()
def test_half_and_full_masks_are_only_another_input():
    net = shake(Generator(VARIANTS["base"]))
    mel, faces, *_ = inputs(1, 1, net.config)
    full, half = faces.clone(), faces.clone()
    full[:, :, :3] = 0
    half[:, :, :3, 48:] = 0
    assert (net(mel, full) - net(mel, half)).abs().max() > 1e-3


@torch.no_grad()
def test_noise_is_drawn_when_not_given_and_repeats_with_the_seed():
    net = shake(Generator(VARIANTS["noise"]))
    mel, faces, emotion, _ = inputs(1, 2, net.config)
    a, b = net(mel, faces, emotion), net(mel, faces, emotion)
    assert (a - b).abs().max() > 1e-6
    torch.manual_seed(3)
    a = net(mel, faces, emotion)
    torch.manual_seed(3)
    assert torch.equal(a, net(mel, faces, emotion))


@torch.no_grad()
def test_the_composite_starts_as_a_copy_of_the_reference():
    torch.manual_seed(0)
    net = Generator(GeneratorConfig(head="composite", **TINY)).eval()
    mel, faces, emotion, _ = inputs(1, 2, net.config)
    maps = net(mel, faces, emotion, return_maps=True)
    assert (maps["frames"] - faces[:, :, 3:]).abs().max() < 0.02
    assert maps["flow"].abs().max() == 0
    assert maps["weight"].max() < 0.02
    shapes = {name: tuple(value.shape[2:]) for name, value in maps.items()}
    assert shapes == {
        "frames": (3, 96, 96),
        "colour": (3, 96, 96),
        "weight": (1, 96, 96),
        "flow": (2, 96, 96),
    }


def test_every_parameter_of_the_composite_learns():
    torch.manual_seed(0)
    net = Generator(VARIANTS["improved"])
    mel, faces, emotion, _ = inputs(2, 2, net.config)
    (net(mel, faces, emotion) - 0.5).square().mean().backward()
    without = [name for name, p in net.named_parameters() if p.grad is None]
    assert without == []
    assert net.output.last.weight.grad[4:].abs().max() > 0  # flow, although it starts at zero
    assert all(film.affine.weight.grad.abs().max() > 0 for film in net.film)


@torch.no_grad()
def test_multi_scale_emotion_starts_as_plain_seq():
    torch.manual_seed(0)
    plain = Generator(VARIANTS["SEQ"]).eval()
    many = Generator(GeneratorConfig(multi_scale_emotion=True, **TINY)).eval()
    many.load_state_dict(plain.state_dict(), strict=False)
    mel, faces, emotion, _ = inputs(1, 1, plain.config)
    assert torch.equal(plain(mel, faces, emotion), many(mel, faces, emotion))
    assert len(many.film) == 5


def test_warp_moves_pictures_by_whole_pixels():
    picture = rand(1, 3, 8, 16)
    flow = torch.zeros(1, 2, 8, 16)
    torch.testing.assert_close(warp(picture, flow), picture)
    flow[:, 0] = 2 / 16  # fetch from two pixels to the right
    moved = warp(picture, flow)
    torch.testing.assert_close(moved[..., :-2], picture[..., 2:])
    torch.testing.assert_close(moved[..., -1], picture[..., -1])  # the border repeats
    flow[:] = 0
    flow[:, 1] = 1 / 8  # one pixel from below
    torch.testing.assert_close(warp(picture, flow)[..., :-1, :], picture[..., 1:, :])


@torch.no_grad()
def test_yellow_light_falls_on_what_is_painted_too():
    light = torch.tensor([1.1, 1.0, 0.6])[:, None, None]
    plain = torch.tensor(SKIN)[:, None, None] * (0.3 + 0.2 * rand(2, 1, 96, 96))
    warm = plain * light
    assert skin_gain(plain).allclose(torch.ones(()), atol=1e-3)
    back = warm * skin_gain(warm)  # the same but for brightness
    torch.testing.assert_close(back / back.mean(), plain / plain.mean(), atol=1e-3, rtol=1e-3)
    head, x = shake(CompositeHead(8, 4)), rand(2, 8, 12, 12)
    painted, lit = (head(x, given)["colour"] for given in (plain, warm))
    inside = lit < 1  # nothing is brighter than white
    torch.testing.assert_close(lit[inside], (painted / skin_gain(warm))[inside], rtol=2e-3, atol=0)


@pytest.mark.parametrize("light", [(1.0, 1.0, 1.3), (1.0, 0.9, 1.1), (0.8, 1.06, 1.3)])
def test_pale_and_grey_faces_stay_as_they_are(light):
    faces = torch.tensor(SKIN) * torch.tensor(light)
    faces = (0.5 * faces / faces.mean())[:, None, None].expand(1, 3, 96, 96)
    gain = skin_gain(faces)
    assert gain[:, 0] > 0.99 and gain[:, 2] == 1  # teeth do not turn blue
    assert gain[:, 1] <= 1


def test_composite_at_another_size_keeps_the_reference_sharp():
    reference = rand(1, 3, 300, 240)
    colour, flow = rand(1, 3, 96, 96, seed=1), torch.zeros(1, 2, 96, 96)
    weight = torch.zeros(1, 1, 96, 96)
    copied = composite(colour, weight, flow, reference)
    torch.testing.assert_close(copied, reference, atol=1e-3, rtol=0)
    weight[..., 48:, :] = 1
    mixed = composite(colour, weight, flow, reference)
    torch.testing.assert_close(mixed[..., :140, :], reference[..., :140, :], atol=1e-3, rtol=0)
    assert (mixed[..., 160:, :] - reference[..., 160:, :]).abs().mean() > 0.05


def test_what_alternates_between_pixels_is_gone_and_slow_things_stay():
    x = torch.arange(96)
    comb = ((-1.0) ** x).expand(1, 2, 96, 96)
    wave = torch.sin(2 * torch.pi * x / 24).expand(1, 2, 96, 96)
    assert blur(comb)[..., 1:-1].abs().max() < 1e-6
    assert (blur(wave) - wave)[..., 1:-1, 1:-1].abs().max() < 0.03


def test_the_emotion_map_of_end_shrinks_with_the_width():
    quarter = Generator(GeneratorConfig(emotion="END", width=1 / 4))
    share = n_parameters(quarter.emotion_encoder) / n_parameters(quarter)
    full = Generator(GeneratorConfig(emotion="END"))
    assert share == pytest.approx(n_parameters(full.emotion_encoder) / n_parameters(full), abs=0.02)


def test_flow_is_bounded():
    head = shake(CompositeHead(8, 4))
    head.last.bias.data[4:] = 50
    flow = head(rand(1, 8, 12, 12), rand(1, 3, 12, 12))["flow"]
    assert flow.detach().max() == pytest.approx(MAX_FLOW)


def test_a_wrong_config_lists_all_its_problems():
    with pytest.raises(ConfigError) as error:
        GeneratorConfig(emotion="MIDDLE", width=-1, head="hsv", noise_dim=-2)
    for part in ("MIDDLE", "width=-1", "hsv", "noise_dim=-2"):
        assert part in str(error.value)
    with pytest.raises(ConfigError, match="needs emotion='SEQ'"):
        GeneratorConfig(emotion=None, multi_scale_emotion=True)
    with pytest.raises(ConfigError, match="needs multi_scale_emotion"):
        GeneratorConfig(multi_scale_sound=True)


@pytest.mark.parametrize(
    ("mel", "faces", "emotion", "says"),
    [
        ((1, 2, 1, 80, 16), (1, 2, 3, 96, 96), (1, 6), "faces are"),
        ((1, 2, 1, 80, 16), (1, 2, 6, 64, 64), (1, 6), "faces are"),
        ((1, 1, 1, 80, 16), (1, 2, 6, 96, 96), (1, 6), "mel is"),
        ((1, 2, 1, 16, 80), (1, 2, 6, 96, 96), (1, 6), "mel is"),
        ((1, 2, 1, 80, 16), (1, 2, 6, 96, 96), (1, 7), "emotion is"),
        ((1, 2, 1, 80, 16), (1, 2, 6, 96, 96), None, "takes an emotion"),
    ],
)
def test_shapes_that_do_not_fit_are_named(mel, faces, emotion, says):
    net = Generator(VARIANTS["SEQ"])
    emotion = None if emotion is None else torch.zeros(emotion)
    with pytest.raises(ConfigError, match=says):
        net(torch.zeros(mel), torch.zeros(faces), emotion)


def test_a_network_without_emotion_refuses_one():
    net = Generator(VARIANTS["base"])
    with pytest.raises(ConfigError, match="takes no emotion"):
        net(torch.zeros(1, 1, 1, 80, 16), torch.zeros(1, 1, 6, 96, 96), torch.zeros(1, 6))


def test_autocast_to_bfloat16_trains():
    net = Generator(VARIANTS["improved"])
    mel, faces, emotion, _ = inputs(1, 2, net.config)
    with torch.autocast("cpu", torch.bfloat16):
        frames = net(mel, faces, emotion)
    assert frames.dtype == torch.float32
    frames.mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())


def test_it_overfits_two_clips():
    torch.manual_seed(0)
    net = Generator(GeneratorConfig(**TINY))
    mel, faces, emotion, _ = inputs(2, 2, net.config)
    target = rand(2, 1, 3, 1, 1, seed=5).expand(2, 2, 3, 96, 96)
    adam, losses = torch.optim.Adam(net.parameters(), 1e-2), []
    for _ in range(50):
        adam.zero_grad()
        loss = (net(mel, faces, emotion) - target).abs().mean()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]
