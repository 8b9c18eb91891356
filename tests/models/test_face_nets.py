"""Face networks: the same numbers as a second forward written from the manifest's names."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from shaken import rand
from skimage.data import astronaut, lfw_subset

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import CheckpointError
from emolib.base.files import ASSETS
from emolib.models import face_weights
from emolib.models.face_nets import (
    LABELS,
    MEAN_RGB,
    SAME_PERSON,
    ExpressionNet,
    IdentityNet,
    identity_distance,
)


@pytest.fixture(scope="module")
def expression():
    return ExpressionNet.load()


@pytest.fixture(scope="module")
def identity():
    return IdentityNet.load()


@pytest.fixture(scope="module")
def woman():
    """A smiling face (1, 3, 180, 170), public domain (NASA)."""
    picture = astronaut()[20:200, 140:310].astype(np.float32) / 255
    return torch.from_numpy(picture).permute(2, 0, 1)[None]


def raw(name):
    """Weights straight from the asset's bytes, in TensorFlow's layout."""
    asset = np.load(ASSETS / f"face_api_{name}.npz")
    data, offset, out = asset["weights"].tobytes(), 0, {}
    for group in json.loads(asset["manifest"].tobytes()):
        for entry in group["weights"]:
            n, q = int(np.prod(entry["shape"])), entry.get("quantization")
            kind = q["dtype"] if q else "float32"
            value = np.frombuffer(data, kind, n, offset).astype(np.float64)
            offset += n * np.dtype(kind).itemsize
            value = value * q["scale"] + q["min"] if q else value
            out[entry["name"]] = torch.from_numpy(value.reshape(entry["shape"]))
    assert offset == len(data)
    return out


def centred(faces, side):
    assert faces.shape[-2:] == (side, side)
    return (faces.double() * 255 - torch.tensor(MEAN_RGB).view(1, 3, 1, 1)) / 255


def tf_conv(x, filters, stride, groups=1):
    """TensorFlow's "same" convolution: pads as little as needed, more at the end."""
    k, side = filters.shape[0], x.shape[-1]
    total = max((-(-side // stride) - 1) * stride + k - side, 0)
    x = F.pad(x, (total // 2, total - total // 2) * 2)
    return F.conv2d(x, filters.permute(3, 2, 0, 1), stride=stride, groups=groups)


def tf_separable(x, p, name, stride):
    depthwise = p[f"{name}/depthwise_filter"].permute(0, 1, 3, 2)
    x = tf_conv(x, depthwise, stride, groups=x.shape[1])
    return tf_conv(x, p[f"{name}/pointwise_filter"], 1) + p[f"{name}/bias"].view(1, -1, 1, 1)


def expression_forward(p, faces):
    x = centred(faces, 112)
    for i in range(4):
        if i == 0:
            first = tf_conv(x, p["dense0/conv0/filters"], 2)
            outs = [F.relu(first + p["dense0/conv0/bias"].view(1, -1, 1, 1))]
        else:
            outs = [F.relu(tf_separable(x, p, f"dense{i}/conv0", 2))]
        for j in (1, 2, 3):
            outs.append(tf_separable(F.relu(sum(outs)), p, f"dense{i}/conv{j}", 1))
        x = F.relu(sum(outs))
    return x.mean((2, 3)) @ p["fc/weights"] + p["fc/bias"]


def identity_forward(p, faces):
    def conv(x, name, stride=1, valid=False):
        filters = p[f"{name}/conv/filters"].permute(3, 2, 0, 1)
        padding = 0 if valid else filters.shape[-1] // 2
        x = F.conv2d(x, filters, p[f"{name}/conv/bias"], stride, padding)
        scale, bias = p[f"{name}/scale/weights"], p[f"{name}/scale/biases"]
        return x * scale.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)

    x = F.max_pool2d(F.relu(conv(centred(faces, 150), "conv32_down", 2, True)), 3, 2)
    for stage in IdentityNet.STAGES:
        down, name = "down" in stage, f"conv{stage}"
        out = F.relu(conv(x, f"{name}/conv1", 2 if down else 1, down))
        out = conv(out, f"{name}/conv2")
        if down:
            pooled = F.avg_pool2d(x, 2)
            if out.shape[-1] < pooled.shape[-1]:
                out = F.pad(out, (0, 1, 0, 1))
            x = torch.zeros_like(out)
            x[:, : pooled.shape[1]] = pooled
        x = F.relu(out + x)
    return x.mean((2, 3)) @ p["fc"]


@torch.no_grad()
def test_expression_equals_a_second_forward(expression):
    faces = rand(2, 3, 112, 112)
    expected = expression_forward(raw("expression"), faces)
    torch.testing.assert_close(expression(faces).double(), expected, atol=1e-3, rtol=1e-4)


@torch.no_grad()
def test_identity_equals_a_second_forward(identity):
    faces = rand(2, 3, 150, 150)
    expected = identity_forward(raw("identity"), faces)
    torch.testing.assert_close(identity(faces).double(), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("side", [64, 96, 112, 224])
def test_a_smile_is_happiness_at_any_size(expression, woman, side):
    face = F.interpolate(woman, (side, side), mode="bilinear", antialias=True)
    probs = expression.emotion_probs(face)
    assert probs.shape == (1, 6)
    assert probs.sum().item() == pytest.approx(1, abs=1e-5)
    assert EMOTIONS[probs.argmax()] == "HAP"
    assert probs.max() > 0.95


@torch.no_grad()
def test_six_of_seven_in_our_order(expression, woman):
    all_seven = expression(woman).softmax(-1)[0]
    without = 1 - all_seven[LABELS.index("surprised")]
    six = expression.emotion_probs(woman)[0]
    assert six[EMOTIONS.index("ANG")] == pytest.approx(all_seven[3].item() / without.item())
    assert six[EMOTIONS.index("NEU")] == pytest.approx(all_seven[0].item() / without.item())


@torch.no_grad()
def test_same_person_is_near_another_is_far(identity, woman):
    moved = torch.roll(woman, (6, -4), (2, 3)) * 0.8  # shifted and darker
    assert identity_distance(identity(woman), identity(moved)) < SAME_PERSON
    others = torch.from_numpy(lfw_subset()[:30]).float()  # 30 faces, 25×25, grey
    others = others[:, None].repeat(1, 3, 1, 1)
    far = identity_distance(identity(woman), identity(others)) > SAME_PERSON
    assert far.float().mean() > 0.9


def test_gradients_reach_the_faces_and_nothing_else(expression, identity, woman):
    faces = F.interpolate(woman, (96, 96)).requires_grad_()
    loss = expression.emotion_logits(faces)[0, 3] + identity(faces).square().sum()
    loss.backward()
    assert faces.grad.abs().max() > 0
    assert not any(p.requires_grad for net in (expression, identity) for p in net.parameters())


@torch.no_grad()
def test_bfloat16(expression, identity, woman):
    with torch.autocast("cpu", torch.bfloat16):
        assert EMOTIONS[expression.emotion_probs(woman).argmax()] == "HAP"
        near = identity_distance(identity(woman), identity(woman))
    assert near == 0
    half = IdentityNet.load().bfloat16()
    assert half(woman).dtype == torch.float32
    assert identity_distance(half(woman), identity(woman)) < 0.1


@torch.no_grad()
def test_batches_do_not_mix(identity):
    faces = rand(3, 3, 96, 96)
    torch.testing.assert_close(identity(faces)[1:2], identity(faces[1:2]), atol=1e-5, rtol=1e-4)


def test_a_damaged_asset_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(face_weights, "ASSETS", tmp_path)
    with pytest.raises(CheckpointError, match="missing"):
        face_weights.read_weights("identity")
    manifest = json.dumps([{"weights": [{"name": "a", "shape": [2], "dtype": "float32"}]}])
    np.savez(
        tmp_path / "face_api_identity.npz",
        weights=np.zeros(9, np.uint8),
        manifest=np.frombuffer(manifest.encode(), np.uint8),
    )
    with pytest.raises(CheckpointError, match="8 of 9 bytes"):
        face_weights.read_weights("identity")
