"""What a killed server leaves, and what the next one makes of it."""

import os
import signal
import sqlite3
import time

import httpx2
import psutil
import pytest
import stand_in
from web_clients import LIMITS, ask, client_of, finished, process_of, wait_for

from emolib.base.errors import ResourceError
from emolib.generate.order import Order, SpokenText
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Job, new_id
from emolib.studio.store import JobStore


def place(store, job, *files):
    job.folder.mkdir(parents=True)
    for name in files:
        (job.folder / name).write_bytes(b"x")
    store.save(job)


def job_in(store, state, face=__file__, **more):
    job_id = new_id()
    order = Order(face, SpokenText("hello"), "HAP", strength=0.25)
    return Job(order, store.job_folder(job_id), id=job_id, state=state, **more)


def test_a_restart_puts_in_order_what_it_finds(tmp_path):
    store = JobStore(tmp_path)
    running, waiting, done, hollow = (
        job_in(store, "running", started_at=1.0),
        job_in(store, "queued"),
        job_in(store, "done", finished_at=time.time(), has_preview=True, report=stand_in.REPORT),
        job_in(store, "done", finished_at=time.time()),
    )
    lost = job_in(store, "queued", face=str(tmp_path / "jobs" / "gone"))
    place(store, running, "face", "preview.jpg", ".result.abc.mp4")
    place(store, waiting, "face")
    place(store, done, "result.mp4", "preview.jpg", "result.mp4.json", ".tmp")
    place(store, hollow)
    place(store, lost)
    (tmp_path / "jobs" / "orphan").mkdir()
    (tmp_path / "jobs" / "orphan" / "face").write_bytes(b"x")
    store.close()

    queue = JobEngine([], JobStore(tmp_path), LIMITS)
    assert set(queue.jobs) == {running.id, waiting.id, done.id, lost.id}
    assert [job.id for job in queue.waiting] == [waiting.id]
    for job_id in (running.id, lost.id):
        job = queue.jobs[job_id]
        assert (job.state, job.error.code, job.has_preview) == ("failed", "interrupted", False)
        assert list(queue.jobs[job_id].folder.iterdir()) == []
    kept = queue.jobs[done.id]
    assert (kept.report, kept.has_preview, kept.progress) == (done.report, True, 1.0)
    files = {path.name for path in kept.folder.iterdir()}
    assert files == {"result.mp4", "preview.jpg", "result.mp4.json"}
    assert not (tmp_path / "jobs" / "orphan").exists()
    assert not (tmp_path / "jobs" / hollow.id).exists()


def test_films_and_those_who_wait_survive_a_restart(tmp_path):
    with client_of(tmp_path) as client:
        job = finished(client, ask(client))
        slow, waiting = ask(client, text="slow"), ask(client)
        wait_for(lambda: client.get(f"/api/jobs/{slow['id']}").json()["state"] == "running")
    with client_of(tmp_path) as client:
        assert client.get(f"/api/jobs/{job['id']}").json() == job
        assert client.get(job["result_url"]).content == stand_in.RESULT
        stopped = client.get(f"/api/jobs/{slow['id']}").json()
        assert (stopped["state"], stopped["error"]["code"]) == ("failed", "interrupted")
        assert finished(client, waiting)["state"] == "done"


def test_a_server_killed_in_the_middle_leaves_no_worker_and_no_wreck(tmp_path):
    with (
        process_of(tmp_path) as (server, address),
        httpx2.Client(base_url=address, timeout=60) as client,
    ):
        job = ask(client, text="slow")
        url = f"/api/jobs/{job['id']}"
        wait_for(lambda: client.get(url).json()["preview_url"])
        workers = psutil.Process(server.pid).children()
        assert workers
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    with client_of(tmp_path) as client:
        found = client.get(url).json()
        assert (found["state"], found["error"]["code"]) == ("failed", "interrupted")
        assert list((tmp_path / "jobs" / job["id"]).iterdir()) == []
        assert finished(client, ask(client))["state"] == "done"


def test_a_damaged_database_is_one_clear_line(tmp_path):
    (tmp_path / "jobs.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 99)
    with pytest.raises(ResourceError, match="state cannot be kept"):
        JobStore(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        "update jobs set job_order = '{\"face\": '",
        "update jobs set job_order = '{\"colour\": 1}'",
        "update jobs set report = 'x', state = 'done'",
        "update jobs set created_at = 'soon', finished_at = 'late', state = 'failed'",
    ],
)
def test_a_damaged_row_costs_only_its_job(tmp_path, change, caplog):
    store = JobStore(tmp_path)
    whole, hurt = job_in(store, "queued"), job_in(store, "queued")
    for job in (whole, hurt):
        place(store, job, "face")
    store._db.execute(f"{change} where id = '{hurt.id}'")
    queue = JobEngine([], store, LIMITS)
    assert list(queue.jobs) == [whole.id]
    assert not hurt.folder.exists()
    assert "cannot be read" in caplog.text


def test_a_database_that_breaks_later_is_one_clear_line(tmp_path):
    JobStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as db:
        db.execute("alter table jobs drop column report")
    with pytest.raises(ResourceError, match=r"jobs\.sqlite3.*move"):
        JobEngine([], JobStore(tmp_path), LIMITS)


def test_what_was_asked_for_comes_back_and_what_was_said_does_not(tmp_path):
    store = JobStore(tmp_path)
    job = job_in(store, "queued", keep=True)
    store.save(job)
    (again,) = store.load()
    assert again.order.as_json() == job.order.as_json()
    assert (again.keep, again.state) == (True, "queued")
    job.state, job.report = "done", stand_in.REPORT
    place(store, job, "result.mp4")
    (again,) = store.load()
    assert (again.report, again.order.audio) == (job.report, None)


def test_a_state_of_the_first_version_opens(tmp_path):
    (tmp_path / "jobs" / "old").mkdir(parents=True)
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as db:
        db.execute("create table jobs (id text primary key, state text, answered integer not null)")
        db.execute("insert into jobs values ('old', 'done', 0)")
    engine = JobEngine([], JobStore(tmp_path), LIMITS)
    assert engine.jobs == {}
    assert list((tmp_path / "jobs").iterdir()) == []
