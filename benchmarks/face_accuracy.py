"""How true boxes and landmarks are, measured on a synthetic corpus, which knows the truth.

    python benchmarks/face_accuracy.py [CORPUS] [--json FILE]

Without CORPUS it takes `data/sample`. Positions are compared after taking out the constant offset:
a crop may lie anywhere, as long as it stays there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.data.corpora import Clip, open_corpus
from emolib.media.faces import jitter_px, make_detector, track_faces
from emolib.media.video import read_frames

BONES = [27, 28, 29, 30, 36, 39, 42, 45]  # iBUG: bridge of the nose, corners of the eyes
SAME_POINT = {33: 36, 133: 39, 362: 42, 263: 45, 61: 48, 291: 54, 13: 62, 14: 66, 168: 27}


def measure(clip: Clip, detector) -> dict[str, float]:
    """Errors of one clip in pixels of its picture."""
    frames = list(read_frames(clip.video))
    track = track_faces(frames, detector, keep_landmarks=True)
    truth = np.load(clip.truth)["landmarks"].astype(np.float64)[: len(frames)]
    n = len(truth)
    head = truth[:, BONES].mean(axis=1)  # (N, 2)
    off = track.poses[:n, :2] - head
    off -= off.mean(axis=0)
    boxes = np.stack([detector.detect(frame)[0].box for frame in frames[:n]])
    alone = (boxes[:, :2] + boxes[:, 2:]) / 2 - head
    points = track.landmarks[:n, list(SAME_POINT), :2] - truth[:, list(SAME_POINT.values())]
    return {
        "face size": float(track.poses[:, 2].mean()),
        "box off by, rms": float(np.sqrt((off**2).mean())),
        "box off by at the ends, rms": float(np.sqrt((off[[0, 1, -2, -1]] ** 2).mean())),
        "box jitter": jitter_px(off),
        "box jitter, detector in every frame": jitter_px(alone),
        "head's own jitter": jitter_px(head),
        "size jitter, %": 100 * jitter_px(np.log(track.poses[:, 2:3])),
        "landmarks off by, mean": float(np.linalg.norm(points, axis=2).mean()),
        "landmarks off by, offsets out": float(
            np.linalg.norm(points - points.mean(axis=0), axis=2).mean()
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=data_dir() / "sample")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    corpus, detector = open_corpus(options.corpus), make_detector()
    clips = [clip for clip in corpus.clips() if clip.truth]
    rows = [measure(clip, detector) for clip in clips]
    figures = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    print(f"{len(clips)} clips of {corpus.root}, pixels:")
    for name, value in figures.items():
        print(f"  {name:36s} {value:8.2f}")
    if options.json:
        record = run_record(corpus=corpus.name, seed=None)
        save_result(options.json, {"px": figures, "clips": len(clips)}, record)


if __name__ == "__main__":
    main()
