"""The job engine: orders wait in line, are made one by one, watched, cancelled and forgotten.

One thread a worker takes jobs, one more keeps order. All they see is changed under one lock.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import ABANDONED, OVERDUE, Problem, StudioError
from emolib.studio.store import JobStore
from emolib.studio.workers import Worker, work

log = logging.getLogger(__name__)

RETRY_AFTER_S = 15
LATER = f"try again in {RETRY_AFTER_S} s"
TICK_S = 0.1  # how often workers that should have stopped are looked at


class JobEngine:
    """All jobs of one page or notebook.

    Args:
        workers: who makes them.
        store: where they are kept; default: in memory.
        give_up: called with a sentence when no work is possible.

    `jobs` are known by id; of `waiting` the next stands first; `closing`: it is about to stop.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        store: JobStore | None = None,
        limits: Limits | None = None,
        give_up: Callable[[str], None] = lambda why: None,
    ):
        self.workers, self.store, self.limits = workers, store or JobStore(), limits or Limits()
        self.give_up, self.closing = give_up, False
        self.jobs: dict[str, Job] = {job.id: job for job in self.store.load()}
        self.waiting = deque(job for job in self.jobs.values() if job.state == "queued")
        self._arriving: set[str] = set()  # jobs whose files are being uploaded
        self.lock = threading.RLock()
        self._some = threading.Condition(self.lock)  # a job waits, or we are closing
        self._usual_s = 0.0  # what a job takes; 0: not known yet
        self._threads: list[threading.Thread] = []
        self.sweep()

    def start(self) -> None:
        """Workers at work, old things swept, until `close`."""
        lives = [(work, (worker, self)) for worker in self.workers]
        for life, given in [*lives, (self._keep_order, ())]:
            self._threads.append(threading.Thread(target=life, args=given, daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        """No more jobs; those at work are interrupted."""
        self.stop_taking()
        for worker in self.workers:
            worker.hang_up()
        for end_them in (False, True):
            end = time.monotonic() + self.limits.cancel_grace_s
            for worker in self.workers if end_them else ():
                worker.kill()
            for thread in self._threads:
                thread.join(max(0.0, end - time.monotonic()))
        self.store.close()

    def stop_taking(self) -> None:
        """No more jobs are taken or begun; who watches one sees that we are closing."""
        self.closing = True
        with self.lock:
            self._some.notify_all()

    # what the outside asks for

    @property
    def ready(self) -> bool:
        """Whether a worker could take a job."""
        return any(worker.state != "starting" for worker in self.workers)

    @property
    def n_running(self) -> int:
        """How many jobs are being made."""
        return sum(worker.job is not None for worker in self.workers)

    @contextmanager
    def place(self, job_id: str) -> Iterator[None]:
        """A place for a job to come, held while its files arrive.

        Raises:
            StudioError: all places are taken, the disk is full, or we are closing.
        """
        with self.lock:
            if self.closing:
                raise StudioError("stopping", "the server is being stopped", "try again later")
            if len(self._arriving) + len(self.waiting) >= self.limits.queue:
                message = f"{self.limits.queue} jobs are waiting already"
                raise StudioError("queue_full", message, LATER)
            free = shutil.disk_usage(self.store.folder or ".").free - self.limits.min_free_bytes
            if free < (len(self._arriving) + 1) * self.limits.max_upload_bytes:
                raise StudioError("disk_full", "the server's disk is full", LATER)
            self._arriving.add(job_id)
        try:
            yield
        finally:
            with self.lock:
                self._arriving.discard(job_id)

    def submit(self, job: Job) -> None:
        """Add a job whose files are in place."""
        with self.lock:
            self.store.save(job)
            self.jobs[job.id] = job
            self.waiting.append(job)
            self._some.notify_all()

    def get(self, job_id: str) -> Job:
        """A job by id; asking keeps it alive.

        Raises:
            StudioError: there is none.
        """
        with self.lock:
            if job_id not in self.jobs:
                fix = "it may have expired: start again"
                raise StudioError("not_found", "there is no such job", fix)
            self.jobs[job_id].seen_at = time.monotonic()
            return self.jobs[job_id]

    def position(self, job: Job) -> tuple[int | None, float | None]:
        """A job's place among those who wait, from 1, and about how long it will wait in s."""
        with self.lock:
            if job not in self.waiting:
                return None, None
            place = self.waiting.index(job) + 1
            wait_s = (place - 1 + 0.5 * bool(self.n_running)) * self._usual_s
            return place, round(wait_s, 1) if self._usual_s else None

    def cancel(self, job: Job, error: Problem | None = None) -> None:
        """Stop a job that waits or runs."""
        with self.lock:
            self.finish(job, "cancelled", error)
            self._stop_work(job)

    def delete(self, job: Job) -> None:
        """Stop a job if need be, and forget all about it."""
        with self.lock:
            job.deleted = True
            self.jobs.pop(job.id, None)
            self.cancel(job)
            self.store.forget(job.id)

    def sweep(self) -> None:
        """Cancel what nobody watches, forget what has expired, remove what belongs to nobody."""
        with self.lock:
            now, mono = time.time(), time.monotonic()
            for job in list(self.jobs.values()):
                alone_s = 0 if job.keep or job.watchers else mono - job.seen_at
                if job.final and job.finished_at + self.limits.retention_s < now:
                    self.delete(job)
                elif not job.final and alone_s > self.limits.abandon_s:
                    self.cancel(job, ABANDONED)
            ended = sorted((j for j in self.jobs.values() if j.final), key=lambda j: -j.finished_at)
            for job in ended[self.limits.keep_jobs :]:
                self.delete(job)
            held = {worker.job.id for worker in self.workers if worker.job is not None}
            self.store.sweep(self._arriving | held | set(self.jobs))

    # what workers and time do

    def finish(self, job: Job, state: str, error: Problem | None = None) -> None:
        """A job has come to its end; the first end counts."""
        with self.lock:
            if job.final:
                return
            if job in self.waiting:
                self.waiting.remove(job)
            job.state, job.stage, job.error = state, "finished", error
            job.finished_at = time.time()
            if state == "done":
                job.progress = 1.0
                spent = job.finished_at - job.started_at
                self._usual_s = spent if not self._usual_s else 0.7 * self._usual_s + 0.3 * spent
            else:
                job.has_preview = False
            if not job.deleted:
                self.store.save(job)
        job.changed(job)

    def _stop_work(self, job: Job) -> None:
        """Its worker is asked to let a job go; what nobody has open is removed."""
        worker = next((worker for worker in self.workers if worker.job is job), None)
        if worker is None:
            return self.store.remove_files(job)
        job.stopped_at = job.stopped_at or time.monotonic()
        return worker.cancel(job)

    def take(self, worker: Worker) -> Job | None:
        """The next job, now running; waits until there is one. None when we are closing."""
        with self.lock:
            worker.state = "idle"
            self._some.wait_for(lambda: self.waiting or self.closing)
            if self.closing:
                return None
            job = self.waiting.popleft()
            worker.job, worker.state, job.started_at = job, "busy", time.time()
            job.state, job.stage = "running", "preview"
            self.store.save(job)
        job.changed(job)
        return job

    def release(self, worker: Worker) -> None:
        """A worker has let its job go: what is not its outcome is removed."""
        with self.lock:
            self.store.remove_files(worker.job)
            worker.job = None

    def _keep_order(self) -> None:
        """Ends workers that do not stop, or take too long; sweeps."""
        limits = self.limits
        every_s = max(0.2, min(limits.abandon_s, limits.retention_s) / 6)
        swept = time.monotonic()
        while True:
            with self.lock:
                if self._some.wait_for(lambda: self.closing, TICK_S):
                    return
            for worker in self.workers:
                job, mono = worker.job, time.monotonic()
                begun_s, stopped_s = worker.started_s or mono, (job and job.stopped_at) or mono
                late = mono - begun_s > limits.start_timeout_s
                if late or mono - stopped_s > limits.cancel_grace_s:
                    worker.kill()
                if job and not job.final and time.time() - job.started_at > limits.job_timeout_s:
                    self.finish(job, "failed", OVERDUE)
                    self._stop_work(job)
            if time.monotonic() - swept > every_s:
                swept = time.monotonic()
                try:
                    self.sweep()
                except Exception:  # the next round tries again
                    log.exception("tidying up failed")
