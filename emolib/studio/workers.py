"""Who makes jobs: the network in this process, or one in a process of its own on a device.

A process is sent an order and a folder, and tells step by step what becomes of it. Whatever it is
sent meanwhile means that nobody wants the film any more. So does the end of the line: a worker
leaves with its server.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Literal

from emolib.base.errors import Cancelled, EmolibError
from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import StudioError, problem_of

if TYPE_CHECKING:
    from emolib.generate import TalkingFace

LOOK_S = 0.05  # between two questions whether a job is still wanted, while its process is silent


class WorkerDied(Exception):
    """A worker's process has ended, or does not stop: it has to be started again."""


class Worker:
    """Makes one job at a time, with a network that is here already.

    Attributes:
        state: "starting", "idle" or "busy", with `job`.
        model: the network's name; "" until it is loaded.
    """

    def __init__(self, talker: TalkingFace | None = None, device: str = ""):
        self.talker, self.device = talker, device
        self.model = talker.name if talker else ""
        self.state: Literal["starting", "idle", "busy"] = "starting"
        self.job: Job | None = None

    def start(self) -> None:
        """Be ready to make jobs.

        Raises:
            WorkerDied: see there.
            EmolibError: it cannot work at all: no checkpoint, no such device.
        """

    def make(self, job: Job, stopped: Callable[[], bool]) -> None:
        """Make a job; `stopped()` says that nobody wants it any more.

        Raises:
            EmolibError: what is wrong with the order; `Cancelled`.
            WorkerDied: see there.
        """
        from emolib.studio.films import make_job  # here: a server of processes needs no torch

        make_job(self.talker, job, stopped)

    def end(self) -> None:
        """Leave at once."""


class ProcessWorker(Worker):
    """A process of its own: a file that breaks a decoder breaks it alone.

    Args:
        life: what the process does, see `work`.
    """

    def __init__(
        self, checkpoint: str, device: str, limits: Limits, life: Callable[..., None] | None = None
    ):
        super().__init__(device=device)
        self.checkpoint, self.limits, self.life = checkpoint, limits, life or work
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start the process, and wait until it has loaded its network."""
        context = get_context("spawn")
        self._line, theirs = context.Pipe()
        given = (theirs, self.checkpoint, self.device)
        self._process = context.Process(target=self.life, args=given, daemon=True)
        self._process.start()
        theirs.close()
        said = self._hear(self.limits.start_timeout_s)
        if said is None:
            raise WorkerDied("it does not start")
        if said[0] == "broken":
            raise EmolibError(said[1])
        _, self.model, self.device = said

    def make(self, job: Job, stopped: Callable[[], bool]) -> None:
        """Let the process make a job; its report is the job's."""
        if not self._process.is_alive():  # it died while idle: no fault of this job
            self.start()
        if stopped():
            raise Cancelled("cancelled")
        job.folder.mkdir(parents=True, exist_ok=True)
        self._say((job.order, job.folder))
        unwanted_s = None  # the time at which the process was told so
        while True:
            match self._hear(LOOK_S):
                case ("step", *step) if not job.final:
                    job.stage, job.progress, job.has_preview = step
                    job.changed(job)
                case ("done", report):
                    job.report = report
                    return
                case ("failed", problem):
                    raise StudioError(problem.code, problem.message, problem.fix)
                case ("cancelled",):
                    raise Cancelled("cancelled")
            if unwanted_s is None and stopped():
                unwanted_s = time.monotonic()
                self._say(None)
            elif unwanted_s and time.monotonic() - unwanted_s > self.limits.cancel_grace_s:
                raise WorkerDied("it does not stop")

    def end(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def _say(self, message: tuple | None) -> None:
        try:
            self._line.send(message)
        except OSError as error:
            raise WorkerDied("it does not listen") from error

    def _hear(self, patience_s: float) -> tuple | None:
        """The process's next word; None if there is none so soon."""
        try:
            return self._line.recv() if self._line.poll(patience_s) else None
        except (EOFError, OSError) as error:
            raise WorkerDied("it has ended") from error


def work(line: Connection, checkpoint: str, device: str) -> None:
    """A process's life: load the network, and make films until the server is gone."""
    from emolib.generate import TalkingFace
    from emolib.studio.films import make_job

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is the server's
    os.dup2(2, 1)  # what a library prints is no word of the server
    os.environ["EMOLIB_PROGRESS"] = "0"
    logging.basicConfig(level=logging.WARNING, format="emolib worker: %(message)s")
    try:
        talker = TalkingFace.load(checkpoint, device)
    except EmolibError as error:
        return line.send(("broken", str(error)))
    make_jobs(line, talker.name, talker.engine.device, partial(make_job, talker))
    return None


def make_jobs(
    line: Connection, model: str, device: str, make: Callable[[Job, Callable[[], bool]], None]
) -> None:
    """Say that the network is there, and `make(job, stopped)` what is asked for, until the end."""
    line.send(("ready", model, device))
    while True:
        try:
            asked = line.recv()
        except EOFError:
            return
        if asked is None:  # about a job that had just ended
            continue
        job = Job(*asked)
        job.changed = lambda job: line.send(("step", job.stage, job.progress, job.has_preview))
        try:
            make(job, line.poll)
            line.send(("done", job.report))
        except Cancelled:
            line.send(("cancelled",))
        except Exception as error:  # a job must not end the worker
            line.send(("failed", problem_of(error)))
