"""A worker's process: it holds one network on one device and makes one film at a time.

    python -m emolib.studio.worker_process CHECKPOINT DEVICE

It speaks in lines of JSON. In come `{"job": id, "folder": …, "order": {…}}` and `{"cancel": id}`;
out go `ready`, `preview`, `progress`, `done`, `failed` and `cancelled`. When the server dies the
line in ends, and so does the worker.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from emolib.base.errors import Cancelled, EmolibError
from emolib.generate import Order, TalkingFace
from emolib.studio.films import make_job
from emolib.studio.jobs import Job
from emolib.studio.problems import problem_of

log = logging.getLogger(__name__)


class Line:
    """The line to the server: what it wants, and what it is told."""

    def __init__(self):
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
        self._tasks: SimpleQueue[dict | None] = SimpleQueue()
        self._stopped: set[str] = set()
        self._hung_up = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for text in sys.stdin:
            said = json.loads(text)
            if "cancel" in said:
                self._stopped.add(said["cancel"])
            else:
                self._tasks.put(said)
        self._hung_up = True
        self._tasks.put(None)

    def next_task(self) -> dict | None:
        """The next job; None when the server is gone."""
        return self._tasks.get()

    def stopped(self, job_id: str) -> bool:
        """Whether a job is no longer wanted."""
        return self._hung_up or job_id in self._stopped

    def tell(self, event: str, **more) -> None:
        """One line to the server; if it is gone, the job stops at the next look."""
        try:
            self._out.write(json.dumps({"event": event, **more}) + "\n")
        except BrokenPipeError:
            self._hung_up = True


class ToldJob(Job):
    """A job whose steps the server is told."""

    line: Line

    def advance(self, stage, done, total) -> None:
        self.line.tell("progress", job=self.id, stage=stage, done=done, total=total)

    def previewed(self) -> None:
        self.line.tell("preview", job=self.id)


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
    while (task := line.next_task()) is not None:
        job_id = task["job"]
        try:
            job = ToldJob(Order.from_json(task["order"]), Path(task["folder"]), id=job_id)
            job.line = line
            make_job(talker, job, lambda: line.stopped(job_id))  # noqa: B023  asked only in here
            line.tell("done", job=job_id, report=job.report)
        except Cancelled:
            line.tell("cancelled", job=job_id)
        except Exception as error:  # a job must not end the worker
            problem = problem_of(error)
            if problem.code == "internal":
                log.exception("job %s failed", job_id[:6])
            line.tell("failed", job=job_id, error=asdict(problem))


if __name__ == "__main__":
    main()
