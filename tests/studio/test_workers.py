"""A worker's process: the real one with a tiny network, and one that dies."""

import json
import sys

import pytest

from emolib.base.errors import Cancelled
from emolib.generate import Order
from emolib.studio import worker_process
from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import StudioError
from emolib.studio.workers import ProcessWorker, WorkerDied, WorkerUnfit, worker_command

PLAIN = "import json, sys; print(json.dumps({'event': 'ready', 'model': 'm', 'device': 'd'}))"


def test_a_process_works_is_cancelled_and_leaves_with_its_server(
    checkpoint, film, voice, tmp_path, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    worker = ProcessWorker(worker_command(str(checkpoint), "cpu"), "cpu", Limits())
    worker.start()
    assert (worker.model, worker.device) == ("tiny", "cpu")
    job, seen = Job(Order(film, voice, "HAP"), tmp_path / "first"), []
    job.changed = lambda job: seen.append((job.has_preview, job.stage))
    worker.make(job, lambda: False)
    assert job.report["frames"] == 6 and job.film.is_file()
    assert (True, "queued") in seen and (True, "finishing") in seen
    lost = Job(Order(tmp_path / "nothing", voice, "HAP"), tmp_path / "second")
    with pytest.raises(StudioError) as refused:
        worker.make(lost, lambda: False)
    assert refused.value.code == "media"
    stopped = Job(Order(film, voice, "HAP"), tmp_path / "third")
    worker.cancel(stopped)  # before the task arrives: it is known all the same
    with pytest.raises(Cancelled):
        worker.make(stopped, lambda: False)
    worker.hang_up()
    assert worker._process.wait(60) == 0


def test_a_worker_without_a_network_says_what_it_lacks(tmp_path, monkeypatch):
    told = []

    class Line:
        def tell(self, event, **more):
            told.append((event, more))

    monkeypatch.setattr(worker_process, "Line", Line)
    monkeypatch.setattr("sys.argv", ["worker", str(tmp_path / "none.safetensors"), "cpu"])
    worker_process.main()
    ((event, more),) = told
    assert event == "broken" and "none.safetensors" in more["message"]
    said = json.dumps({"event": event, **more})
    worker = ProcessWorker([sys.executable, "-S", "-c", f"print({said!r})"], "cpu", Limits())
    with pytest.raises(WorkerUnfit, match=r"none\.safetensors"):
        worker.start()


def test_a_process_that_died_idle_is_started_again_for_the_next_job(film, voice, tmp_path):
    done = "; sys.stdout.flush(); job = json.loads(input())['job']"
    done += "; print(json.dumps({'event': 'done', 'job': job, 'report': {'frames': 6}}))"
    worker = ProcessWorker([sys.executable, "-S", "-c", PLAIN + done], "cpu", Limits())
    worker.start()
    worker.kill()
    gone = Job(Order(film, voice, "HAP"), tmp_path / "gone")
    worker.cancel(gone)  # nobody listens, and nothing breaks
    job = Job(Order(film, voice, "HAP"), tmp_path / "job")
    worker.make(job, lambda: False)
    assert job.report == {"frames": 6}
    worker.kill()


@pytest.mark.parametrize("rest", ["", "; print(3)", "; print('this is no answer')"])
def test_a_process_that_makes_no_sense_has_died(tmp_path, film, voice, rest):
    worker = ProcessWorker([sys.executable, "-S", "-c", PLAIN + rest], "cpu", Limits())
    worker.start()
    with pytest.raises(WorkerDied):
        worker.make(Job(Order(film, voice, "HAP"), tmp_path), lambda: False)
        worker.make(Job(Order(film, voice, "HAP"), tmp_path), lambda: False)
    worker.kill()


def test_a_process_killed_in_the_middle_of_a_job_ends_the_wait(tmp_path, film, voice):
    killed = "; sys.stdout.flush(); input(); import os; os.kill(os.getpid(), 9)"
    worker = ProcessWorker([sys.executable, "-S", "-c", PLAIN + killed], "cpu", Limits())
    worker.start()
    with pytest.raises(WorkerDied):
        worker.make(Job(Order(film, voice, "HAP"), tmp_path), lambda: False)
