"""Preparing a corpus: clips and frames a second for one and two workers, memory, extrapolation.

Run: python benchmarks/store_speed.py [CORPUS] (default: the sample corpus)
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from emolib.base.files import data_dir
from emolib.base.runtime import run_record
from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare
from emolib.data.store import ClipStore

CREMA_D_HOURS = 5.26


def run(corpus: str, workers: int, answers) -> None:
    """One preparation in a fresh process; answers with seconds, CPU seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        start_s = time.perf_counter()
        report = prepare(open_corpus(corpus), Path(folder) / "store", workers=workers)
        wall_s = time.perf_counter() - start_s
        store = ClipStore(report.store)
        own, children = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        if workers > 1:  # loky's workers end with the process that started them
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown(wait=True)
            children = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        peak_mb = max(own.ru_maxrss, children.ru_maxrss) / 1e3
        answers.put((len(store), store.statistics()["frames"], wall_s, cpu_s, peak_mb))


def main():
    corpus = sys.argv[1] if len(sys.argv) > 1 else str(data_dir() / "sample")
    context = multiprocessing.get_context("spawn")
    for workers in (1, 2):
        answers = context.Queue()
        child = context.Process(target=run, args=(corpus, workers, answers))
        child.start()
        n_clips, n_frames, wall_s, cpu_s, peak_mb = answers.get()
        child.join()
        all_h = CREMA_D_HOURS * 25 / n_frames * cpu_s
        print(
            f"{workers} worker(s): {n_clips} clips, {n_frames} frames in {wall_s:.1f} s "
            f"({n_frames / wall_s:.0f} frames/s), {cpu_s:.1f} s of CPU time with start-up "
            f"({n_frames / cpu_s:.0f} frames/s), peak {peak_mb:.0f} MB a process; "
            f"all of CREMA-D: about {all_h:.1f} h of one core"
        )
    print(run_record(corpus=Path(corpus).name, seed=None), "cores:", os.cpu_count())


if __name__ == "__main__":
    main()
