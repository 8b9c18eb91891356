"""Jobs and answers on disk: rows in SQLite, a folder of files a job. What a restart finds, it puts
in order.

Rows are written when a job's state changes, not at every step. A job that was being made when the
server died has failed, and says so; jobs that waited go on waiting; finished ones stay until they
expire. Folders without a row, and rows whose files are gone, are removed.
"""

from __future__ import annotations

import csv
import json
import logging
import shutil
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from emolib.base.errors import ResourceError
from emolib.base.files import data_dir
from emolib.generate.order import Order
from emolib.studio.jobs import PREVIEW, RESULT, Job
from emolib.studio.problems import INTERRUPTED, Problem, StudioError
from emolib.studio.survey import COLUMNS, HIGH, LOW, QUESTIONS, Answer, answer_row

log = logging.getLogger(__name__)

PRIVATE = 0o700  # of folders: faces and voices are nobody else's business
VERSION = 2  # of the tables
MAX_ANSWERS = 100_000  # a table that anybody can write to has an end
JOB = "id, state, kept, created_at, started_at, finished_at, has_preview, job_order, error, report"
TABLES = (
    """create table jobs (
    id text primary key, state text not null, kept integer not null, created_at real not null,
    started_at real, finished_at real, has_preview integer not null, job_order text not null,
    error text, report text)""",
    f"""create table answers (
    {", ".join(f"{name} {'integer' if name in QUESTIONS else 'text'}" for name in COLUMNS)},
    job_id text unique)""",
)
SCORES = {"", *(str(score) for score in range(LOW, HIGH + 1))}
DATABASE, OLD_ANSWERS = "jobs.sqlite3", "study.csv"


def default_state() -> Path:
    """`data/web`."""
    return data_dir() / "web"


class JobStore:
    """The database and the folders below one state folder; without one, all is in memory.

    Raises:
        ResourceError: the folder cannot be written, or its database is damaged.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder
        with self._told():
            if folder is not None:
                (folder / "jobs").mkdir(PRIVATE, parents=True, exist_ok=True)
            file = ":memory:" if folder is None else folder / DATABASE
            self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            if self._db.execute("pragma user_version").fetchone()[0] < VERSION:
                self._begin()

    @contextmanager
    def _told(self):
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise ResourceError(
                f"the state cannot be kept ({error})",
                file=self.folder and self.folder / DATABASE,
                fix="make the folder writable, or move a damaged database away",
            ) from error

    def close(self) -> None:
        """Write everything out."""
        self._db.close()

    def job_folder(self, job_id: str) -> Path:
        """Where a job's files lie. `job_id` is one of ours, never text from a request."""
        return self.folder / "jobs" / job_id

    # jobs

    def save(self, job: Job) -> None:
        """Insert or replace a job's row."""
        if self.folder is None:
            return
        order = job.order.as_json()
        if job.final:
            order["audio"] = None  # what was to be said is forgotten
        values = (
            *(job.id, job.state, job.keep, job.created_at, job.started_at, job.finished_at),
            *(job.has_preview, json.dumps(order)),
            job.error and json.dumps(asdict(job.error)),
            job.report and json.dumps(job.report),
        )
        marks = ", ".join("?" * len(values))
        self._db.execute(f"insert or replace into jobs ({JOB}) values ({marks})", values)

    def forget(self, job_id: str) -> None:
        """Remove a job's row; its folder is another matter. Answers stay, without its name."""
        self._db.execute("delete from jobs where id = ?", (job_id,))
        self._db.execute("update answers set job_id = null where job_id = ?", (job_id,))

    def remove_files(self, job: Job) -> None:
        """Remove what was uploaded for a job, and whatever is not its outcome; all if deleted."""
        if self.folder is None:
            return
        if job.deleted:
            shutil.rmtree(job.folder, ignore_errors=True)
            return
        kept = {PREVIEW, RESULT} if job.state == "done" else set()
        for path in list(job.folder.iterdir()) if job.folder.is_dir() else []:
            if path.name not in kept and path.name.removesuffix(".json") not in kept:
                path.unlink(missing_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Remove folders that belong to no job."""
        for path in (self.folder / "jobs").iterdir() if self.folder else ():
            if path.name not in known:
                shutil.rmtree(path, ignore_errors=True)

    def load(self) -> list[Job]:
        """All jobs, oldest first, after what a stopped server left has been put in order.

        A row that cannot be read costs only its job.

        Raises:
            ResourceError: the table cannot be read.
        """
        with self._told():
            rows = self._db.execute(f"select {JOB} from jobs order by created_at").fetchall()
        jobs = []
        for row in rows:
            try:
                job = self._job(row)
            except (ValueError, TypeError) as error:
                log.warning("job %s cannot be read (%s): forgotten", row[0], error)
                self.forget(row[0])
                continue
            if self._tidied(job):
                jobs.append(job)
        return jobs

    def _job(self, row: tuple) -> Job:
        job_id, state, kept, created, started, finished, preview, order, error, report = row
        return Job(
            Order.from_json(json.loads(order)),
            self.job_folder(job_id),
            id=job_id,
            keep=bool(kept),
            state=state,
            stage="queued" if state == "queued" else "finished",
            progress=1.0 if state == "done" else 0.0,
            created_at=float(created),
            started_at=None if started is None else float(started),
            finished_at=None if finished is None else float(finished),
            has_preview=bool(preview),
            error=Problem(**json.loads(error)) if error else None,
            report=dict(json.loads(report)) if report else None,
        )

    def _tidied(self, job: Job) -> bool:
        """Whether a job found at the start is kept; what was being made is marked as failed."""
        if job.state == "done" and not job.film.is_file():
            self.forget(job.id)
            return False
        lost = job.state == "queued" and not all(file.is_file() for file in job.order.files)
        if lost or job.state == "running":
            job.state, job.stage, job.error = "failed", "finished", INTERRUPTED
            job.finished_at, job.has_preview = time.time(), False
            self.save(job)
        if job.final:
            self.remove_files(job)
        return True

    # answers

    def add_answer(self, answer: Answer, job_id: str | None = None) -> None:
        """Keep an answer, on the disk when this returns; one a job.

        Raises:
            StudioError: this job's film has been rated already, or no more answers are taken.
            ResourceError: it cannot be written.
        """
        row = (*answer_row(answer), job_id)
        marks = ", ".join("?" * len(row))
        room = f"where (select count(*) from answers) < {MAX_ANSWERS}"
        with self._told():
            try:
                done = self._db.execute(f"insert into answers select {marks} {room}", row)
            except sqlite3.IntegrityError:
                raise StudioError("already_answered", "this film has been rated already") from None
        if not done.rowcount:
            raise StudioError("study_full", f"{MAX_ANSWERS:,} answers are kept: no more are taken")

    def answers(self) -> list[Answer]:
        """All answers, oldest first."""
        with self._told():
            rows = self._db.execute(f"select {', '.join(COLUMNS)} from answers order by rowid")
            return [Answer(*row) for row in rows]

    def _begin(self) -> None:
        """The tables; answers of the first version's `study.csv` are taken over, once."""
        self._db.execute("begin immediate")
        self._db.execute("drop table if exists jobs")  # of the first version, an hour old at most
        for table in TABLES:
            self._db.execute(table)
        old = self.folder and self.folder / OLD_ANSWERS
        if old and old.is_file():
            with old.open(encoding="utf-8", errors="replace", newline="") as stream:
                for row in csv.DictReader(stream):
                    scores = {name: row.get(name) for name in QUESTIONS}
                    if not set(COLUMNS) <= set(row) or not set(scores.values()) <= SCORES:
                        log.warning("%s: an answer cannot be read and stays there: %s", old, row)
                        continue
                    scores = {name: int(text) if text else None for name, text in scores.items()}
                    self.add_answer(Answer(**{name: row[name] for name in COLUMNS} | scores))
        self._db.execute(f"pragma user_version = {VERSION}")
        self._db.execute("commit")


def read_answers(folder: Path | None = None) -> list[Answer]:
    """The study's answers of a page's state folder, by default `data/web`; none if it is not there.

    Raises:
        ResourceError: its database is damaged.
    """
    folder = folder or default_state()
    if not (folder / DATABASE).is_file() and not (folder / OLD_ANSWERS).is_file():
        return []
    store = JobStore(folder)
    try:
        return store.answers()
    finally:
        store.close()
