"""A worker: a process of its own that holds one network on one device and makes one film at a time.

    python -m emolib.web.worker CHECKPOINT DEVICE

It speaks in lines of JSON. In come `{"job": id, "folder": …, "order": {…}, …}` and `{"cancel":
id}`; out go `ready`, `preview`, `progress`, `done`, `failed` and `cancelled`. When the server dies
the line in ends, and so does the worker. What is in the film is `TalkingFace`'s business alone.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import cv2
import numpy as np

from emolib.base.errors import Cancelled, EmolibError, FaceError
from emolib.generate import Request, TalkingFace
from emolib.media.audio import write_wav
from emolib.media.provenance import write_labelled_picture
from emolib.media.still import is_still, read_still
from emolib.web.jobs import Order
from emolib.web.problems import job_problem
from emolib.web.state import PREVIEW, RESULT

log = logging.getLogger(__name__)

SPOKEN = "spoken.wav"


class Line:
    """The line to the server: what it wants, and what it is told."""

    def __init__(self):
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
        self._jobs: SimpleQueue[dict | None] = SimpleQueue()
        self._stopped: set[str] = set()
        self._hung_up = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for text in sys.stdin:
            said = json.loads(text)
            if "cancel" in said:
                self._stopped.add(said["cancel"])
            else:
                self._jobs.put(said)
        self._hung_up = True
        self._jobs.put(None)

    def next_job(self) -> dict | None:
        """The next job; None when the server is gone."""
        return self._jobs.get()

    def stopped(self, job_id: str) -> bool:
        """Whether a job is no longer wanted."""
        return self._hung_up or job_id in self._stopped

    def tell(self, event: str, **more) -> None:
        """One line to the server; if it is gone, the job stops at the next look."""
        try:
            self._out.write(json.dumps({"event": event, **more}) + "\n")
        except BrokenPipeError:
            self._hung_up = True


def make(talker: TalkingFace, task: dict, line: Line) -> dict:
    """Make one film, with a first look on the way. Returns the report.

    Raises:
        EmolibError: what is wrong with the inputs; `Cancelled`.
    """
    job_id, folder, order = task["job"], Path(task["folder"]), Order(**task["order"])
    face = shrunk(Path(order.face), task["picture_side_px"])
    audio = order.voice if order.text is None else spoken(order, folder / SPOKEN)
    settings = {
        "strength": order.strength,
        "max_seconds": task["max_sound_s"],
        "remember": not order.uploaded,
        "cancel": lambda: line.stopped(job_id),
    }
    asked = Request(face, audio, order.emotion, **settings)
    try:
        look = talker.preview_clip(face, audio, order.emotion, **settings)
        write_labelled_picture(folder / PREVIEW, look.frames[0], look.facts, overwrite=True)
        line.tell("preview", job=job_id)
    except FaceError:  # none in the first picture: there may be one later
        log.info("no first look")

    def progress(stage: str, done: int, total: int) -> None:
        line.tell("progress", job=job_id, stage=stage, done=done, total=total)
        if stage == "frames" and done == total:
            line.tell("progress", job=job_id, stage="finishing", done=0, total=1)

    asked = replace(asked, progress=progress)
    report = talker.write(asked, folder / RESULT, overwrite=True)
    width, height = report["picture_px"]
    kept = ("seconds", "frames", "model", "device", "signed", "signature_note", "notes", "total_s")
    return {key: report[key] for key in kept} | {"width": width, "height": height}


def shrunk(face: Path, side_px: int) -> Path | np.ndarray:
    """A video as it is; a picture (H, W, 3) uint8 RGB, no side longer than `side_px`."""
    if not is_still(face):
        return face
    picture = read_still(face)
    scale = side_px / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = [max(1, round(n * scale)) for n in picture.shape[1::-1]]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def spoken(order: Order, path: Path) -> Path:
    """The text said by a synthetic voice, as a file."""
    from emolib.synthetic.speech import Voice, speak

    said = speak(
        order.text, voice=Voice.from_seed(0, order.text_voice), language=order.text_language
    )
    return write_wav(path, said.samples)


def main() -> None:
    """Load, say so, and work until the server is gone."""
    logging.basicConfig(level=logging.WARNING, format="emolib worker: %(message)s")
    checkpoint, device = sys.argv[1:]
    line = Line()
    try:
        talker = TalkingFace.load(checkpoint, device)
    except EmolibError as error:
        line.tell("broken", message=str(error))
        return
    line.tell("ready", model=talker.name, device=talker.engine.device)
    while (task := line.next_job()) is not None:
        job_id = task["job"]
        try:
            line.tell("done", job=job_id, report=make(talker, task, line))
        except Cancelled:
            line.tell("cancelled", job=job_id)
        except Exception as error:  # a job must not end the worker
            if not isinstance(error, EmolibError):
                log.exception("job %s failed", job_id[:6])
            line.tell("failed", job=job_id, error=job_problem(error).model_dump())


if __name__ == "__main__":
    main()
