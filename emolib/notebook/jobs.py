"""Long work in the background: one piece at a time, a newer one replaces an older one.

A notebook cannot hear its buttons while it computes, so films are made in a thread of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from emolib.base.errors import Cancelled, EmolibError

Work = Callable[[Callable[[], bool]], Any]  # gets cancel(), returns the result


@dataclass
class _Job:
    work: Work
    done: Callable[[Any, str | None], None]
    stop: Event = field(default_factory=Event)
    replaced: bool = False  # nobody waits for it any more
    thread: Thread | None = None


class Jobs:
    """Runs one job at a time."""

    def __init__(self):
        self._lock = Lock()
        self._job: _Job | None = None

    def start(self, work: Work, done: Callable[[Any, str | None], None]) -> None:
        """Run `work(cancel)` in the background, then `done(result, None)` or `done(None, line)`.

        A job that is running or waiting is cancelled, and its `done` is not called. `line` says in
        one line what went wrong; it is "cancelled" after `cancel`.
        """
        job = _Job(work, done)
        with self._lock:
            before, self._job = self._job, job
            if before is not None:
                before.replaced = True
                before.stop.set()
            waits_for = before.thread if before else None
            job.thread = Thread(target=self._run, args=(job, waits_for), daemon=True)
            job.thread.start()

    def cancel(self) -> None:
        """Ask the running job to stop."""
        with self._lock:
            if self._job is not None:
                self._job.stop.set()

    def forget(self) -> None:
        """Stop the running job; nobody waits for it, its `done` is not called."""
        with self._lock:
            if self._job is not None:
                self._job.replaced = True
                self._job.stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing runs; false if it took longer than `timeout_s`."""
        while True:
            with self._lock:
                thread = self._job.thread if self._job else None
            if thread is None or not thread.is_alive():
                return True
            thread.join(timeout_s)
            if timeout_s is not None and thread.is_alive():
                return False

    @staticmethod
    def _run(job: _Job, waits_for: Thread | None) -> None:
        if waits_for is not None:
            waits_for.join()
        result, line = None, None
        try:
            if job.stop.is_set():
                raise Cancelled("cancelled")
            result = job.work(job.stop.is_set)
        except Cancelled:
            line = "cancelled"
        except EmolibError as error:
            line = str(error)
        except Exception as error:  # a thread's traceback is seen by nobody
            line = f"unexpected {type(error).__name__}: {error}"
        if not job.replaced:
            job.done(result, line)
