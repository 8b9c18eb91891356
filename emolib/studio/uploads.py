"""A visitor's files, looked into before anything is done with them, in a limited process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import BoundedSemaphore

from emolib.studio import upload_probe
from emolib.studio.jobs import Limits
from emolib.studio.problems import StudioError

AT_ONCE = BoundedSemaphore(2)


@dataclass(frozen=True)
class FileInfo:
    """What a file is: "picture", "video" or "sound", its pixels and seconds, whether it sounds."""

    kind: str
    width: int
    height: int
    seconds: float
    sound: bool

    def __str__(self) -> str:
        size, length = f"{self.width}×{self.height}", f"{self.seconds:.1f} s"
        if self.kind == "picture":
            return f"a picture, {size}"
        if self.kind == "sound":
            return f"{length} of sound"
        return f"a video, {size}, {length}, {'with' if self.sound else 'without'} sound"


def check_uploads(files: dict[str, Path], limits: Limits) -> dict[str, FileInfo]:
    """What each file is, by role: "face" (a picture or video), "face+sound" or "voice".

    Raises:
        StudioError: what is wrong; also when looking takes too long or dies of it.
    """
    task = {
        "files": [{"path": str(path.absolute()), "role": role} for role, path in files.items()],
        "limits": asdict(limits),
    }
    try:
        with AT_ONCE:
            child = subprocess.run(
                [sys.executable, "-I", upload_probe.__file__],
                input=json.dumps(task).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=limits.probe_timeout_s,
                check=False,
            )
        answers = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:  # too slow, or it died of the file
        raise StudioError(
            "damaged",
            "the file could not be examined safely",
            "export it again in a common format, such as MP4 or WAV",
        ) from error
    for role, answer in zip(files, answers, strict=True):
        if "code" in answer:
            what = "voice" if role == "voice" else "face"
            raise StudioError(answer["code"], f"{what}: {answer['message']}", answer["fix"])
    return {role: FileInfo(**answer) for role, answer in zip(files, answers, strict=True)}
