"""Build `emolib/assets/face_api_{expression,identity}.npz` from the npm package, byte for byte.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    python scripts/build_face_nets.py package

Each asset holds two arrays of bytes: `weights`, the package's quantised shard unchanged, and
`manifest`, its JSON list of names, shapes, scales and minima. Nothing is rounded again, so the
shard's sha256 can be checked against the package's. The files come out identical on every run.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np

from emolib.base.files import ASSETS, atomic_path

SHARDS = {
    "expression": (
        "face_expression_model",
        "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
    ),
    "identity": (
        "face_recognition_model",
        "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589",
    ),
}


def build(package: Path, out: Path) -> None:
    """Write both assets.

    Raises:
        SystemExit: a shard is not the one of version 1.7.15.
    """
    for name, (stem, sha256) in SHARDS.items():
        shard = package / "model" / f"{stem}.bin"
        weights = shard.read_bytes()
        found = hashlib.sha256(weights).hexdigest()
        if found != sha256:
            raise SystemExit(f"{shard}: sha256 {found}, expected {sha256} (version 1.7.15)")
        manifest = (package / "model" / f"{stem}-weights_manifest.json").read_bytes()
        target = out / f"face_api_{name}.npz"
        with atomic_path(target) as temporary:
            np.savez_compressed(
                temporary,
                weights=np.frombuffer(weights, np.uint8),
                manifest=np.frombuffer(manifest, np.uint8),
            )
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        print(f"{target.name}  {target.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    parser.add_argument("--out", type=Path, default=ASSETS)
    arguments = parser.parse_args()
    build(arguments.package, arguments.out)
