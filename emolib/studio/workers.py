"""Who makes jobs: the network in this process, or a process of its own on a device."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from emolib.base.errors import Cancelled
from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import CRASHED, INTERRUPTED, Problem, StudioError, problem_of

if TYPE_CHECKING:
    from emolib.generate import TalkingFace
    from emolib.studio.engine import JobEngine

log = logging.getLogger(__name__)

MAX_FALSE_STARTS = 3


class WorkerDied(Exception):
    """A worker's process has ended, or says what makes no sense: it has to be started again."""


class WorkerUnfit(Exception):
    """A worker cannot work at all: no checkpoint, no such device."""


class Worker:
    """Makes one job at a time, with a network that is here already.

    Attributes:
        state: "starting", "idle" or "busy", with `job`.
        model: the network's name; "" until it is loaded.
        started_s: the monotonic time of a start that has not ended yet.
    """

    def __init__(self, talker: TalkingFace | None = None, device: str = ""):
        self.talker, self.device = talker, device
        self.model = talker.name if talker else ""
        self.state: Literal["starting", "idle", "busy"] = "starting"
        self.job: Job | None = None
        self.started_s: float | None = None

    def start(self) -> None:
        """Be ready to make jobs.

        Raises:
            WorkerDied, WorkerUnfit: see there.
        """

    def make(self, job: Job, stopped: Callable[[], bool]) -> object:
        """Make a job; `stopped()` says that nobody wants it any more.

        Raises:
            EmolibError: what is wrong with the order; `Cancelled`.
            WorkerDied: see there.
        """
        from emolib.studio.films import make_job  # here: a server of processes needs no torch

        return make_job(self.talker, job, stopped)

    def cancel(self, job: Job) -> None:
        """Ask for a job to be let go."""

    def hang_up(self) -> None:
        """Ask to leave."""

    def kill(self) -> None:
        """Leave at once."""


def worker_command(checkpoint: str, device: str) -> list[str]:
    """How a worker's process is started."""
    return [sys.executable, "-m", "emolib.studio.worker_process", checkpoint, device]


class ProcessWorker(Worker):
    """A process of its own: a file that breaks a decoder breaks it alone. See `worker_process`.

    Args:
        command: how it is started.
    """

    def __init__(self, command: Sequence[str], device: str, limits: Limits):
        super().__init__(device=device)
        self.command, self.limits = list(command), limits
        self._process: subprocess.Popen | None = None
        self._say_lock = threading.Lock()

    def start(self) -> None:
        """Start the process, and wait until it has loaded its network."""
        self.state, self.started_s = "starting", time.monotonic()
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "EMOLIB_PROGRESS": "0"},
                start_new_session=True,  # Ctrl+C in a terminal reaches the server alone
            )
            said = self._hear()
        except OSError as error:
            raise WorkerDied(str(error)) from error
        finally:
            self.started_s = None
        if said["event"] != "ready":
            raise WorkerUnfit(said.get("message", "the worker does not start"))
        self.model, self.device = said["model"], said["device"]

    def make(self, job: Job, stopped: Callable[[], bool]) -> None:
        """Let the process make a job; its report is the job's."""
        if self._process.poll() is not None:  # it died while idle: no fault of this job
            self.kill()
            self.start()
            self.state = "busy"
        if stopped():
            raise Cancelled("cancelled")
        job.folder.mkdir(parents=True, exist_ok=True)
        task = {"job": job.id, "folder": str(job.folder), "order": job.order.as_json()}
        self._say(task)
        while True:
            said = self._hear()
            if said.get("job") != job.id:
                raise WorkerDied("an answer about another job")
            match said["event"]:
                case "progress":
                    job.advance(said["stage"], said["done"], said["total"])
                case "preview":
                    job.previewed()
                case "done":
                    job.report = said["report"]
                    return
                case "failed":
                    problem = Problem(**said["error"])
                    raise StudioError(problem.code, problem.message, problem.fix)
                case "cancelled":
                    raise Cancelled("cancelled")

    def cancel(self, job: Job) -> None:
        """Tell the process that a job is not wanted any more."""
        with suppress(WorkerDied):
            self._say({"cancel": job.id})

    def hang_up(self) -> None:
        """End the line to the process, which leaves then."""
        process = self._process
        if process is not None:
            with self._say_lock, suppress(OSError):
                process.stdin.close()

    def kill(self) -> None:
        """End the process."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()

    def _say(self, message: dict) -> None:
        process = self._process
        try:
            with self._say_lock:
                process.stdin.write(json.dumps(message).encode() + b"\n")
                process.stdin.flush()
        except (OSError, ValueError, AttributeError) as error:  # it has ended, or never began
            raise WorkerDied("it does not listen") from error

    def _hear(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise WorkerDied("no answer")
        try:
            said = json.loads(line)
            said["event"]
        except (ValueError, KeyError, TypeError) as error:
            raise WorkerDied("an answer that makes no sense") from error
        return said


def work(worker: Worker, engine: JobEngine) -> None:
    """A worker's life: it is started, fed, and started again when it dies."""
    false_starts = 0
    while not engine.closing:
        try:
            worker.start()
            false_starts = 0
            while (job := engine.take(worker)) is not None:
                _make(worker, job, engine)
        except WorkerUnfit as error:
            return engine.give_up(str(error))
        except Exception as error:
            false_starts += worker.state == "starting"
            worker.kill()
            if engine.closing:
                return None
            unknown = None if isinstance(error, WorkerDied) else error
            log.warning("the worker on %s stopped (%s)", worker.device, error, exc_info=unknown)
            if false_starts >= MAX_FALSE_STARTS:
                return engine.give_up(f"the worker on {worker.device} does not start")
    return None


def _make(worker: Worker, job: Job, engine: JobEngine) -> None:
    """A job from its beginning to its end. Raises WorkerDied: start it again."""
    try:
        job.made = worker.make(job, lambda: job.final or engine.closing)
        engine.finish(job, "done")
    except (Cancelled, WorkerDied) as error:
        died = isinstance(error, WorkerDied)
        if died or engine.closing:
            engine.finish(job, "failed", INTERRUPTED if engine.closing else CRASHED)
        engine.finish(job, "cancelled")  # unless it has failed
        if died:
            raise
    except Exception as error:
        problem = problem_of(error)
        if problem.code == "internal":
            log.exception("job %s failed", job.id[:6])
        engine.finish(job, "failed", problem)
    finally:
        engine.release(worker)
