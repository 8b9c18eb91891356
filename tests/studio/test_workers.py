"""A worker's process: the real one with a tiny network, and those that die or never begin."""

import pytest

from emolib.base.errors import Cancelled, EmolibError
from emolib.generate import Order
from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import StudioError
from emolib.studio.workers import ProcessWorker, make_jobs


def made(job, stopped):
    job.report = {"frames": 6}


def plain(line, *_):
    make_jobs(line, "m", "d", made)


def test_a_process_works_is_cancelled_and_leaves(checkpoint, film, voice, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    worker = ProcessWorker(str(checkpoint), "cpu", Limits())
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
    stopped.changed = lambda job: seen.append("third")
    with pytest.raises(Cancelled):
        worker.make(stopped, lambda: seen[-1] == "third")
    worker._line.close()
    worker._process.join(60)
    assert worker._process.exitcode == 0


def test_a_worker_without_a_network_says_what_it_lacks(tmp_path):
    worker = ProcessWorker(str(tmp_path / "none.safetensors"), "cpu", Limits())
    with pytest.raises(EmolibError, match=r"none\.safetensors"):
        worker.start()


def test_a_process_that_died_idle_is_started_again_for_the_next_job(film, voice, tmp_path):
    worker = ProcessWorker("", "cpu", Limits(), plain)
    worker.start()
    worker.end()
    gone = Job(Order(film, voice, "HAP"), tmp_path / "gone")
    with pytest.raises(Cancelled):
        worker.make(gone, lambda: True)  # deleted while the process started again
    worker.end()
    job = Job(Order(film, voice, "HAP"), tmp_path / "job")
    worker.make(job, lambda: False)
    assert job.report == {"frames": 6}
    worker.end()
