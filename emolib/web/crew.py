"""Minds the workers: one process a device, started, fed, stopped, and replaced when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Literal

from emolib.web.jobs import Job, Report
from emolib.web.problems import Problem
from emolib.web.queue import JobQueue
from emolib.web.settings import Limits
from emolib.web.state import INTERRUPTED

log = logging.getLogger(__name__)

LINE_BYTES = 2**20
MAX_FALSE_STARTS = 3
CRASHED = Problem(
    code="crashed",
    message="the film could not be made: the file broke the decoder, or memory ran out",
    fix="try a shorter or smaller file, or export it again",
)
OVERDUE = Problem(
    code="too_long_running", message="this took too long and was stopped", fix="use a shorter sound"
)


class Broken(Exception):
    """A worker cannot work at all: no checkpoint, no such device."""


def worker_command(checkpoint: str, device: str) -> list[str]:
    """How a worker process is started."""
    return [sys.executable, "-m", "emolib.web.worker", checkpoint, device]


class Worker:
    """One device's worker process and the job it holds.

    Attributes:
        state: "starting", "idle" or "busy".
        model: what it loaded; "" until then.
    """

    def __init__(self, command: list[str], device: str, queue: JobQueue, limits: Limits):
        self.command, self.device, self.queue, self.limits = command, device, queue, limits
        self.state: Literal["starting", "idle", "busy"] = "starting"
        self.model = ""
        self.job: Job | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Work for ever.

        Raises:
            Broken: the process says that it cannot work, or dies again and again at the start.
        """
        false_starts = 0
        try:
            while True:
                try:
                    await self._start()
                    false_starts = 0
                    while True:
                        await self._one_job()
                except (OSError, EOFError, ValueError, TimeoutError) as error:
                    false_starts += self.state == "starting"
                    log.warning("the worker on %s stopped (%s)", self.device, error or "no answer")
                    if false_starts >= MAX_FALSE_STARTS:
                        raise Broken(f"the worker on {self.device} does not start") from error
                await self._end(0)
        finally:  # a busy worker may clean up after itself
            await self._end(self.limits.cancel_grace_s if self.state == "busy" else 0)

    def stop_work(self, job: Job) -> None:
        """Ask for a job to be stopped, and insist after a while."""
        if self.job is not job:
            return
        with suppress(OSError, RuntimeError):
            self._say({"cancel": job.id})
        loop = asyncio.get_running_loop()
        loop.call_later(self.limits.cancel_grace_s, self._insist, job)

    def _insist(self, job: Job) -> None:
        if self.job is job and self._process and self._process.returncode is None:
            self._process.kill()

    async def _start(self) -> None:
        self.state = "starting"
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            env={**os.environ, "EMOLIB_PROGRESS": "0"},
            start_new_session=True,  # Ctrl+C in a terminal reaches the server alone
        )
        async with asyncio.timeout(self.limits.start_timeout_s):
            said = await self._hear()
        if said["event"] != "ready":
            raise Broken(said.get("message", "the worker does not start"))
        self.model, self.device = said["model"], said["device"]
        self.state = "idle"

    async def _one_job(self) -> None:
        """Take a job and make it."""
        job = await self.queue.take()
        self.job, self.state = job, "busy"
        loop = asyncio.get_running_loop()
        overdue = loop.call_later(self.limits.job_timeout_s, self._overdue, job)
        try:
            if self._process.returncode is not None:  # it died while idle: no fault of this job
                await self._end(0)
                await self._start()
                self.state = "busy"
            self._say(self._task(job))
            while not await self._step(job):
                pass
        finally:
            overdue.cancel()
            self.queue.finish(job, "failed", INTERRUPTED if self.queue.closing else CRASHED)
            self.job = None
            self.queue.released(job)
        self.state = "idle"

    def _task(self, job: Job) -> dict:
        folder = self.queue.store.job_folder(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "job": job.id,
            "folder": str(folder),
            "order": asdict(job.order),
            "max_sound_s": self.limits.max_sound_s + 1,
            "picture_side_px": self.limits.picture_side_px,
        }

    async def _step(self, job: Job) -> bool:
        """One line of the worker; True when it has let the job go."""
        said = await self._hear()
        if said.get("job") != job.id:
            raise ValueError("an answer about another job")
        match said["event"]:
            case "progress" if not job.final:
                job.advance(said["stage"], said["done"], said["total"])
                job.poke()
            case "preview" if not job.final:
                job.has_preview = True
                job.poke()
            case "done":
                self.queue.finish(job, "done", report=Report(**said["report"]))
                return True
            case "failed":
                self.queue.finish(job, "failed", Problem(**said["error"]))
                return True
            case "cancelled":
                self.queue.finish(job, "cancelled")
                return True
        return False

    def _overdue(self, job: Job) -> None:
        self.queue.finish(job, "failed", OVERDUE)
        self.stop_work(job)

    def _say(self, message: dict) -> None:
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _hear(self) -> dict:
        line = await self._process.stdout.readline()
        if not line:
            raise EOFError("it died")
        return json.loads(line)

    async def _end(self, grace_s: float) -> None:
        """Let the process go: it leaves when its line ends, or is made to."""
        process, self._process = self._process, None
        if process is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Crew:
    """All workers of a server.

    Args:
        commands: device → how its worker is started.
        give_up: called with a sentence when no work is possible.
    """

    def __init__(
        self,
        commands: dict[str, list[str]],
        queue: JobQueue,
        limits: Limits,
        give_up: Callable[[str], None],
    ):
        self.workers = [Worker(line, device, queue, limits) for device, line in commands.items()]
        self._give_up = give_up
        queue.stop_work = self._stop_work

    @property
    def ready(self) -> bool:
        """Whether a worker could take a job."""
        return any(worker.state != "starting" for worker in self.workers)

    @property
    def model(self) -> str:
        """The network that they hold."""
        return next((worker.model for worker in self.workers if worker.model), "")

    async def run(self) -> None:
        """Run all workers until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self.workers:
                    group.create_task(worker.run())
        except* Exception as failed:  # whatever it is: a server without workers is none
            first = failed.exceptions[0]
            if not isinstance(first, Broken):
                log.error("a worker's minder failed", exc_info=first)
            self._give_up(str(first) or type(first).__name__)

    def _stop_work(self, job: Job) -> None:
        for worker in self.workers:
            worker.stop_work(job)
