"""The job engine with workers in this process: one at a time, in order, nothing lost in silence."""

from threading import Event, Lock

import pytest

from emolib.base.errors import Cancelled, ConfigError
from emolib.generate import Order
from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Job, Limits
from emolib.studio.problems import StudioError
from emolib.studio.workers import Worker

PATIENCE_S = 30
ORDER = Order("face.mp4", "voice.wav", "HAP")


class Acting(Worker):
    """A worker that does what the job's kind says."""

    def __init__(self, acts):
        super().__init__()
        self.acts, self.busy, self.begun = acts, Lock(), Event()

    def make(self, job, stopped):
        assert self.busy.acquire(blocking=False)
        try:
            self.begun.set()
            self.acts[job.kind](job, stopped)
        finally:
            self.busy.release()


def made(job, stopped):
    job.made = job.id


def patient(job, stopped):
    while not stopped():
        Event().wait(0.005)
    raise Cancelled("cancelled", file="x.mp4")


@pytest.fixture
def engine(tmp_path):
    worker = Acting({"film": made, "six": patient})
    engine = JobEngine([worker], tmp_path, Limits(cancel_grace_s=5, queue=2))
    engine.start()
    yield engine
    engine.close()


def submit(engine, kind="film"):
    job, ended = Job(ORDER, engine.new_folder(), kind), Event()
    job.changed = lambda job: job.final and ended.set()
    job.wait = lambda: ended.wait(PATIENCE_S)
    engine.submit(job)
    return job


def test_what_was_made_comes_back(engine):
    job = submit(engine)
    assert job.wait()
    assert (job.state, job.made, job.progress) == ("done", job.id, 1.0)


def test_what_went_wrong_is_told_in_one_line_and_the_next_is_made(engine):
    def wrong(job, stopped):
        raise ConfigError("no face yet", fix="choose one")

    engine.workers[0].acts["preview"] = wrong
    first, second = submit(engine, "preview"), submit(engine)
    assert first.wait() and second.wait()
    assert (first.state, first.error.message) == ("failed", "no face yet")
    assert second.state == "done"
    engine.workers[0].acts["preview"] = lambda job, stopped: 1 / 0
    third = submit(engine, "preview")
    assert third.wait() and third.error.code == "internal"


def test_the_newest_takes_the_place_of_those_before(engine):
    running = submit(engine, "six")
    assert engine.workers[0].begun.wait(PATIENCE_S)
    waiting = submit(engine)
    assert engine.position(waiting)[0] == 1
    for job in (waiting, running):
        engine.delete(job)
    newest = submit(engine)
    assert newest.wait()
    assert (running.state, waiting.state, newest.state) == ("cancelled", "cancelled", "done")
    with pytest.raises(StudioError, match="no such job"):
        engine.get(running.id)


def test_a_closing_engine_interrupts_and_takes_no_more(engine):
    job = submit(engine, "six")
    assert engine.workers[0].begun.wait(PATIENCE_S)
    engine.close()
    assert (job.state, job.error.code) == ("failed", "interrupted")
    with pytest.raises(StudioError, match="stopped"), engine.place():
        pass


def test_a_job_deleted_while_its_worker_starts_again_is_not_made(tmp_path):
    class Dead(Worker):
        """It has died while idle, and takes its time to start again."""

        def __init__(self):
            super().__init__()
            self.made, self.starting, self.go_on = [], Event(), Event()

        def make(self, job, stopped):
            self.starting.set()
            assert self.go_on.wait(PATIENCE_S)
            if stopped():
                raise Cancelled("cancelled")
            self.made.append(job.id)

    worker = Dead()
    engine = JobEngine([worker], tmp_path)
    engine.start()
    job = submit(engine)
    assert worker.starting.wait(PATIENCE_S)
    engine.delete(job)
    worker.go_on.set()
    assert submit(engine).wait()
    assert job.id not in worker.made and len(worker.made) == 1
    engine.close()
