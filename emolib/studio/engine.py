"""The job engine: orders wait in line, are made one by one, watched, cancelled and forgotten.

One thread a worker takes jobs, one more keeps order. All that they and the callers see is changed
under one lock, and nobody waits while holding it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from emolib.base.errors import Cancelled
from emolib.studio.jobs import Job
from emolib.studio.limits import Limits
from emolib.studio.problems import (
    ABANDONED,
    CRASHED,
    INTERRUPTED,
    OVERDUE,
    Problem,
    StudioError,
    problem_of,
)
from emolib.studio.store import JobStore
from emolib.studio.workers import Worker, WorkerDied, WorkerUnfit

log = logging.getLogger(__name__)

RETRY_AFTER_S = 15
MAX_FALSE_STARTS = 3
TICK_S = 0.1  # how often workers that should have stopped are looked at


class JobEngine:
    """All jobs of one page or notebook.

    Args:
        workers: who makes them.
        store: where they are kept; default: in memory.
        give_up: called with a sentence when no work is possible.

    Attributes:
        jobs: by id, all that are known.
        waiting: those in line, the next first.
        closing: it is about to stop.
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
        self._lock = threading.RLock()
        self._some = threading.Condition(self._lock)  # a job waits, or we are closing
        self._usual_s: float | None = None  # what a job takes
        self._threads: list[threading.Thread] = []
        self.sweep()

    def start(self) -> None:
        """Workers at work, old things swept, until `close`."""
        works = [(self._work, worker) for worker in self.workers]
        for work, *given in [*works, (self._keep_order,)]:
            thread = threading.Thread(target=work, args=given, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """No more jobs; those at work are interrupted."""
        self.stop_taking()
        for worker in self.workers:
            worker.hang_up()
        end = time.monotonic() + self.limits.cancel_grace_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        for worker in self.workers:
            worker.kill()
        for thread in self._threads:
            thread.join(self.limits.cancel_grace_s)
        self.store.close()

    def stop_taking(self) -> None:
        """No more jobs are taken or begun; who watches one sees that we are closing."""
        with self._lock:
            self.closing = True
            self._some.notify_all()

    # what the outside asks for

    @property
    def ready(self) -> bool:
        """Whether a worker could take a job."""
        return any(worker.state != "starting" for worker in self.workers)

    @property
    def model(self) -> str:
        """The network that the workers hold; "" until one has loaded it."""
        return next((worker.model for worker in self.workers if worker.model), "")

    def counts(self) -> tuple[int, int]:
        """How many jobs wait, and how many are being made."""
        with self._lock:
            return len(self.waiting), sum(job.state == "running" for job in self.jobs.values())

    @contextmanager
    def place(self, job_id: str) -> Iterator[None]:
        """A place for a job to come, held while its files arrive.

        Raises:
            StudioError: all places are taken, the disk is full, or we are closing.
        """
        with self._lock:
            if self.closing:
                raise StudioError("stopping", "the server is being stopped", "try again later")
            if len(self._arriving) + len(self.waiting) >= self.limits.queue:
                raise _busy("queue_full", f"{self.limits.queue} jobs are waiting already")
            if self.store.folder is not None:
                room = shutil.disk_usage(self.store.folder).free - self.limits.min_free_bytes
                if room < (len(self._arriving) + 1) * self.limits.max_upload_bytes:
                    raise _busy("disk_full", "the server's disk is full")
            self._arriving.add(job_id)
        try:
            yield
        finally:
            with self._lock:
                self._arriving.discard(job_id)

    def submit(self, job: Job) -> None:
        """Add a job whose files are in place."""
        with self._lock:
            self.store.save(job)
            self.jobs[job.id] = job
            self.waiting.append(job)
            self._some.notify_all()

    def get(self, job_id: str) -> Job:
        """A job by id; asking keeps it alive.

        Raises:
            StudioError: there is none.
        """
        with self._lock:
            job = self.jobs.get(job_id)
            if job is None:
                fix = "it may have expired: start again"
                raise StudioError("not_found", "there is no such job", fix)
            job.seen_at = time.monotonic()
            return job

    def position(self, job: Job) -> tuple[int | None, float | None]:
        """A job's place among those who wait, from 1, and about how long it will wait in s."""
        with self._lock:
            if job not in self.waiting:
                return None, None
            place = self.waiting.index(job) + 1
            busy = any(other.state == "running" for other in self.jobs.values())
            if self._usual_s is None:
                return place, None
            return place, round((place - 1 + 0.5 * busy) * self._usual_s, 1)

    def cancel(self, job: Job, error: Problem | None = None) -> None:
        """Stop a job that waits or runs."""
        with self._lock:
            self._finish(job, "cancelled", error)
            self._stop_work(job)

    def delete(self, job: Job) -> None:
        """Stop a job if need be, and forget all about it."""
        with self._lock:
            job.deleted = True
            self.jobs.pop(job.id, None)
            self.cancel(job)
            self.store.forget(job.id)

    def sweep(self) -> None:
        """Cancel what nobody watches, forget what has expired, remove what belongs to nobody."""
        with self._lock:
            now, mono = time.time(), time.monotonic()
            for job in list(self.jobs.values()):
                if job.final:
                    if job.finished_at + self.limits.retention_s < now:
                        self.delete(job)
                    continue
                alone_s = 0 if job.keep or job.watchers else mono - job.seen_at
                if not job.final and alone_s > self.limits.abandon_s:
                    self.cancel(job, ABANDONED)
            finished = [job for job in self.jobs.values() if job.final]
            finished.sort(key=lambda job: job.finished_at)
            for job in finished[: max(0, len(finished) - self.limits.keep_jobs)]:
                self.delete(job)
            held = {worker.job.id for worker in self.workers if worker.job is not None}
            self.store.sweep(self._arriving | held | set(self.jobs))

    # inside

    def _finish(self, job: Job, state: str, error: Problem | None = None) -> None:
        """A job has come to its end; the first end counts."""
        with self._lock:
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
            self.store.remove_files(job)
            return
        job.stopped_at = job.stopped_at or time.monotonic()
        worker.cancel(job)

    def _work(self, worker: Worker) -> None:
        """A worker's thread: it is started, fed, and started again when it dies."""
        false_starts = 0
        while not self.closing:
            try:
                worker.start()
                false_starts = 0
                while (job := self._take(worker)) is not None:
                    self._make(worker, job)
            except WorkerUnfit as error:
                return self.give_up(str(error))
            except Exception as error:
                false_starts += worker.state == "starting"
                worker.kill()
                if self.closing:
                    return None
                if not isinstance(error, WorkerDied):
                    log.exception("the worker on %s failed", worker.device)
                log.warning("the worker on %s stopped (%s)", worker.device, error)
                if false_starts >= MAX_FALSE_STARTS:
                    return self.give_up(f"the worker on {worker.device} does not start")
        return None

    def _take(self, worker: Worker) -> Job | None:
        """The next job, now running; waits until there is one. None when we are closing."""
        with self._lock:
            worker.state = "idle"
            self._some.wait_for(lambda: self.waiting or self.closing)
            if self.closing:
                return None
            job = self.waiting.popleft()
            worker.job, worker.state = job, "busy"
            job.state, job.stage, job.started_at = "running", "preview", time.time()
            self.store.save(job)
        job.changed(job)
        return job

    def _make(self, worker: Worker, job: Job) -> None:
        """A job from its beginning to its end.

        Raises:
            WorkerDied: it has to be started again.
        """
        try:
            job.made = worker.make(job, lambda: job.final or self.closing)
            self._finish(job, "done")
        except (Cancelled, WorkerDied) as error:
            died = isinstance(error, WorkerDied)
            if died or self.closing:
                self._finish(job, "failed", INTERRUPTED if self.closing else CRASHED)
            self._finish(job, "cancelled")  # unless it has failed
            if died:
                raise
        except Exception as error:
            problem = problem_of(error)
            if problem.code == "internal":
                log.exception("job %s failed", job.id[:6])
            self._finish(job, "failed", problem)
        finally:
            with self._lock:
                worker.job = None
                self.store.remove_files(job)

    def _keep_order(self) -> None:
        """Ends workers that do not stop, or take too long; sweeps."""
        limits = self.limits
        every_s = max(0.2, min(limits.abandon_s, limits.retention_s) / 6)
        swept = time.monotonic()
        while True:
            with self._lock:
                if self._some.wait_for(lambda: self.closing, TICK_S):
                    return
            for worker in self.workers:
                job, mono = worker.job, time.monotonic()
                if worker.started_s and mono - worker.started_s > limits.start_timeout_s:
                    worker.kill()
                if job is None:
                    continue
                if job.stopped_at and mono - job.stopped_at > limits.cancel_grace_s:
                    worker.kill()
                elif not job.final and time.time() - job.started_at > limits.job_timeout_s:
                    self._finish(job, "failed", OVERDUE)
                    self._stop_work(job)
            if time.monotonic() - swept > every_s:
                swept = time.monotonic()
                try:
                    self.sweep()
                except Exception:  # the next round tries again; the page must not stop for it
                    log.exception("tidying up failed")


def _busy(code: str, message: str) -> StudioError:
    return StudioError(code, message, f"try again in {RETRY_AFTER_S} s")
