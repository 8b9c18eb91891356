"""The quantised weights of the face networks: from `assets/` to float32 arrays and layers."""

from __future__ import annotations

import json

import numpy as np
import torch
from torch import nn

from emolib.base.errors import CheckpointError
from emolib.base.files import ASSETS


def read_weights(name: str) -> dict[str, np.ndarray]:
    """Dequantised float32 arrays of `assets/face_api_{name}.npz`, by the package's own names.

    Raises:
        CheckpointError: the asset is missing or does not fit its manifest.
    """
    path = ASSETS / f"face_api_{name}.npz"
    if not path.is_file():
        raise CheckpointError("the asset is missing", file=path.name, fix="reinstall emolib")
    with np.load(path) as asset:
        shard, manifest = asset["weights"].tobytes(), json.loads(asset["manifest"].tobytes())
    arrays, offset = {}, 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        quantised = entry.get("quantization")
        dtype = np.dtype(quantised["dtype"] if quantised else np.float32)
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(shard, dtype, count, offset).astype(np.float32)
        offset += count * dtype.itemsize
        if quantised:
            values = values * np.float32(quantised["scale"]) + np.float32(quantised["min"])
        arrays[entry["name"]] = values.reshape(entry["shape"])
    if offset != len(shard):
        raise CheckpointError(f"{offset} of {len(shard)} bytes are named", file=path.name)
    return arrays


def fill_conv(
    conv: nn.Conv2d, filters: np.ndarray, bias: np.ndarray, scale: np.ndarray | None = None
) -> None:
    """Put TensorFlow filters (kh, kw, in, out) and a bias into `conv`, with a scale folded in."""
    weight = torch.from_numpy(filters).permute(3, 2, 0, 1)  # (kh, kw, in, out) -> (out, in, kh, kw)
    if scale is not None:
        weight = weight * torch.from_numpy(scale).view(-1, 1, 1, 1)
    conv.weight.data = weight.contiguous()
    conv.bias.data = torch.from_numpy(bias.copy())
