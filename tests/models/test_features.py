"""Feature extractors: labelled, frozen, differentiable; missing files are explained."""

import hashlib

import pytest
import torch
import torch.nn.functional as F
from shaken import rand

from emolib.base.errors import CheckpointError, ConfigError
from emolib.models import features
from emolib.models.features import (
    OfficialFile,
    inception_vectors,
    perceptual_features,
    read_official,
)


@pytest.fixture(autouse=True)
def empty_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.fixture(scope="module")
def vgg():
    torch.manual_seed(0)
    return perceptual_features("random-vgg19")


def test_offline_the_face_networks_stand_in_and_say_so():
    maps = perceptual_features()
    assert inception_vectors() is None
    assert maps.name == "face maps (face-api identity 1.7.15)"
    frames = rand(2, 3, 96, 96).requires_grad_()
    shapes = [tuple(m.shape) for m in maps(frames)]
    assert shapes == [(2, 32, 35, 35), (2, 64, 17, 17), (2, 128, 8, 8), (2, 256, 2, 2)]
    sum(m.mean() for m in maps(frames)).backward()
    assert frames.grad.abs().max() > 0


def test_they_never_train(vgg):
    for net in (vgg, perceptual_features("face")):
        assert not any(module.training for module in net.train().modules())
        assert not any(p.requires_grad for p in net.parameters())


def test_vgg_reads_the_five_pools(vgg):
    frames = rand(1, 3, 96, 96)
    maps = vgg(frames)
    assert [tuple(m.shape[1:]) for m in maps] == [
        (64, 48, 48),
        (128, 24, 24),
        (256, 12, 12),
        (512, 6, 6),
        (512, 3, 3),
    ]
    assert sum(p.numel() for p in vgg.parameters()) == 20_024_384
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    x = (frames - mean) / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    for index in (0, 2):
        x = F.relu(F.conv2d(x, vgg.layers[index].weight, vgg.layers[index].bias, padding=1))
    torch.testing.assert_close(maps[0], F.max_pool2d(x, 2))


def test_vgg_as_the_released_code_feeds_it(vgg):
    frames, proper = rand(1, 3, 96, 96), vgg
    quirky = perceptual_features("random-vgg19", released_code_quirks=True)
    quirky.layers.load_state_dict(proper.layers.state_dict())
    normalised_then_undone = frames.flip(1) * proper.std + proper.mean
    torch.testing.assert_close(quirky(frames)[0], proper(normalised_then_undone)[0])


def test_inception_gives_2048_numbers():
    net = features.InceptionVectors(random=True)
    with torch.no_grad():
        vectors = net(rand(1, 3, 96, 96))
    assert vectors.shape == (1, 2048)
    assert torch.isfinite(vectors).all()
    assert "random" in net.name


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (perceptual_features, ("vgg19", "vgg19-dcbb9e9d.pth", "548.1 MB", "dcbb9e9d")),
        (
            lambda _: features.InceptionVectors(),
            ("", "inception_v3_google-0cc3c7bd.pth", "103.9 MB", "0cc3c7bd"),
        ),
    ],
)
def test_a_missing_file_is_explained(make, parts, tmp_path):
    which, *words = parts
    with pytest.raises(CheckpointError) as error:
        make(which)
    for word in (*words, "BSD" if which == "vgg19" else "Apache", str(tmp_path / "cache")):
        assert word in str(error.value)


def test_an_official_file_is_checked_before_it_is_read(tmp_path):
    path = tmp_path / "cache" / "weights" / "small.pth"
    path.parent.mkdir(parents=True)
    torch.save({"features.0.weight": torch.ones(2)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    right = OfficialFile("small.pth", 0.1, digest[:8], "free")
    assert read_official(right)["features.0.weight"].tolist() == [1, 1]
    with pytest.raises(CheckpointError, match="not the official file"):
        read_official(OfficialFile("small.pth", 0.1, "00000000", "free"))


def test_auto_takes_the_official_file_when_it_is_there(tmp_path, monkeypatch, vgg):
    state = {f"features.{k}": v for k, v in vgg.layers.state_dict().items()}
    path = tmp_path / "cache" / "weights" / "vgg19-mine.pth"
    path.parent.mkdir(parents=True)
    torch.save(state | {"classifier.0.weight": torch.zeros(3)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(features, "VGG19", OfficialFile(path.name, 80, digest[:8], "free"))
    loaded = perceptual_features("auto")
    assert loaded.name == "VGG-19 (ImageNet)"
    frames = rand(1, 3, 32, 32)
    torch.testing.assert_close(loaded(frames)[-1], vgg(frames)[-1])


def test_unknown_names():
    with pytest.raises(ConfigError, match="auto, vgg19"):
        perceptual_features("vgg16")
