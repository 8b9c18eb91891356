"""How fast faces are found, followed, cropped and pasted back, in frames a second of one core.

    python benchmarks/face_speed.py [VIDEO] [--json FILE]

Without VIDEO it takes a clip of `data/sample` (480×360). CPU time is counted, not wall time, so
that a busy machine does not change the answer. Budget: all three at 480×360 ≥ 60 frames/s.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from emolib.base.config import VIDEO
from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.data.corpora import open_corpus
from emolib.media.faces import make_detector, track_faces
from emolib.media.video import read_frames

BUDGET_FPS = 60


def frames_per_s(work: Callable[[], None], n_frames: int, repeats: int = 3) -> float:
    """Best of a few runs, frames a CPU second."""
    best_s = float("inf")
    for _ in range(repeats):
        start_s = time.process_time()
        work()
        best_s = min(best_s, time.process_time() - start_s)
    return n_frames / best_s


def measure(frames: list[np.ndarray]) -> dict[str, float]:
    """Frames a second of each step, and of the three together."""
    detector = make_detector()
    track = track_faces(frames, detector)
    places = [track.transform(i) for i in range(len(frames))]
    crops = [place.crop(frame, VIDEO.face_px) for place, frame in zip(places, frames, strict=True)]
    n = len(frames)

    def crop() -> None:
        for place, frame in zip(places, frames, strict=True):
            place.crop(frame, VIDEO.face_px)

    def paste() -> None:
        for place, frame, face in zip(places, frames, crops, strict=True):
            place.paste(frame, face)

    def everything() -> None:
        found = track_faces(frames, detector)
        for i, frame in enumerate(frames):
            found.transform(i).crop(frame, VIDEO.face_px)

    return {
        "detect every frame": frames_per_s(lambda: [detector.detect(f) for f in frames], n),
        "detect and track": frames_per_s(lambda: track_faces(frames, detector), n),
        "crop": frames_per_s(crop, n),
        "paste": frames_per_s(paste, n),
        "detect, track and crop": frames_per_s(everything, n),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("video", type=Path, nargs="?")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    video = options.video or open_corpus(data_dir() / "sample").clips()[0].video
    frames = list(read_frames(video))
    height, width = frames[0].shape[:2]
    figures = measure(frames)
    print(f"{video.name}: {len(frames)} frames of {width}×{height}")
    for name, fps in figures.items():
        print(f"  {name:24s} {fps:8.0f} frames/s")
    verdict = "met" if figures["detect, track and crop"] >= BUDGET_FPS else "missed"
    print(f"  budget of {BUDGET_FPS} frames/s {verdict}")
    if options.json:
        numbers = {"frames_per_s": figures, "picture_px": [width, height], "n": len(frames)}
        save_result(options.json, numbers, run_record(corpus=str(video.name), seed=None))


if __name__ == "__main__":
    main()
