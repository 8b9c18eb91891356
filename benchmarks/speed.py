"""What each part of the package costs on this machine.

    python benchmarks/speed.py PART [SOURCE] [--json FILE]

Parts, with what SOURCE is (default: of `data/sample`):
    faces     finding, following, cropping, pasting            (a video; budget: 60 frames/s in all)
    store     preparing a corpus with one and two workers      (a corpus)
    render    synthetic people, each hair style, everything on

Counted by CPU time of one thread, so that a busy machine changes little. Lines are "what: number".
Training, films and the page: `train_speed.py`, `generate_speed.py`, `web_load.py`. `emolib
evaluate` says itself how long it took.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch

from emolib.base.config import VIDEO
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import peak_memory_bytes, run_record
from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare
from emolib.media.faces import make_detector, track_faces
from emolib.media.video import read_frames

SAMPLE = data_dir() / "sample"
CREMA_D_HOURS = 5.26


def cpu_s(work: Callable[[], object]) -> float:
    """Best of three runs, CPU seconds."""
    spent = []
    for _ in range(3):
        start_s = time.process_time()
        work()
        spent.append(time.process_time() - start_s)
    return min(spent)


def faces(source: Path | None) -> dict:
    frames = list(read_frames(source or open_corpus(SAMPLE).clips()[0].video))
    detector = make_detector()
    track = track_faces(frames, detector)
    places = [track.transform(i) for i in range(len(frames))]
    crops = [place.crop(frame, VIDEO.face_px) for place, frame in zip(places, frames, strict=True)]

    def crop() -> None:
        for place, frame in zip(places, frames, strict=True):
            place.crop(frame, VIDEO.face_px)

    def paste() -> None:
        for place, frame, face in zip(places, frames, crops, strict=True):
            place.paste(frame, face)

    works = {
        "detect every frame": lambda: [detector.detect(frame) for frame in frames],
        "detect and track": lambda: track_faces(frames, detector),
        **{"crop": crop, "paste": paste},
    }
    return {f"{name}, frames/s": len(frames) / cpu_s(work) for name, work in works.items()}


def _prepare(corpus: Path, workers: int) -> dict:
    """One preparation in this process."""
    from emolib.data.store import ClipStore

    with tempfile.TemporaryDirectory() as folder:
        start_s = time.perf_counter()
        report = prepare(open_corpus(corpus), Path(folder) / "store", workers=workers)
        wall_s = time.perf_counter() - start_s
        n_frames = ClipStore(report.store).statistics()["frames"]
        if workers > 1:  # loky's workers end with the process that started them
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown(wait=True)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        spent_s = sum(one.ru_utime + one.ru_stime for one in used)
    return {
        f"{workers} workers, frames/s of the clock": n_frames / wall_s,
        f"{workers} workers, frames/s of CPU time": n_frames / spent_s,
        f"{workers} workers, peak MB of a process": max(one.ru_maxrss for one in used) / 1e3,
        f"{workers} workers, hours for CREMA-D": CREMA_D_HOURS * 25 / n_frames * spent_s,
    }


def store(source: Path | None) -> dict:
    found = {}
    for workers in 1, 2:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            found |= fresh.submit(_prepare, source or SAMPLE, workers).result()
    return found


def render(source: Path | None, n_frames: int = 60) -> dict:
    """A moving face of 480×360; `source` is not used."""
    from emolib.synthetic.hair import STYLES
    from emolib.synthetic.head import UNITS
    from emolib.synthetic.people import Person, Stage

    rng = np.random.default_rng(0)
    weights = np.clip(rng.normal(0, 0.3, (n_frames, len(UNITS))), 0, 1).astype(np.float32)
    poses = rng.normal(0, 0.08, (n_frames, 6)).astype(np.float32) * (1, 1, 1, 0.3, 0.3, 0.3)
    found, someone = {}, {}
    for seed in range(400):
        person = Person.from_seed(seed)
        someone.setdefault(person.hair.style, person)
    Stage(next(iter(someone.values())), 480, 360).render(weights[0], poses[0])  # compile
    for style in STYLES:
        start_s = time.process_time()
        stage = Stage(someone[style], 480, 360)
        found[f"{style}, set-up s"] = time.process_time() - start_s
        start_s = time.process_time()
        for w, p in zip(weights, poses, strict=True):
            stage.render(w, p)
        found[f"{style}, frames/s"] = n_frames / (time.process_time() - start_s)
    speeds = [value for name, value in found.items() if name.endswith("frames/s")]
    mean = len(speeds) / sum(1 / speed for speed in speeds)
    return found | {"mean, frames/s": mean, "peak MiB": peak_memory_bytes() / 2**20}


PARTS = (faces, store, render)


def main() -> None:
    parts = {part.__name__: part for part in PARTS}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("source", type=Path, nargs="?", help="a file or folder, see above")
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    options = parser.parse_args()
    torch.set_num_threads(1), cv2.setNumThreads(1)
    found = parts[options.part](options.source)
    for name, value in found.items():
        print(f"{name}: {value:.4g}")
    if options.json:
        corpus = str(options.source.name if options.source else "sample or made here")
        save_result(options.json, found, run_record(corpus=corpus, seed=0))


if __name__ == "__main__":
    main()
