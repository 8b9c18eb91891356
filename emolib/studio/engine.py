"""The job engine: orders wait in line, are made one by one, watched, cancelled and forgotten.

One thread a worker takes jobs, one more sweeps. All they see is changed under one lock.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from emolib.base.errors import Cancelled, EmolibError
from emolib.studio import problems, store
from emolib.studio.jobs import Job, Limits, new_id
from emolib.studio.problems import Problem, StudioError, problem_of
from emolib.studio.workers import Worker, WorkerDied

log = logging.getLogger(__name__)

RETRY_AFTER_S = 15
LATER = f"try again in {RETRY_AFTER_S} s"
MAX_FALSE_STARTS = 3
SWEEP_S = 10.0  # between two sweeps, at most


class JobEngine:
    """All jobs of one page or notebook: `workers` make them, `folder` keeps them (see `store`).

    `give_up` is called with a sentence when no work is possible. `jobs` are known by id; of
    `waiting` the next stands first; `usual_s`: what a job takes (0: unknown); `closing`: it stops.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        folder: Path,
        limits: Limits | None = None,
        give_up: Callable[[str], None] = lambda why: None,
    ):
        self.workers, self.folder, self.limits = workers, folder, limits or Limits()
        self.give_up, self.closing = give_up, False
        found = store.load_jobs(folder)
        self.jobs: dict[str, Job] = {job.id: job for job in found}
        self.waiting = deque(job for job in found if job.state == "queued")
        self._arriving: set[Path] = set()  # folders of jobs whose files are being uploaded
        self.lock = threading.Condition()  # notified when a job waits, or we are closing
        self.usual_s = 0.0
        self._threads = ()
        self.sweep()

    def start(self) -> None:
        """Workers at work, old things swept, until `close`."""
        lives = [partial(self._work, worker) for worker in self.workers] + [self._tidy]
        self._threads = [threading.Thread(target=life, daemon=True) for life in lives]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """No more jobs; those at work are interrupted."""
        self.stop_taking()
        for end_them in (False, True):
            end = time.monotonic() + self.limits.cancel_grace_s
            for worker in self.workers if end_them else ():
                worker.end()
            for thread in self._threads:
                thread.join(max(0.0, end - time.monotonic()))

    def stop_taking(self) -> None:
        """No more jobs are taken or begun; who watches one sees that we are closing."""
        self.closing = True
        with self.lock:
            self.lock.notify_all()

    @property
    def ready(self) -> bool:
        """Whether a worker could take a job."""
        return any(worker.state != "starting" for worker in self.workers)

    def new_folder(self) -> Path:
        """A folder for a job to come, with a name that cannot be guessed."""
        return self.folder / "jobs" / new_id()

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A place for a job to come, held while its files arrive in this folder.

        Raises:
            StudioError: all places are taken, the disk is full, or we are closing.
        """
        folder = self.new_folder()
        with self.lock:
            if self.closing:
                raise StudioError("stopping", "the server is being stopped", "try again later")
            if len(self._arriving) + len(self.waiting) >= self.limits.queue:
                raise StudioError("queue_full", f"{self.limits.queue} jobs wait already", LATER)
            free = shutil.disk_usage(self.folder).free - self.limits.min_free_bytes
            if free < (len(self._arriving) + 1) * self.limits.max_upload_bytes:
                raise StudioError("disk_full", "the server's disk is full", LATER)
            self._arriving.add(folder)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            with self.lock:
                self._arriving.discard(folder)

    def submit(self, job: Job) -> None:
        """Add a job whose files are in place."""
        with self.lock:
            store.save_job(job)
            self.jobs[job.id] = job
            self.waiting.append(job)
            self.lock.notify_all()

    def get(self, job_id: str) -> Job:
        """A job by id; asking keeps it alive.

        Raises:
            StudioError: there is none.
        """
        with self.lock:
            if job_id not in self.jobs:
                raise StudioError("not_found", "there is no such job", "start again: it may be old")
            self.jobs[job_id].seen_at = time.monotonic()
            return self.jobs[job_id]

    def cancel(self, job: Job, error: Problem | None = None) -> None:
        """Stop a job that waits or runs; a worker who makes it learns of it when it asks."""
        with self.lock:
            self._finish(job, "cancelled", error)
            if all(worker.job is not job for worker in self.workers):
                store.clean(job)

    def delete(self, job: Job) -> None:
        """Stop a job if need be, and forget all about it."""
        with self.lock:
            self.jobs.pop(job.id, None)
            store.forget(job)
            self.cancel(job)

    def sweep(self) -> None:
        """Cancel what nobody watches, forget what has expired, remove what belongs to nobody."""
        with self.lock:
            for job in self.jobs.values():
                watched = job.final or job.keep or job.watchers
                if not watched and time.monotonic() - job.seen_at > self.limits.abandon_s:
                    self.cancel(job, problems.ABANDONED)
            ended = sorted((j for j in self.jobs.values() if j.final), key=lambda j: -j.finished_at)
            for place, job in enumerate(ended):
                old = job.finished_at + self.limits.retention_s < time.time()
                if old or place >= self.limits.keep_jobs:
                    self.delete(job)
            known = [*self.jobs.values(), *(w.job for w in self.workers if w.job is not None)]
            store.sweep(self.folder, self._arriving | {job.folder for job in known})

    def _finish(self, job: Job, state: str, error: Problem | None = None) -> None:
        """A job has come to its end; the first end counts."""
        with self.lock:
            if job.final:
                return
            if job in self.waiting:
                self.waiting.remove(job)
            job.end(state, error)
            if state == "done":
                spent = job.finished_at - job.started_at
                self.usual_s = spent if not self.usual_s else 0.7 * self.usual_s + 0.3 * spent
            if job.id in self.jobs:
                store.save_job(job)
        job.changed(job)

    def _work(self, worker: Worker) -> None:
        """A worker's life: it is started, fed, and started again when it dies."""
        false_starts = 0
        while not self.closing:
            try:
                worker.state = "starting"
                worker.start()
                false_starts = 0
                while (job := self._take(worker)) is not None:
                    self._make(worker, job)
            except Exception as error:
                false_starts += worker.state == "starting"
                worker.end()
                if worker.state == "starting" and isinstance(error, EmolibError):
                    return self.give_up(str(error))
                ours = not isinstance(error, WorkerDied)
                log.warning("the worker on %s stopped (%s)", worker.device, error, exc_info=ours)
                if false_starts >= MAX_FALSE_STARTS:
                    return self.give_up(f"the worker on {worker.device} does not start")
        return worker.end()

    def _take(self, worker: Worker) -> Job | None:
        """The next job, now running; waits until there is one. None when we are closing."""
        with self.lock:
            worker.state = "idle"
            self.lock.wait_for(lambda: self.waiting or self.closing)
            if self.closing:
                return None
            job = self.waiting.popleft()
            worker.job, worker.state, job.started_at = job, "busy", time.time()
            job.state, job.stage = "running", "preview"
            store.save_job(job)
        job.changed(job)
        return job

    def _make(self, worker: Worker, job: Job) -> None:
        """A job from its beginning to its end. Raises WorkerDied: start the worker again."""

        def stopped() -> bool:
            if time.time() - job.started_at > self.limits.job_timeout_s:
                self._finish(job, "failed", problems.OVERDUE)
            return job.final or self.closing

        state, error, died = "done", None, None
        try:
            worker.make(job, stopped)
        except Cancelled:
            state = "cancelled"
        except WorkerDied as raised:
            state, error, died = "failed", problems.CRASHED, raised
        except Exception as raised:
            state, error = "failed", problem_of(raised)
        if self.closing and (died or state == "cancelled"):
            state, error = "failed", problems.INTERRUPTED
        with self.lock:
            self._finish(job, state, error)
            worker.job = None
            store.clean(job)
        if died:
            raise died

    def _tidy(self) -> None:
        every_s = min(SWEEP_S, max(0.2, min(self.limits.abandon_s, self.limits.retention_s) / 6))
        while True:
            with self.lock:
                if self.lock.wait_for(lambda: self.closing, every_s):
                    return
            try:
                self.sweep()
            except Exception:  # the next round tries again
                log.exception("tidying up failed")
