"""Servers around a worker that knows no network, and what is asked of them."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import replace

import stand_in
import uvicorn
from starlette.testclient import TestClient

from emolib.studio.engine import JobEngine
from emolib.studio.jobs import Limits
from emolib.web.serve import make_app
from emolib.web.settings import ServeSettings

LIMITS = Limits(cancel_grace_s=0.5, min_free_bytes=0)
PICK = {"face_id": "9001", "emotion": "happiness", "text": "hello"}


def app_of(state, settings=None, worker=stand_in.StandIn, **limits):
    settings = settings or ServeSettings(state=state)
    settings = replace(settings, state=state, limits=replace(LIMITS, **limits))
    return make_app(settings, JobEngine([worker(settings.limits)], state, settings.limits))


@contextlib.contextmanager
def client_of(state, settings=None, **more):
    """A client of a server in this process."""
    app = app_of(state, settings, **more)
    with TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield client


@contextlib.contextmanager
def server_of(state, **limits):
    """The port of a server on a real socket."""
    server = uvicorn.Server(uvicorn.Config(app_of(state, **limits), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], server.config.app
    finally:
        server.config.app.state.engine.stop_taking()
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def process_of(state, **options):
    """A server in a process of its own, and its address."""
    command = [sys.executable, stand_in.__file__, json.dumps({"state": str(state), **options})]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield server, server.stdout.readline().strip()
    finally:
        server.kill()
        server.communicate()


def wait_for(condition, seconds=120.0):
    """The first true value of `condition()`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


def ask(client, **fields):
    """A new job from the sample's first face, as JSON."""
    answer = client.post("/api/jobs", data=PICK | fields, files={"none": b""})
    assert answer.status_code == 202, answer.text
    return answer.json()


def finished(client, job):
    """A job once it has ended."""
    url = f"/api/jobs/{job['id']}"

    def ended():
        seen = client.get(url).json()
        return seen if seen["state"] in ("done", "failed", "cancelled") else None

    return wait_for(ended)


def events_of(text):
    """(name, job) of each event in a stream."""
    blocks = [block.split("\n") for block in text.split("\n\n")]
    return [
        (block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: ")))
        for block in blocks
        if block[0].startswith("event: ")
    ]
