"""Background work: one at a time, the newest wins, nothing is lost in silence."""

from threading import Event

from emolib.base.errors import Cancelled, ConfigError
from emolib.notebook.jobs import Jobs

PATIENCE_S = 20


def outcome(work):
    told = []
    jobs = Jobs()
    jobs.start(work, lambda *result: told.append(result))
    assert jobs.wait(PATIENCE_S)
    (result,) = told
    return result


def test_a_result_comes_back():
    assert outcome(lambda cancel: 42) == (42, None)


def test_what_went_wrong_comes_back_in_one_line():
    def wrong(cancel):
        raise ConfigError("no face yet", fix="choose one")

    assert outcome(wrong) == (None, "no face yet; fix: choose one")
    assert outcome(lambda cancel: 1 / 0) == (None, "unexpected ZeroDivisionError: division by zero")


def patient(begun):
    """Work that runs until it is cancelled."""

    def work(cancel):
        begun.set()
        while not cancel():
            Event().wait(0.005)
        raise Cancelled("cancelled", file="x.mp4")

    return work


def test_cancelling_is_told():
    jobs, begun, told = Jobs(), Event(), []
    jobs.start(patient(begun), lambda *result: told.append(result))
    begun.wait(PATIENCE_S)
    jobs.cancel()
    assert jobs.wait(PATIENCE_S)
    assert told == [(None, "cancelled")]
    jobs.cancel()  # nothing runs: nothing happens


def test_the_newest_wins_and_they_never_overlap():
    jobs, begun, running, told = Jobs(), Event(), [], []

    def work(name):
        def run(cancel):
            running.append(name)
            assert len(running) == 1
            running.remove(name)
            return name

        return run

    jobs.start(patient(begun), lambda *result: told.append("replaced"))
    begun.wait(PATIENCE_S)
    for name in "abc":
        jobs.start(work(name), lambda result, line: told.append(result))
    assert jobs.wait(PATIENCE_S)
    assert told[-1] == "c" and "replaced" not in told


def test_a_forgotten_job_says_nothing():
    jobs, begun, told = Jobs(), Event(), []
    jobs.start(patient(begun), lambda *result: told.append(result))
    begun.wait(PATIENCE_S)
    assert not jobs.wait(0.01)
    jobs.forget()
    assert jobs.wait(PATIENCE_S)
    assert told == []
