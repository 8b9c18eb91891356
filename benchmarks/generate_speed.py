"""How long a finished, signed film takes, and how much memory a large one needs.

    python benchmarks/generate_speed.py [FACE AUDIO] [--checkpoint NAME] [--json FILE]

Without FACE and AUDIO it takes a clip of `data/sample` (480×360). Time is counted from the loaded
model to the finished file, with nothing remembered: on one thread, in CPU time, so that a busy
machine does not change the answer. Memory is the peak of a process of its own that makes ten
seconds of 1920×1080 video, back and forth. Budgets: 3 s of film in ≤ 5 s; ≤ 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
import warnings
from pathlib import Path

import cv2
import numpy as np

from emolib.base.config import AUDIO
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import peak_memory_bytes, run_record
from emolib.data.corpora import open_corpus
from emolib.media.audio import load_audio
from emolib.media.video import read_frames, write_video

SECONDS, BUDGET_S = 3, 5.0
LARGE_SECONDS, LARGE_PX, BUDGET_GIB = 10, (1920, 1080), 2.0


def make(name: str, face: Path, audio: Path, seconds: float, out: Path) -> dict:
    """One film in this process: CPU and wall seconds, the stages, and the peak memory in GiB."""
    import torch

    from emolib.generate import TalkingFace

    torch.set_num_threads(1), cv2.setNumThreads(1)
    talker = TalkingFace.load(name, device="cpu")
    samples = np.resize(load_audio(audio), round(seconds * AUDIO.sample_rate_hz))
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    report = talker.generate_file(face, samples, "happiness", out)
    return {
        "cpu_s": time.process_time() - cpu_s,
        "wall_s": time.perf_counter() - wall_s,
        "stages_wall_s": report["seconds_per_stage"],
        "picture_px": report["picture_px"],
        "model": report["model"],
        "peak_gib": peak_memory_bytes() / 2**30,
    }


def alone(*arguments) -> dict:
    """`make` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(make, arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("face", type=Path, nargs="?")
    parser.add_argument("audio", type=Path, nargs="?")
    parser.add_argument("--checkpoint", default="lite")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    face = options.face or open_corpus(data_dir() / "sample").clips()[0].video
    audio = options.audio or face
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["EMOLIB_CACHE"] = str(folder / "cache")
        film = alone(options.checkpoint, face, audio, SECONDS, folder / "film.mp4")
        frames = (cv2.resize(frame, LARGE_PX) for frame in read_frames(face, max_seconds=4.0))
        large = write_video(folder / "large.mp4", frames)
        whole = alone(options.checkpoint, large, audio, LARGE_SECONDS, folder / "large-out.mp4")
    del film["peak_gib"]
    numbers = {**film, "peak_gib_1080p": whole["peak_gib"]}
    print(json.dumps(numbers, indent=1))
    for told, value, budget in (
        (f"{SECONDS} s of film, CPU s of one core", film["cpu_s"], BUDGET_S),
        (f"{LARGE_SECONDS} s of 1920×1080, peak GiB", whole["peak_gib"], BUDGET_GIB),
    ):
        verdict = "met" if value <= budget else "missed"
        print(f"{told}: {value:.2f}, budget of {budget:g} {verdict}")
    if options.json:
        save_result(options.json, numbers, run_record(corpus=face.name, seed=None))


if __name__ == "__main__":
    main()
