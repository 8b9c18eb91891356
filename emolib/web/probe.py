"""A look into uploaded files before anything is done with them, in a limited process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from emolib.web import probe_child
from emolib.web.refusal import Refusal
from emolib.web.settings import Limits


@dataclass(frozen=True)
class Found:
    """What a file is: "picture", "video" or "sound", its pixels and seconds."""

    kind: str
    width: int
    height: int
    seconds: float
    sound: bool


async def look_into(files: dict[str, Path], limits: Limits) -> dict[str, Found]:
    """What each file is, by role ("face", "face+sound", "voice").

    Raises:
        Refusal: 415 or 422, with what is wrong; also when looking takes too long or dies of it.
    """
    task = {
        "files": [{"path": str(path.absolute()), "role": role} for role, path in files.items()],
        "limits": asdict(limits),
    }
    answers = await _ask(task, limits.probe_timeout_s)
    found = {}
    for role, answer in zip(files, answers, strict=True):
        if "status" in answer:
            what = "voice" if role == "voice" else "face"
            message = f"{what}: {answer['message']}"
            raise Refusal(answer["status"], answer["code"], message, answer["fix"])
        found[role] = Found(**answer)
    return found


async def _ask(task: dict, timeout_s: float) -> list[dict]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", probe_child.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(timeout_s):
            out, _ = await child.communicate(json.dumps(task).encode())
        return json.loads(out)
    except (TimeoutError, ValueError) as error:  # too slow, or it died: limits, a decoder's crash
        raise Refusal(
            422,
            "damaged",
            "the file could not be examined safely",
            "export it again in a common format, such as MP4 or WAV",
        ) from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
