"""Who is next. Jobs wait in order, are watched, cancelled, finished, and forgotten in time.

Everything here runs on the server's one event loop, and none of it waits between a look and what
follows from it: so nothing needs a lock. Routes that touch jobs are therefore `async def`.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from emolib.web.jobs import Job, JobView, Report
from emolib.web.problems import Problem
from emolib.web.refusal import Refusal, not_found
from emolib.web.settings import Limits
from emolib.web.state import JobStore

log = logging.getLogger(__name__)

RETRY_AFTER_S = 15
ABANDONED = Problem(
    code="abandoned", message="nobody was watching any more", fix="keep the page open, or keep=true"
)


class JobQueue:
    """All jobs of one server.

    Attributes:
        stop_work: called with a job that a worker holds and should let go.
        closing: the server is about to stop.
    """

    def __init__(self, store: JobStore, limits: Limits):
        self.store, self.limits = store, limits
        self.jobs: dict[str, Job] = {job.id: job for job in store.load()}
        self.waiting = deque(job for job in self.jobs.values() if job.state == "queued")
        self.stop_work: Callable[[Job], None] = lambda job: None
        self.closing = False
        self._arriving: set[str] = set()  # jobs whose files are being uploaded
        self._held: set[str] = set()  # jobs whose files a worker has open
        self._some = asyncio.Event()
        self._usual_s: float | None = None  # what a job takes
        store.sweep(set(self.jobs))
        if self.waiting:
            self._some.set()

    @property
    def running(self) -> list[Job]:
        """Those that are being made."""
        return [job for job in self.jobs.values() if job.state == "running"]

    @contextmanager
    def place(self, job_id: str) -> Iterator[None]:
        """A place for a job to come, held while its files arrive.

        Raises:
            Refusal: 503, all places are taken, the disk is full, or the server is about to stop.
        """
        if self.closing:
            raise Refusal(503, "stopping", "the server is being stopped", "try again later")
        if len(self._arriving) + len(self.waiting) >= self.limits.queue:
            raise self._busy("queue_full", f"{self.limits.queue} jobs are waiting already")
        room = shutil.disk_usage(self.store.folder).free - self.limits.min_free_bytes
        if room < (len(self._arriving) + 1) * self.limits.max_upload_bytes:
            raise self._busy("disk_full", "the server's disk is full")
        self._arriving.add(job_id)
        try:
            yield
        finally:
            self._arriving.discard(job_id)

    def _busy(self, code: str, message: str) -> Refusal:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return Refusal(503, code, message, f"try again in {RETRY_AFTER_S} s", headers)

    def submit(self, job: Job) -> None:
        """Add a job whose files are in place."""
        self.store.save(job)
        self.jobs[job.id] = job
        self.waiting.append(job)
        self._some.set()

    def get(self, job_id: str) -> Job:
        """A job by id; asking keeps it alive.

        Raises:
            Refusal: 404.
        """
        job = self.jobs.get(job_id)
        if job is None:
            raise not_found()
        job.touch()
        return job

    def view(self, job: Job) -> JobView:
        """A job as the outside sees it, with its place in the queue."""
        position = self.waiting.index(job) + 1 if job.state == "queued" else None
        wait_s = None
        if position is not None and self._usual_s is not None:
            wait_s = round((position - 1 + 0.5 * bool(self.running)) * self._usual_s, 1)
        return job.view(position, wait_s, self.limits.retention_s)

    async def take(self) -> Job:
        """The next job, now running; waits until there is one."""
        while not self.waiting:
            self._some.clear()
            await self._some.wait()
        job = self.waiting.popleft()
        job.state, job.stage, job.started_at = "running", "preview", time.time()
        job.held = True
        self._held.add(job.id)
        self.store.save(job)
        for other in (job, *self.waiting):
            other.poke()
        return job

    def finish(
        self, job: Job, state: str, error: Problem | None = None, report: Report | None = None
    ) -> None:
        """A running or waiting job has come to its end; what was to be said is forgotten."""
        if job.final:
            return
        if job in self.waiting:
            self.waiting.remove(job)
            for other in self.waiting:
                other.poke()
        job.state, job.stage, job.error, job.report = state, "finished", error, report
        job.finished_at, job.order.text = time.time(), None
        if state == "done":
            job.progress = 1.0
            spent = job.finished_at - job.started_at
            self._usual_s = spent if self._usual_s is None else 0.7 * self._usual_s + 0.3 * spent
        else:
            job.has_preview = False
        self.store.save(job)
        job.poke()

    def released(self, job: Job) -> None:
        """No worker has a job's files open (any more): what is not its outcome can go."""
        job.held = False
        self._held.discard(job.id)
        if job.deleted:
            self.store.remove_files(job.id)
        else:
            self.store.remove_inputs(job)

    def cancel(self, job: Job, error: Problem | None = None) -> None:
        """Stop a job that waits or runs."""
        self.finish(job, "cancelled", error)
        if job.held:
            self.stop_work(job)
        else:
            self.released(job)

    def delete(self, job: Job) -> None:
        """Stop a job if need be, and forget all about it."""
        job.deleted = True
        self.jobs.pop(job.id, None)
        if not job.final:
            self.cancel(job)
        elif not job.held:
            self.released(job)
        self.store.forget(job.id)

    def sweep(self) -> None:
        """Cancel what nobody watches, forget what has expired, remove what belongs to nobody."""
        now, mono = time.time(), time.monotonic()
        for job in list(self.jobs.values()):
            if not job.final:
                left = not job.watchers and mono - job.seen_at > self.limits.abandon_s
                if left and not job.order.keep:
                    self.cancel(job, ABANDONED)
            elif job.finished_at + self.limits.retention_s < now:
                self.delete(job)
        finished = sorted((j for j in self.jobs.values() if j.final), key=lambda j: j.finished_at)
        for job in finished[: max(0, len(finished) - self.limits.keep_jobs)]:
            self.delete(job)
        self.store.sweep(self._arriving | self._held | set(self.jobs))

    async def keep_tidy(self) -> None:
        """`sweep`, again and again."""
        every_s = max(0.2, min(self.limits.abandon_s, self.limits.retention_s) / 6)
        while True:
            await asyncio.sleep(every_s)
            try:
                self.sweep()
            except Exception:  # the next round tries again; the server must not stop for it
                log.exception("tidying up failed")

    def close(self) -> None:
        """No more jobs; everybody who watches is told."""
        self.closing = True
        for job in self.jobs.values():
            job.poke()
