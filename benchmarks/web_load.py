"""The web server under load: one film, and twenty visitors at once.

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
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
from emolib.notebook.server import LocalServer

FILM_S, CROWD_FILM_S = 3.0, 1.0
LOOK_BUDGET_S, FILM_BUDGET_S, MEMORY_BUDGET_GIB = 2.0, 6.0, 2.0


def family() -> list[psutil.Process]:
    """The server and its children: all that this process has started."""
    return psutil.Process().children(recursive=True)


def cpu_s() -> float:
    """CPU seconds of the server, its worker, and children that have ended."""
    total = 0.0
    for one in family():
        with suppress(psutil.NoSuchProcess):
            spent = one.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def memory_gib() -> float:
    """What is in memory, shared pages counted once each."""
    total = 0
    for one in family():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += one.memory_full_info().pss
    return total / 2**30


def visit(url: str, face: Path, voice: Path) -> dict:
    """One visitor's film: seconds from the request to each event, places seen, bytes received."""
    times, places, name = {}, [], ""
    with (
        httpx2.Client(base_url=url, timeout=None) as client,
        face.open("rb") as film,
        voice.open("rb") as sound,
    ):
        start, form = time.perf_counter(), {"emotion": "happiness", "consent": "true"}
        answer = client.post("/api/jobs", data=form, files={"face": film, "voice": sound})
        answer.raise_for_status()
        times["taken"] = time.perf_counter() - start
        job = answer.json()
        with client.stream("GET", f"/api/jobs/{job['id']}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    job = json.loads(line.removeprefix("data: "))
                    times.setdefault(name, time.perf_counter() - start)
                    places.append(job["position"])
        size = len(client.get(job["result_url"]).content) if job["state"] == "done" else 0
    return {"id": job["id"], "state": job["state"], "s": times, "places": places, "bytes": size}


def one_film(url: str, face: Path, voice: Path) -> dict:
    """A single visitor, after one who warms the network up."""
    first, before_s = visit(url, face, voice), cpu_s()
    second = visit(url, face, voice)
    return {"cold_s": first["s"], "warm_s": second["s"], "cpu_s": cpu_s() - before_s}


def crowd(url: str, face: Path, voice: Path, n_visitors: int) -> dict:
    """Many visitors at the same moment."""
    before_s, start, peak_gib = cpu_s(), time.perf_counter(), 0.0
    with ThreadPoolExecutor(n_visitors) as pool:
        visitors = [pool.submit(visit, url, face, voice) for _ in range(n_visitors)]
        while not all(one.done() for one in visitors):
            peak_gib = max(peak_gib, memory_gib())
            time.sleep(0.2)
    visits = [one.result() for one in visitors]
    places = [place for one in visits for place in one["places"] if place]
    return {
        "visitors": n_visitors,
        "done": sum(one["state"] == "done" and one["bytes"] > 0 for one in visits),
        "different_jobs": len({one["id"] for one in visits}),
        "last_place_shown": max(places, default=0),
        "longest_wait_for_202_s": max(one["s"]["taken"] for one in visits),
        "wall_s": time.perf_counter() - start,
        "cpu_s": cpu_s() - before_s,
        "peak_gib": peak_gib,
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
        folder, samples = Path(name), load_audio(clip.audio)
        voices = [
            write_wav(folder / f"{s:g}s.wav", np.resize(samples, int(s * AUDIO.sample_rate_hz)))
            for s in (FILM_S, CROWD_FILM_S)
        ]
        os.environ |= {"OMP_NUM_THREADS": str(options.threads), "EMOLIB_CACHE": name}
        start = time.perf_counter()
        with LocalServer("--checkpoint", options.checkpoint) as server:
            start_s, idle_gib = time.perf_counter() - start, memory_gib()
            film = one_film(server.url, clip.video, voices[0])
            many = crowd(server.url, clip.video, voices[1], options.visitors)
    numbers = {"start_s": start_s, "idle_gib": idle_gib, "film": film, "crowd": many}
    print(json.dumps(numbers, indent=1))
    for told, value, budget in (
        ("first look, s", film["warm_s"]["preview"], LOOK_BUDGET_S),
        (f"{FILM_S:g} s of film, s", film["warm_s"]["done"], FILM_BUDGET_S),
        (f"{options.visitors} visitors at once, GiB", many["peak_gib"], MEMORY_BUDGET_GIB),
    ):
        verdict = "met" if value <= budget else "missed"
        print(f"{told}: {value:.2f}, budget of {budget:g} {verdict}")
    if options.json:
        save_result(options.json, numbers, run_record(corpus="sample", seed=None))


if __name__ == "__main__":
    main()
