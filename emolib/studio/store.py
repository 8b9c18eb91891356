"""What a page keeps in its state folder: jobs as files, the study's answers in SQLite.

`jobs/ID.json` is written when a job's state changes, not at every step; `jobs/ID/` holds its files.
A job that was being made when the server died has failed, and says so; jobs that waited go on
waiting; finished ones stay until they expire.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple
from pathlib import Path

from filelock import FileLock, Timeout

from emolib.base.errors import ResourceError
from emolib.base.files import data_dir, write_json
from emolib.generate.order import Order
from emolib.studio.jobs import PREVIEW, RESULT, Job
from emolib.studio.problems import INTERRUPTED, Problem, StudioError
from emolib.studio.survey import COLUMNS, QUESTIONS, Answer

log = logging.getLogger(__name__)

PRIVATE = 0o700  # of folders: faces and voices are nobody else's business
KEPT = (  # of a job, besides its order and its error
    *("keep", "state", "stage", "progress", "created_at", "started_at", "finished_at"),
    *("has_preview", "answered", "report"),
)
MAX_ANSWERS = 100_000  # a table that anybody can write to has an end
DATABASE = "jobs.sqlite3"  # which held jobs, too, once
TYPES = ", ".join(f"{name} {'integer' if name in QUESTIONS else 'text'}" for name in COLUMNS)
TABLES = f"drop table if exists jobs; create table if not exists answers ({TYPES})"


def default_state() -> Path:
    """`data/web`."""
    return data_dir() / "web"


def save_job(job: Job) -> None:
    """Write down what a restart has to know of a job. Raises ResourceError: it cannot be."""
    order = job.order.as_json()
    if job.final:
        order["audio"] = None  # what was to be said is forgotten
    told = {name: getattr(job, name) for name in KEPT}
    told |= {"order": order, "error": job.error and asdict(job.error)}
    write_json(_row(job), told)


def load_jobs(folder: Path) -> list[Job]:
    """All jobs, oldest first, after what a stopped server left has been put in order.

    A file that cannot be read costs only its job, as does a film that is gone.

    Raises:
        ResourceError: the folder cannot be written.
    """
    jobs = []
    with _told(folder):
        (folder / "jobs").mkdir(PRIVATE, exist_ok=True)
    for path in (folder / "jobs").glob("*.json"):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            order, error = Order.from_json(told.pop("order")), told.pop("error")
            job = Job(order, path.with_suffix(""), error=error and Problem(**error), **told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("job %s cannot be read (%s): forgotten", path.stem, error)
            continue
        lost = job.state == "queued" and not all(file.is_file() for file in job.order.files)
        if lost or job.state == "running":
            job.end("failed", INTERRUPTED)
            save_job(job)
        if job.final:
            clean(job)
        if job.state != "done" or job.film.is_file():
            jobs.append(job)
    return sorted(jobs, key=lambda job: job.created_at)


def forget(job: Job) -> None:
    """Remove what is written of a job; its files go when nobody has them open: see `clean`."""
    _row(job).unlink(missing_ok=True)


def clean(job: Job) -> None:
    """Remove what was uploaded for a job, and what is not its outcome; all if it is forgotten."""
    if not _row(job).exists():
        shutil.rmtree(job.folder, ignore_errors=True)
    kept = (PREVIEW, RESULT) if job.state == "done" else ()
    for path in job.folder.glob("*"):
        if path.name.removesuffix(".json") not in kept:
            path.unlink(missing_ok=True)


def sweep(folder: Path, known: set[Path]) -> None:
    """Remove what belongs to none of these folders."""
    for path in (folder / "jobs").iterdir():
        if path.with_suffix("") not in known:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _row(job: Job) -> Path:
    return job.folder.with_suffix(".json")


def keep_answer(folder: Path, answer: Answer) -> None:
    """Keep an answer, on the disk when this returns.

    Raises:
        StudioError: no more answers are taken.
        ResourceError: it cannot be written.
    """
    marks = ", ".join("?" * len(COLUMNS))
    with _table(folder) as db:
        if db.execute("select count(*) from answers").fetchone()[0] >= MAX_ANSWERS:
            raise StudioError("study_full", f"{MAX_ANSWERS:,} answers are kept: no more are taken")
        names = ", ".join(COLUMNS)
        db.execute(f"insert into answers ({names}) values ({marks})", astuple(answer))


def read_answers(folder: Path | None = None) -> list[Answer]:
    """The study's answers of a page's state folder, by default `data/web`; none if it is not there.

    Raises:
        ResourceError: its database is damaged.
    """
    folder = folder or default_state()
    if not (folder / DATABASE).is_file():
        return []
    with _table(folder) as db:
        return [Answer(*row) for row in db.execute(f"select {', '.join(COLUMNS)} from answers")]


@contextmanager
def lock_state(folder: Path) -> Iterator[None]:
    """Holds a state folder: one server at a time.

    Raises:
        ResourceError: another server has it, or it cannot be written.
    """
    lock = FileLock(folder / "server.lock")
    with _told(folder):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            fix = "stop it, or pass --state"
            raise ResourceError("another server uses this state", file=folder, fix=fix) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _table(folder: Path) -> Iterator[sqlite3.Connection]:
    with _told(folder), closing(sqlite3.connect(folder / DATABASE)) as db, db:
        db.executescript(TABLES)
        yield db


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(PRIVATE, parents=True, exist_ok=True)
        yield
    except (OSError, sqlite3.Error) as error:
        raise ResourceError(
            f"the state cannot be kept ({error})",
            file=folder,
            fix="make the folder writable, or move a damaged database away",
        ) from error
