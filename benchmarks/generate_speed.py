"""How long a finished, signed film takes, and how much memory a large one needs.

    python benchmarks/generate_speed.py [FACE AUDIO] [--checkpoint NAME] [--json FILE]

Without FACE and AUDIO it takes a clip of `data/sample` (480×360). Time is counted from the loaded
model to the finished file, with nothing remembered: on one thread, in CPU time, so that a busy
machine does not change the answer. Memory is the peak of a process of its own that makes ten
seconds of 1920×1080 video, back and forth. Budgets: 3 s of film in ≤ 5 s; ≤ 2 GiB.

Without a checkpoint of that name a random network of the same size stands in: the time is the same.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from emolib.base.config import AUDIO
from emolib.base.errors import CheckpointError
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import peak_memory_bytes, run_record
from emolib.data.corpora import open_corpus
from emolib.media.audio import load_audio
from emolib.media.video import read_frames, write_video

SECONDS, BUDGET_S = 3, 5.0
LARGE_SECONDS, LARGE_PX, BUDGET_GIB = 10, (1920, 1080), 2.0
LITE_WIDTH = 1 / 4


def load_talker(name: str, folder: Path):
    """The checkpoint of that name, or an untrained network of the lite profile's size."""
    from emolib.generate import TalkingFace
    from emolib.models.checkpoint import find_checkpoint, save_checkpoint
    from emolib.models.generator import Generator
    from emolib.training.recipes import find_recipe

    try:
        path = find_checkpoint(name, "generator")
    except CheckpointError:
        path = folder / "untrained.safetensors"
        config = replace(find_recipe("generator", "IMPROVED").network, width=LITE_WIDTH)
        save_checkpoint(path, Generator(config), recipe="IMPROVED")
    return TalkingFace.load(path, device="cpu")


def voice_of(audio: Path, seconds: float) -> np.ndarray:
    """The sound of a file, repeated or cut to a length."""
    return np.resize(load_audio(audio), round(seconds * AUDIO.sample_rate_hz))


def time_of(name: str, face: Path, audio: Path, folder: Path) -> dict:
    """CPU and wall seconds of one film, and the stages."""
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    talker = load_talker(name, folder)
    samples = voice_of(audio, SECONDS)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    report = talker.generate_file(face, samples, "happiness", folder / "film.mp4")
    return {
        "cpu_s": time.process_time() - cpu_s,
        "wall_s": time.perf_counter() - wall_s,
        "stages_wall_s": report["seconds_per_stage"],
        "picture_px": report["picture_px"],
        "model": report["model"],
    }


def memory_of(name: str, face: Path, audio: Path, folder: Path) -> float:
    """Peak memory of this process in GiB, after a large film."""
    talker = load_talker(name, folder)
    talker.generate_file(face, voice_of(audio, LARGE_SECONDS), "anger", folder / "large-out.mp4")
    return peak_memory_bytes() / 2**30


def alone(work, *arguments):
    """The result of `work` in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def enlarge(face: Path, folder: Path) -> Path:
    """The first seconds of a video at 1920×1080."""
    frames = (cv2.resize(frame, LARGE_PX) for frame in read_frames(face, max_seconds=4.0))
    return write_video(folder / "large.mp4", frames)


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
        film = alone(time_of, options.checkpoint, face, audio, folder)
        large = enlarge(face, folder)
        peak_gib = alone(memory_of, options.checkpoint, large, audio, folder)
    numbers = {**film, "peak_gib_1080p": peak_gib}
    print(json.dumps(numbers, indent=1))
    for name, value, budget in (
        (f"{SECONDS} s of film, CPU s of one core", film["cpu_s"], BUDGET_S),
        (f"{LARGE_SECONDS} s of 1920×1080, peak GiB", peak_gib, BUDGET_GIB),
    ):
        verdict = "met" if value <= budget else "missed"
        print(f"{name}: {value:.2f}, budget of {budget:g} {verdict}")
    if options.json:
        record = run_record(corpus=face.name, seed=None)
        save_result(options.json, numbers, record)


if __name__ == "__main__":
    main()
