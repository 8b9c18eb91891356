"""Workers without a network: jobs do what their text says.

    slow    goes on until it is cancelled        deaf    goes on, whatever it is told
    crash   ends the process                     fail    reports that there is no face
                                                 (else)  done at once

`python stand_in.py SETTINGS`, as JSON, runs a whole server around such a worker on a free port.
"""

import json
import os
import sys
import time
from pathlib import Path

from emolib.base.errors import Cancelled
from emolib.studio.problems import StudioError
from emolib.studio.workers import ProcessWorker, Worker, make_jobs

RESULT = bytes(range(256)) * 8
REPORT = {
    "seconds": 2.0,
    "frames": 50,
    "width": 320,
    "height": 240,
    "model": "stand-in",
    "device": "cpu",
    "signed": False,
    "signature_note": "",
    "notes": [],
    "total_s": 0.1,
}


def make(job, stopped):
    how = getattr(job.order.audio, "text", "")
    job.folder.mkdir(parents=True, exist_ok=True)
    (job.folder / "half-made.tmp").write_bytes(b"x")
    (job.folder / "preview.jpg").write_bytes(b"\xff\xd8\xff picture")
    job.previewed()
    step = 0
    while how in ("slow", "deaf"):
        step = min(step + 1, 99)
        job.advance("frames", step, 100)
        if how == "slow" and stopped():
            raise Cancelled("cancelled")
        time.sleep(0.02)
    if how == "crash":
        os._exit(9)
    if how == "fail":
        raise StudioError("no_face", "no face", "use another picture")
    job.film.write_bytes(RESULT)
    job.report = REPORT


class StandIn(Worker):
    """In the server's own process."""

    def __init__(self, *_):
        super().__init__(device="cpu")
        self.model = "stand-in"

    def make(self, job, stopped):
        make(job, stopped)


def life(line, *_):
    make_jobs(line, "stand-in", "cpu", make)


def broken(line, *_):
    line.send(("broken", "no network"))


def dead(line, *_):
    pass


def process(limits):
    """The same in a process of its own."""
    return ProcessWorker("", "cpu", limits, life)


def serve():
    """A server of its own process, to be talked to, stopped or killed."""
    from emolib.web.serve import serve as run
    from emolib.web.settings import ServeSettings

    options = json.loads(sys.argv[1])
    for name in {"state", "certificate", "key"} & set(options):
        options[name] = Path(options[name])
    settings = ServeSettings(**options, port=0)
    run(
        settings,
        workers=[process(settings.limits)],
        ready=lambda line: print(line, flush=True),
    )
    print("stopped")


if __name__ == "__main__":
    serve()
