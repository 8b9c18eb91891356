"""What a killed server leaves, and what the next one makes of it."""

import os
import signal
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
from emolib.studio.store import load_jobs, save_job
from emolib.web.serve import serve
from emolib.web.settings import ServeSettings


def job_in(state, folder, *files, face=__file__, **more):
    order = Order(face, SpokenText("hello"), "HAP", strength=0.25)
    job = Job(order, folder / "jobs" / new_id(), state=state, **more)
    job.folder.mkdir(parents=True)
    for name in files:
        (job.folder / name).write_bytes(b"x")
    save_job(job)
    return job


def test_a_restart_puts_in_order_what_it_finds(tmp_path):
    made = {"finished_at": time.time(), "has_preview": True, "report": stand_in.REPORT}
    running = job_in("running", tmp_path, "face", "preview.jpg", ".result.abc.mp4", started_at=1.0)
    waiting = job_in("queued", tmp_path, "face")
    done = job_in("done", tmp_path, "result.mp4", "preview.jpg", "result.mp4.json", ".tmp", **made)
    hollow = job_in("done", tmp_path, **made)
    lost = job_in("queued", tmp_path, face=str(tmp_path / "jobs" / "gone"))
    (tmp_path / "jobs" / "orphan").mkdir()
    (tmp_path / "jobs" / "orphan" / "face").write_bytes(b"x")

    queue = JobEngine([], tmp_path, LIMITS)
    assert set(queue.jobs) == {running.id, waiting.id, done.id, lost.id}
    assert [job.id for job in queue.waiting] == [waiting.id]
    for job_id in (running.id, lost.id):
        job = queue.jobs[job_id]
        assert (job.state, job.error.code, job.has_preview) == ("failed", "interrupted", False)
        assert list(queue.jobs[job_id].folder.iterdir()) == []
    kept = queue.jobs[done.id]
    assert (kept.report, kept.has_preview, kept.state) == (done.report, True, "done")
    files = {path.name for path in kept.folder.iterdir()}
    assert files == {"result.mp4", "preview.jpg", "result.mp4.json"}
    assert not (tmp_path / "jobs" / "orphan").exists()
    assert not list((tmp_path / "jobs").glob(f"{hollow.id}*"))


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


def test_a_damaged_state_is_one_clear_line(tmp_path):
    (tmp_path / "jobs.sqlite3").write_bytes(b"not a database, but long enough to be looked at" * 99)
    with pytest.raises(ResourceError, match=r"state cannot be kept.*move"):
        serve(ServeSettings(state=tmp_path, port=0))
    (tmp_path / "other").write_text("in the way")
    with pytest.raises(ResourceError, match="state cannot be kept"):
        JobEngine([], tmp_path / "other", LIMITS)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"order": {"colour": 1}, "error": null}', '{"state": "done"}']
)
def test_a_damaged_file_costs_only_its_job(tmp_path, text, caplog):
    whole, hurt = job_in("queued", tmp_path, "face"), job_in("queued", tmp_path, "face")
    (tmp_path / "jobs" / f"{hurt.id}.json").write_text(text)
    queue = JobEngine([], tmp_path, LIMITS)
    assert list(queue.jobs) == [whole.id]
    assert not list((tmp_path / "jobs").glob(f"{hurt.id}*"))
    assert "cannot be read" in caplog.text


def test_what_was_asked_for_comes_back_and_what_was_said_does_not(tmp_path):
    job = job_in("queued", tmp_path, "result.mp4", keep=True)
    (again,) = load_jobs(tmp_path)
    assert again.order.as_json() == job.order.as_json()
    assert (again.keep, again.state) == (True, "queued")
    job.report = stand_in.REPORT
    job.end("done")
    save_job(job)
    (again,) = load_jobs(tmp_path)
    assert (again.report, again.progress, again.order.audio) == (job.report, 1.0, None)
