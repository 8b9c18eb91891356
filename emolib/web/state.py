"""Jobs on disk: a row in SQLite, a folder of files. What a restart finds, it puts in order.

Rows are written when a job's state changes, not at every step. A job that was being made when the
server died has failed, and says so; jobs that waited go on waiting; finished ones stay until they
expire. Folders without a row, and rows whose files are gone, are removed.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path

from emolib.base.errors import ResourceError
from emolib.web.jobs import Job, Order, Report
from emolib.web.problems import Problem

log = logging.getLogger(__name__)

FACE, VOICE = "face", "voice"  # names of a job's files: never a visitor's
PRIVATE = 0o700  # of folders: faces and voices are nobody else's business
PREVIEW, RESULT = "preview.jpg", "result.mp4"
INTERRUPTED = Problem(
    code="interrupted", message="the server was stopped while this was made", fix="start it again"
)
_TABLE = """create table if not exists jobs (
    id text primary key, state text not null, created_at real not null, started_at real,
    finished_at real, has_preview integer not null, answered integer not null,
    job_order text not null, error text, report text)"""
_COLUMNS = (
    "id, state, created_at, started_at, finished_at, "
    "has_preview, answered, job_order, error, report"
)


class JobStore:
    """The database and the folders below one state folder.

    Raises:
        ResourceError: the folder cannot be written, or its database is damaged.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.jobs_folder = folder / "jobs"
        try:
            self.jobs_folder.mkdir(PRIVATE, parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                folder / "jobs.sqlite3", check_same_thread=False, isolation_level=None
            )
            self._db.execute("pragma journal_mode = wal")
            self._db.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> ResourceError:
        return ResourceError(
            f"the state cannot be kept ({error})",
            file=self.folder / "jobs.sqlite3",
            fix="make the folder writable, or move a damaged database away",
        )

    def close(self) -> None:
        """Write everything out."""
        self._db.close()

    def job_folder(self, job_id: str) -> Path:
        """Where a job's files lie. `job_id` is one of ours, never text from a request."""
        return self.jobs_folder / job_id

    def save(self, job: Job) -> None:
        """Insert or replace a job's row."""
        values = (
            job.id,
            job.state,
            job.created_at,
            job.started_at,
            job.finished_at,
            job.has_preview,
            job.answered,
            json.dumps(asdict(job.order)),
            job.error and job.error.model_dump_json(),
            job.report and job.report.model_dump_json(),
        )
        marks = ", ".join("?" * len(values))
        self._db.execute(f"insert or replace into jobs ({_COLUMNS}) values ({marks})", values)

    def forget(self, job_id: str) -> None:
        """Remove a job's row; its folder is another matter."""
        self._db.execute("delete from jobs where id = ?", (job_id,))

    def remove_files(self, job_id: str) -> None:
        """Remove a job's folder."""
        shutil.rmtree(self.job_folder(job_id), ignore_errors=True)

    def remove_inputs(self, job: Job) -> None:
        """Remove what was uploaded for a job, and whatever is not its outcome."""
        kept = {PREVIEW, RESULT} if job.state == "done" else set()
        folder = self.job_folder(job.id)
        for path in list(folder.iterdir()) if folder.is_dir() else []:
            if path.name not in kept and path.name.removesuffix(".json") not in kept:
                path.unlink(missing_ok=True)

    def load(self) -> list[Job]:
        """All jobs, oldest first, after what a stopped server left has been put in order."""
        jobs = []
        try:
            rows = self._db.execute(f"select {_COLUMNS} from jobs order by created_at").fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error
        for row in rows:
            try:
                jobs.append(self._job(row))
            except (ValueError, TypeError) as error:  # its own row is damaged: only it is lost
                log.warning("job %s cannot be read (%s): forgotten", row[0], error)
                self.forget(row[0])
        return [job for job in jobs if self._tidy(job)]

    def sweep(self, known: set[str]) -> list[str]:
        """Remove folders that belong to no job; returns their names."""
        orphans = [path for path in self.jobs_folder.iterdir() if path.name not in known]
        for path in orphans:
            shutil.rmtree(path, ignore_errors=True)
        return [path.name for path in orphans]

    def _job(self, row: tuple) -> Job:
        job_id, state, created, started, finished, preview, answered, order, error, report = row
        return Job(
            order=Order(**json.loads(order)),
            id=job_id,
            state=state,
            stage="queued" if state == "queued" else "finished",
            progress=1.0 if state == "done" else 0.0,
            created_at=float(created),
            started_at=None if started is None else float(started),
            finished_at=None if finished is None else float(finished),
            has_preview=bool(preview),
            answered=bool(answered),
            error=Problem.model_validate_json(error) if error else None,
            report=Report.model_validate_json(report) if report else None,
        )

    def _tidy(self, job: Job) -> bool:
        """Whether a job found at the start is kept; what was being made is marked as failed."""
        order, folder = job.order, self.job_folder(job.id)
        files = [Path(file) for file in (order.face, order.voice) if file]
        lost = {
            "queued": not all(file.is_file() for file in files),
            "done": not (folder / RESULT).is_file(),
        }.get(job.state, False)
        if lost and job.state == "done":
            self.forget(job.id)
            self.remove_files(job.id)
            return False
        if lost or job.state == "running":
            job.state, job.stage, job.error = "failed", "finished", INTERRUPTED
            job.finished_at, job.has_preview = time.time(), False
            order.text = None
            self.save(job)
        if job.final:
            self.remove_inputs(job)
        return True
