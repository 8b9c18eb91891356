"""Many at once, full, abandoned, cancelled, expired."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection

import pytest
import stand_in
from web_clients import PICK, ask, client_of, events_of, finished, server_of, wait_for


def test_those_who_wait_are_told_their_place(client):
    first, second, third = (ask(client, text=how) for how in ("slow", "hello", "hello"))
    wait_for(lambda: client.get(f"/api/jobs/{first['id']}").json()["state"] == "running")

    def place(job):
        return client.get(f"/api/jobs/{job['id']}").json()["position"]

    assert [place(job) for job in (first, second, third)] == [None, 1, 2]
    assert client.delete(f"/api/jobs/{second['id']}").status_code == 204
    assert place(third) == 1
    client.delete(f"/api/jobs/{first['id']}")
    told = events_of(client.get(f"/api/jobs/{third['id']}/events").text)
    assert told[-1][0] == "done"


def test_a_full_queue_says_when_to_come_back(tmp_path):
    with client_of(tmp_path, queue=2) as client:
        running = ask(client, text="slow")
        wait_for(lambda: client.get(f"/api/jobs/{running['id']}").json()["state"] == "running")
        waiting = [ask(client)]
        with client.app.state.engine.place():  # an upload under way holds a place, too
            answer = client.post("/api/jobs", data=PICK, files={"none": b""})
            assert answer.json()["error"]["code"] == "queue_full"
        waiting.append(ask(client))
        answer = client.post("/api/jobs", data=PICK, files={"none": b""})
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "queue_full"
        assert int(answer.headers["retry-after"]) > 0
        client.delete(f"/api/jobs/{running['id']}")
        assert [finished(client, job)["state"] for job in waiting] == ["done", "done"]
        assert finished(client, ask(client))["state"] == "done"


def test_a_full_disk_is_said(tmp_path):
    with client_of(tmp_path, min_free_bytes=2**60) as client:
        answer = client.post("/api/jobs", data=PICK, files={"none": b""})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "disk_full")


def test_a_worker_that_does_not_stop_is_ended(tmp_path):
    with client_of(tmp_path, worker=stand_in.process) as client:
        job = ask(client, text="deaf")
        wait_for(lambda: client.get(f"/api/jobs/{job['id']}").json()["preview_url"])
        assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
        assert finished(client, ask(client))["state"] == "done"
        assert not (tmp_path / "jobs" / job["id"]).exists()


def test_a_job_that_takes_too_long_is_ended(tmp_path):
    with client_of(tmp_path, worker=stand_in.process, job_timeout_s=0.3) as client:
        job = finished(client, ask(client, text="deaf"))
        assert (job["state"], job["error"]["code"]) == ("failed", "too_long_running")
        assert finished(client, ask(client))["state"] == "done"


def test_who_closes_the_page_gives_up_the_place_unless_asked_not_to(tmp_path):
    with server_of(tmp_path, abandon_s=0.5) as (port, app):
        queue = app.state.engine
        browser = HTTPConnection("127.0.0.1", port)
        form = "face_id=9001&emotion=anger&text=slow"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        browser.request("POST", "/api/jobs", form, kind)
        url = browser.getresponse().headers["Location"]
        job = queue.jobs[url.rpartition("/")[2]]
        watcher = HTTPConnection("127.0.0.1", port)
        watcher.request("GET", f"{url}/events")
        stream = watcher.getresponse()
        assert stream.readline() == b"retry: 2000\n"
        browser.close()
        threading.Event().wait(1.0)  # twice the patience: watched, it goes on
        assert job.state == "running"
        stream.close()
        watcher.close()
        wait_for(lambda: job.state == "cancelled")
        assert job.error.code == "abandoned"
        wait_for(lambda: not list((tmp_path / "jobs").glob("*/*")))
        browser.request("POST", "/api/jobs", f"{form}&keep=true", kind)
        job = queue.jobs[browser.getresponse().headers["Location"].rpartition("/")[2]]
        browser.close()
        threading.Event().wait(1.0)
        assert job.state == "running"


@pytest.mark.parametrize("how", ["hello", "slow"])
def test_a_stopping_server_ends_streams_and_takes_no_more(tmp_path, how):
    with client_of(tmp_path) as client:
        job = ask(client, text=how)
        client.app.state.engine.stop_taking()
        told = events_of(client.get(f"/api/jobs/{job['id']}/events").text)
        assert told[0][1]["id"] == job["id"]
        answer = client.post("/api/jobs", data=PICK, files={"none": b""})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")


def test_twenty_at_once_and_nobody_is_lost(client):
    def one(_):
        job = ask(client)
        return job["id"], events_of(client.get(f"/api/jobs/{job['id']}/events").text)

    with ThreadPoolExecutor(20) as crowd:
        told = dict(crowd.map(one, range(20)))
    assert len(told) == 20
    for job_id, events in told.items():
        assert events[-1][0] == "done" and {job["id"] for _, job in events} == {job_id}


def test_the_oldest_films_go_first_and_all_after_a_while(tmp_path):
    with client_of(tmp_path, keep_jobs=2, abandon_s=0.3) as client:
        jobs = [finished(client, ask(client)) for _ in range(3)]
        wait_for(lambda: client.get(f"/api/jobs/{jobs[0]['id']}").status_code == 404)
        for job in jobs[1:]:
            assert client.get(job["result_url"]).status_code == 200
            assert job["expires_at"] is not None
        engine = client.app.state.engine
        engine.limits = replace(engine.limits, retention_s=0.0)
        wait_for(lambda: list((tmp_path / "jobs").iterdir()) == [])
