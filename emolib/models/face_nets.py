"""Two small networks that were trained on real faces: what an expression is, and who a face is.

They are face-api's expression net (dense blocks of separable convolutions, 112 px, 7 classes) and
identity net (dlib's ResNet, 150 px, 128-number descriptor), rebuilt in torch from the layer names
and shapes in the package's own manifest (npm `@vladmandic/face-api` 1.7.15, MIT). The quantised
weights lie in `assets/`. They judge emotion and identity, and give perceptual features offline.

Both are frozen and in eval mode when loaded, and differentiable with respect to the faces.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from emolib.base.emotions import EMOTIONS
from emolib.models.face_weights import fill_conv, read_weights

LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
_OURS = {
    "ANG": "angry",
    "DIS": "disgusted",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
SIX_OF_SEVEN = tuple(LABELS.index(_OURS[code]) for code in EMOTIONS)  # EMOTIONS order
MEAN_RGB = (122.782, 117.001, 104.298)  # of 255, subtracted before the first layer
SAME_PERSON = 0.6  # descriptors closer than this are one person (dlib's threshold)


class _FaceNet(nn.Module):
    """Common to both: any face crop in, the size and centring the network was trained with."""

    size_px: int

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN_RGB).view(1, 3, 1, 1) / 255, False)

    def prepare(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, h, w) in [0, 1] RGB → (B, 3, size, size), centred, in the weights' dtype."""
        wanted = (self.size_px, self.size_px)
        faces = faces.float()
        if faces.shape[-2:] != wanted:
            shrinks = max(faces.shape[-2:]) > self.size_px
            faces = F.interpolate(faces, wanted, mode="bilinear", antialias=shrinks)
        return (faces - self.mean.float()).to(next(self.parameters()).dtype)


class _Separable(nn.Sequential):
    """3×3 depthwise convolution, then 1×1 with bias. TensorFlow's "same": at stride 2 it pads
    right and bottom only."""

    def __init__(self, c_in: int, c_out: int, stride: int):
        pad = (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1)
        super().__init__(
            nn.ZeroPad2d(pad),
            nn.Conv2d(c_in, c_in, 3, stride, groups=c_in, bias=False),
            nn.Conv2d(c_in, c_out, 1),
        )

    def load(self, arrays: dict[str, np.ndarray], name: str) -> None:
        depthwise = torch.from_numpy(arrays[f"{name}/depthwise_filter"])  # (3, 3, C, 1)
        self[1].weight.data = depthwise.permute(2, 3, 0, 1).contiguous()
        fill_conv(self[2], arrays[f"{name}/pointwise_filter"], arrays[f"{name}/bias"])


class _Dense(nn.Module):
    """Four convolutions; each sees the sum of all before it. Halves the picture."""

    def __init__(self, c_in: int, c_out: int):
        super().__init__()
        if c_in == 3:
            self.first = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, c_out, 3, 2))
        else:
            self.first = _Separable(c_in, c_out, 2)
        self.rest = nn.ModuleList(_Separable(c_out, c_out, 1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        total = F.relu(self.first(x))
        for layer in self.rest:
            total = total + layer(F.relu(total))
        return F.relu(total)


class ExpressionNet(_FaceNet):
    """Which of seven expressions a face shows; trained on real faces.

    Input of every method: faces (B, 3, h, w) float, [0, 1], RGB, any size (the face fills the
    picture). Source: face-api `face_expression_model`.
    """

    size_px = 112
    name = "face-api expression 1.7.15"

    def __init__(self):
        super().__init__()
        widths = (3, 32, 64, 128, 256)
        self.blocks = nn.ModuleList(_Dense(a, b) for a, b in pairwise(widths))
        self.classifier = nn.Linear(256, len(LABELS))

    @classmethod
    def load(cls) -> ExpressionNet:
        """The trained network from `assets/`, frozen, in eval mode, on the CPU, float32."""
        net, arrays = cls(), read_weights("expression")
        for i, block in enumerate(net.blocks):
            if i == 0:
                filters, bias = arrays["dense0/conv0/filters"], arrays["dense0/conv0/bias"]
                fill_conv(block.first[1], filters, bias)
            else:
                block.first.load(arrays, f"dense{i}/conv0")
            for j, layer in enumerate(block.rest, 1):
                layer.load(arrays, f"dense{i}/conv{j}")
        net.classifier.weight.data = torch.from_numpy(arrays["fc/weights"].T.copy())
        net.classifier.bias.data = torch.from_numpy(arrays["fc/bias"].copy())
        return net.eval().requires_grad_(False)

    def feature_maps(self, faces: Tensor) -> list[Tensor]:
        """The four blocks' outputs: (B, 32, 56, 56), (B, 64, 28, 28), …, (B, 256, 7, 7)."""
        x, maps = self.prepare(faces), []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps

    def features(self, faces: Tensor) -> Tensor:
        """(B, 256) float32 features before the classifier."""
        return self.feature_maps(faces)[-1].mean((2, 3)).float()

    def forward(self, faces: Tensor) -> Tensor:
        """Logits (B, 7) float32 over `LABELS`."""
        pooled = self.feature_maps(faces)[-1].mean((2, 3))
        return self.classifier(pooled).float()

    def emotion_logits(self, faces: Tensor) -> Tensor:
        """Logits (B, 6) in `EMOTIONS` order; "surprised", which CREMA-D lacks, is dropped."""
        return self.forward(faces)[:, list(SIX_OF_SEVEN)]

    def emotion_probs(self, faces: Tensor) -> Tensor:
        """Probabilities (B, 6) in `EMOTIONS` order, renormalised over the six."""
        return self.emotion_logits(faces).softmax(-1)


class _Residual(nn.Module):
    """Two 3×3 convolutions and a skip; `down` halves the picture and pads what the halving lost."""

    def __init__(self, c_in: int, c_out: int, down: bool):
        super().__init__()
        self.down, self.grow = down, c_out - c_in
        self.conv1 = nn.Conv2d(c_in, c_out, 3, 2 if down else 1, 0 if down else 1)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(F.relu_(self.conv1(x)))  # in place: no backward pass needs it as it was
        if self.down:
            x = F.avg_pool2d(x, 2)
            if out.shape[-1] != x.shape[-1]:
                out = F.pad(out, (0, 1, 0, 1))
            x = F.pad(x, (0, 0, 0, 0, 0, self.grow))  # new channels start from zero
        out += x
        return F.relu_(out)


class IdentityNet(_FaceNet):
    """Who a face is: a 128-number descriptor; under 0.6 apart means the same person.

    Input: faces (B, 3, h, w) float, [0, 1], RGB, any size. Source: face-api
    `face_recognition_model`, which is dlib's ResNet. Each layer's scale is folded into it.
    """

    size_px = 150
    name = "face-api identity 1.7.15"
    STAGES = (
        *("32_1", "32_2", "32_3", "64_down", "64_1", "64_2", "64_3", "128_down", "128_1", "128_2"),
        *("256_down", "256_1", "256_2", "256_down_out"),
    )

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, 2)
        blocks, width = [], 32
        for stage in self.STAGES:
            c_out = int(stage.split("_")[0])
            blocks.append(_Residual(width, c_out, "down" in stage))
            width = c_out
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(256, 128, bias=False)

    @classmethod
    def load(cls) -> IdentityNet:
        """The trained network from `assets/`, frozen, in eval mode, on the CPU, float32."""
        net, arrays = cls(), read_weights("identity")

        def fill(conv: nn.Conv2d, name: str) -> None:
            scale = arrays[f"{name}/scale/weights"]
            bias = arrays[f"{name}/conv/bias"] * scale + arrays[f"{name}/scale/biases"]
            fill_conv(conv, arrays[f"{name}/conv/filters"], bias, scale)

        fill(net.stem, "conv32_down")
        for stage, block in zip(cls.STAGES, net.blocks, strict=True):
            fill(block.conv1, f"conv{stage}/conv1")
            fill(block.conv2, f"conv{stage}/conv2")
        net.head.weight.data = torch.from_numpy(arrays["fc"].T.copy())
        return net.eval().requires_grad_(False)

    def feature_maps(self, faces: Tensor) -> list[Tensor]:
        """Outputs at the ends of the 32, 64, 128 and 256 channel stages: (B, 32, 35, 35), (B, 64,
        17, 17), (B, 128, 8, 8), (B, 256, 2, 2)."""
        x = F.max_pool2d(F.relu_(self.stem(self.prepare(faces))), 3, 2)
        maps = []
        for stage, block in zip(self.STAGES, self.blocks, strict=True):
            x = block(x)
            if stage in ("32_3", "64_3", "128_2", "256_down_out"):
                maps.append(x)
        return maps

    def forward(self, faces: Tensor) -> Tensor:
        """Descriptors (B, 128) float32, not normalised (their length is about 1.3)."""
        return self.head(self.feature_maps(faces)[-1].mean((2, 3))).float()


def identity_distance(a: Tensor | np.ndarray, b: Tensor | np.ndarray) -> Tensor:
    """Euclidean distance (…,) of two sets of descriptors (…, 128); below `SAME_PERSON`: same."""
    return (torch.as_tensor(a).float() - torch.as_tensor(b).float()).norm(dim=-1)
