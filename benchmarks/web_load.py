"""The web server under load: one film, twenty visitors at once, a kill in the middle.

    python benchmarks/web_load.py [--checkpoint NAME] [--visitors N] [--threads N] [--json FILE]

Starts `emolib serve` as its own process and talks to it as browsers do: uploads, event streams,
downloads. Wall time depends on what else the machine does, so CPU seconds of server, worker and
file examiner together stand beside it. Memory is the largest sum of their resident sets, sampled.
Budgets, on two idle cores: first look ≤ 2 s, 3 s of film ≤ 6 s; nobody lost; ≤ 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import numpy as np
import psutil

from emolib.base.config import AUDIO
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.data.corpora import open_corpus
from emolib.media.audio import load_audio, write_wav

FILM_S, CROWD_FILM_S = 3.0, 1.0
LOOK_BUDGET_S, FILM_BUDGET_S, MEMORY_BUDGET_GIB = 2.0, 6.0, 2.0
FINAL = ("done", "failed", "cancelled")


class Server:
    """A running `emolib serve`, its address, and what it and its children use."""

    def __init__(self, state: Path, checkpoint: str, threads: int):
        start = time.perf_counter()
        command = [sys.executable, "-m", "emolib.cli", "serve", "--port", "0"]
        command += ["--state", str(state), "--checkpoint", checkpoint]
        env = {**os.environ, "OMP_NUM_THREADS": str(threads), "EMOLIB_CACHE": str(state / "cache")}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        self.url = self.process.stdout.readline().split()[0]
        self.root = psutil.Process(self.process.pid)
        with self.client() as client:
            while not self._ready(client):
                time.sleep(0.05)
        self.start_s = time.perf_counter() - start

    def client(self) -> httpx2.Client:
        """A visitor."""
        return httpx2.Client(base_url=self.url, timeout=None)

    def _ready(self, client: httpx2.Client) -> bool:
        with suppress(httpx2.TransportError):
            return client.get("/api/health").json()["ready"]
        return False

    def family(self) -> list[psutil.Process]:
        """The server and its children."""
        return [self.root, *self.root.children(recursive=True)]

    def cpu_s(self) -> float:
        """CPU seconds of the server, its worker, and children that have ended."""
        total = 0.0
        for one in self.family():
            with suppress(psutil.NoSuchProcess):
                spent = one.cpu_times()
                total += spent.user + spent.system + spent.children_user + spent.children_system
        return total

    def memory(self) -> int:
        """Bytes in memory, shared pages counted once each."""
        total = 0
        for one in self.family():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += one.memory_full_info().pss
        return total

    def stop(self) -> int:
        """Exit code after a polite end."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()


@contextmanager
def peak_of(server: Server):
    """A list whose last entry is the largest memory seen meanwhile, in bytes."""
    seen, over = [server.memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            seen.append(max(seen[-1], server.memory()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def visit(server: Server, face: Path, voice: Path) -> dict:
    """One visitor's film: seconds from the request to each event, places seen, bytes received."""
    times, places = {}, []
    with server.client() as client, face.open("rb") as film, voice.open("rb") as sound:
        start = time.perf_counter()
        answer = client.post(
            "/api/jobs",
            data={"emotion": "happiness", "consent": "true"},
            files={"face": film, "voice": sound},
        )
        answer.raise_for_status()
        times["taken"] = time.perf_counter() - start
        job = answer.json()
        with client.stream("GET", f"/api/jobs/{job['id']}/events") as stream:
            for name, job in events(stream):
                times.setdefault(name, time.perf_counter() - start)
                places.append(job["position"])
        size = len(client.get(job["result_url"]).content) if job["state"] == "done" else 0
    return {"id": job["id"], "state": job["state"], "s": times, "places": places, "bytes": size}


def events(stream):
    """(name, job) of each event."""
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def one_film(server: Server, face: Path, voice: Path) -> dict:
    """A single visitor, after one who warms the network up."""
    first = visit(server, face, voice)
    cpu_s = server.cpu_s()
    second = visit(server, face, voice)
    return {"cold_s": first["s"], "warm_s": second["s"], "cpu_s": server.cpu_s() - cpu_s}


def crowd(server: Server, face: Path, voice: Path, n_visitors: int) -> dict:
    """Many visitors at the same moment."""
    cpu_s, start = server.cpu_s(), time.perf_counter()
    with peak_of(server) as memory, ThreadPoolExecutor(n_visitors) as pool:
        visits = list(pool.map(lambda _: visit(server, face, voice), range(n_visitors)))
    places = [place for one in visits for place in one["places"] if place]
    return {
        "visitors": n_visitors,
        "done": sum(one["state"] == "done" and one["bytes"] > 0 for one in visits),
        "different_jobs": len({one["id"] for one in visits}),
        "last_place_shown": max(places, default=0),
        "longest_wait_for_202_s": max(one["s"]["taken"] for one in visits),
        "wall_s": time.perf_counter() - start,
        "cpu_s": server.cpu_s() - cpu_s,
        "peak_gib": memory[-1] / 2**30,
    }


def killed(state: Path, checkpoint: str, threads: int, face: Path, voice: Path) -> dict:
    """Kill -9 while a film is being made, and start again."""
    server = Server(state, checkpoint, threads)
    with server.client() as client, face.open("rb") as film, voice.open("rb") as sound:
        form = {"emotion": "anger", "consent": "true"}
        files = {"face": film, "voice": sound}
        url = client.post("/api/jobs", data=form, files=files).headers["Location"]
        with client.stream("GET", f"{url}/events") as stream:
            next(job for _, job in events(stream) if job["stage"] == "frames")
            children = server.root.children(recursive=True)
            server.process.kill()
    server.process.wait()
    start = time.perf_counter()
    _, alive = psutil.wait_procs(children, timeout=60)
    gone_s = time.perf_counter() - start
    again = Server(state, checkpoint, threads)
    with again.client() as client:
        job = client.get(url).json()
    left = [path.name for path in (state / "jobs" / job["id"]).glob("*")]
    after = visit(again, face, voice)
    return {
        "workers_left": len(alive),
        "workers_gone_after_s": gone_s,
        "state": job["state"],
        "code": job["error"]["code"],
        "files_left": left,
        "next_film": after["state"],
        "exit_code": again.stop(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default="lite")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2, help="of the worker")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    clip = open_corpus(data_dir() / "sample").clips()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = load_audio(clip.audio)
        voices = {
            seconds: write_wav(
                folder / f"{seconds:g}s.wav",
                np.resize(samples, int(seconds * AUDIO.sample_rate_hz)),
            )
            for seconds in (FILM_S, CROWD_FILM_S)
        }
        state = folder / "state"
        server = Server(state, options.checkpoint, options.threads)
        idle_gib = server.memory() / 2**30
        film = one_film(server, clip.video, voices[FILM_S])
        many = crowd(server, clip.video, voices[CROWD_FILM_S], options.visitors)
        exit_code = server.stop()
        arguments = (options.checkpoint, options.threads, clip.video, voices[FILM_S])
        kill = killed(state, *arguments)
    numbers = {"start_s": server.start_s, "idle_gib": idle_gib, "film": film, "crowd": many}
    numbers |= {"kill": kill, "exit_code_of_SIGTERM": exit_code, "load": os.getloadavg()[0]}
    print(json.dumps(numbers, indent=1))
    for name, value, budget in (
        ("first look, s", film["warm_s"]["preview"], LOOK_BUDGET_S),
        (f"{FILM_S:g} s of film, s", film["warm_s"]["done"], FILM_BUDGET_S),
        (f"{options.visitors} visitors at once, GiB", many["peak_gib"], MEMORY_BUDGET_GIB),
    ):
        verdict = "met" if value <= budget else "missed"
        print(f"{name}: {value:.2f}, budget of {budget:g} {verdict}")
    if options.json:
        save_result(options.json, numbers, run_record(corpus="sample", seed=None))


if __name__ == "__main__":
    main()
