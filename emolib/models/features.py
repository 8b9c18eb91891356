"""What a picture "is" to a trained network: for the perceptual loss and the Fréchet distance.

The paper uses VGG-19 (perceptual loss, §3.3) and Inception-v3 (FID, §6), both trained on ImageNet.
Their official files are used when they are on this machine. Offline, the two small face networks in
`assets/` stand in: identity for the loss, expression for the distance, so that a generator is
not judged by the network that trained it. Every extractor carries a `name`; numbers made with
different names do not compare, and a Fréchet distance on faces is never called FID.

All are frozen, stay in eval mode, and are differentiable with respect to the frames.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.files import cache_dir
from emolib.models.face_nets import IdentityNet
from emolib.models.published import read_pth

POOLS = (4, 9, 18, 27, 36)  # VGG-19's five max-pools; the released loss reads all of them
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class OfficialFile:
    """A weights file that torchvision publishes and this project does not ship."""

    name: str
    size_mb: float
    sha256: str  # how it starts; also part of the name
    licence: str


VGG19 = OfficialFile(
    "vgg19-dcbb9e9d.pth", 548.1, "dcbb9e9d", "torchvision BSD-3-Clause, ImageNet terms"
)
INCEPTION = OfficialFile(
    "inception_v3_google-0cc3c7bd.pth", 103.9, "0cc3c7bd", "Apache-2.0, ImageNet terms"
)


def official_places(official: OfficialFile) -> list[Path]:
    """Where an official file is looked for: `EMOLIB_CACHE`/weights, then torch's own cache."""
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    return [cache_dir() / "weights" / official.name, hub / official.name]


def read_official(official: OfficialFile, path: str | os.PathLike | None = None) -> dict:
    """The state dict of an official file, once its sha256 is right.

    Raises:
        CheckpointError: absent (the message says where to put it), or another file of that name.
    """
    places = [Path(path)] if path else official_places(official)
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        raise CheckpointError(
            f"{official.name} is not on this machine",
            expected=f"{official.size_mb} MB, sha256 {official.sha256}…, {official.licence}",
            fix=f"download it with torchvision and put it at {places[0]}, or use the face networks",
        )
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if not sha256.startswith(official.sha256):
        raise CheckpointError(
            f"not the official file (sha256 {sha256[:12]}…)",
            file=file,
            expected=f"sha256 {official.sha256}…",
            fix="download it again",
        )
    return read_pth(file)


class _Frozen(nn.Module):
    """Never trains: `train()` leaves it in eval mode, and no weight wants a gradient."""

    name: str

    def freeze(self) -> _Frozen:
        super().train(False)
        return self.requires_grad_(False)

    def train(self, mode: bool = True) -> _Frozen:
        return super().train(False)


class VggFeatures(_Frozen):
    """VGG-19's five pooled feature maps, for the perceptual loss.

    Paper: §3.3. Deviation: pictures are normalised as VGG was trained; `released_code_quirks=True`
    shows them as the released code does, BGR and not normalised.
    """

    def __init__(self, *, random: bool = False, released_code_quirks: bool = False):
        super().__init__()
        from torchvision.models import vgg19

        with torch.device("cpu" if random else "meta"):
            self.layers = vgg19(weights=None).features[: POOLS[-1] + 1]
        self.released_code_quirks = released_code_quirks
        self.name = "VGG-19, random weights (tests only)" if random else "VGG-19 (ImageNet)"
        if not random:
            state = read_official(VGG19)
            prefix = "features."
            state = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
            self.layers.load_state_dict(state, assign=True)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))
        for layer in self.layers:
            if isinstance(layer, nn.ReLU):
                layer.inplace = False
        self.freeze()

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Frames (N, 3, H, W) in [0, 1] RGB → maps (N, 64, H/2, W/2), …, (N, 512, H/32, W/32)."""
        x = frames.flip(1) if self.released_code_quirks else (frames - self.mean) / self.std
        maps = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index in POOLS:
                maps.append(x)
        return maps


class FaceFeatures(_Frozen):
    """The identity network's maps at four scales: the perceptual loss without downloads."""

    def __init__(self):
        super().__init__()
        self.net = IdentityNet.load()
        self.name = f"face maps ({IdentityNet.name})"
        self.freeze()

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Frames (N, 3, H, W) in [0, 1] RGB → maps (N, 32, 35, 35), …, (N, 256, 2, 2)."""
        return self.net.feature_maps(frames)


class InceptionVectors(_Frozen):
    """Inception-v3's 2,048 pooled features, for the Fréchet distance.

    Paper: §6. Deviation: torchvision's weights; the usual FID reads a port of the TensorFlow ones,
    whose values differ a little.
    """

    def __init__(self, *, random: bool = False):
        super().__init__()
        from torchvision.models import inception_v3

        with torch.device("cpu" if random else "meta"):
            self.net = inception_v3(weights=None, init_weights=False, transform_input=False)
        self.name = "Inception-v3 (ImageNet, torchvision)"
        if random:
            self.name = "Inception-v3, random weights (tests only)"
        else:
            self.net.load_state_dict(read_official(INCEPTION), assign=True)
        self.net.fc, self.net.AuxLogits = nn.Identity(), None
        self.freeze()

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (N, 3, H, W) in [0, 1] RGB → (N, 2048) float32."""
        x = nn.functional.interpolate(frames.float(), (299, 299), mode="bilinear", antialias=True)
        return self.net(2 * x - 1).float()


def perceptual_features(
    which: str = "auto", *, released_code_quirks: bool = False
) -> VggFeatures | FaceFeatures:
    """The extractor for the perceptual loss; its `.name` belongs beside every number.

    Args:
        which: "vgg19", "face", "random-vgg19" (tests only), or "auto": VGG-19 if its file is here.

    Raises:
        ConfigError: unknown name. CheckpointError: VGG-19 asked for and absent.
    """
    if which == "auto":
        which = "vgg19" if _here(VGG19) else "face"
    if which == "face":
        return FaceFeatures()
    if which in ("vgg19", "random-vgg19"):
        random = which == "random-vgg19"
        return VggFeatures(random=random, released_code_quirks=released_code_quirks)
    raise ConfigError(f"unknown features {which!r}", expected="auto, vgg19, face or random-vgg19")


def inception_vectors() -> InceptionVectors | None:
    """Inception-v3 for the Fréchet distance, if its file is here; its name goes with the number."""
    return InceptionVectors() if _here(INCEPTION) else None


def _here(official: OfficialFile) -> bool:
    return any(place.is_file() for place in official_places(official))
