"""What evaluating one clip costs, by group of metrics, and what a held-out set costs.

    python benchmarks/evaluate_speed.py [--width 0.25] [--frames 60] [--json FILE]

Networks have random weights, the clip is a generated test pattern with a real face in it. CPU time
of one thread is counted, not wall time, so that a busy machine does not change the answer. The
target is minutes on two cores for a few hundred clips.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from skimage import data

from emolib.evaluation.emotion import ExpressionJudge, WindowJudge
from emolib.evaluation.measure import METRICS, Instruments, Material, measure
from emolib.evaluation.regenerate import regenerate
from emolib.media.faces import FaceMesh, crop_face
from emolib.media.mel import melspectrogram
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.models.face_nets import ExpressionNet, IdentityNet
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import SyncNet, SyncNetConfig
from emolib.results import save_result
from emolib.runtime import run_record, seed_everything

HELD_OUT_CLIPS = 300
FACE = np.array([161.7, 62.0, 285.2, 185.5])  # in the astronaut's picture


def cpu_s(work, repeats: int = 3) -> float:
    """Best of a few runs after a first one, CPU seconds."""
    work()
    best = float("inf")
    for _ in range(repeats):
        start_s = time.process_time()
        work()
        best = min(best, time.process_time() - start_s)
    return best


def make_material(n_frames: int) -> Material:
    """Three clips of a gliding, shimmering face, and noise for sound."""
    rng = np.random.default_rng(0)
    clips = []
    for gain in (1.0, 0.9, 0.8):
        frames = [crop_face(data.astronaut(), FACE + 0.1 * k, 96) for k in range(n_frames)]
        noise = rng.normal(0, 3, (n_frames, 96, 96, 3))
        clips.append((gain * np.stack(frames) + noise).clip(0, 255).astype(np.uint8))
    sound = (0.1 * rng.standard_normal(n_frames * 640)).clip(-1, 1).astype(np.float32)
    return Material(*clips, mel=melspectrogram(sound), paired=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    seed_everything(0)
    torch.set_num_threads(1)
    material = make_material(args.frames)
    generator = Generator(GeneratorConfig(width=args.width, head="composite")).eval().fused()
    classifier = EmotionDiscriminator(EmotionDiscriminatorConfig(width=args.width)).eval()
    networks = {
        "expert": SyncNet(SyncNetConfig(width=args.width)).eval(),
        "judges": (WindowJudge(classifier, "classifier"),),
        "expression": ExpressionJudge(ExpressionNet.load()),
        "identity": IdentityNet.load(),
        "mesh": FaceMesh(),
    }
    spent = {"generate": cpu_s(lambda: regenerate(generator, material.source, material.mel, "HAP"))}
    for group in METRICS:
        tools = Instruments(**networks, metrics=(group,))
        spent[group] = cpu_s(lambda tools=tools: measure(material, tools))
    spent["all"] = spent["generate"] + cpu_s(lambda: measure(material, Instruments(**networks)))
    for name, seconds in spent.items():
        print(f"{name:10} {1000 * seconds:8.0f} ms a clip of {args.frames} frames")
    minutes = HELD_OUT_CLIPS * spent["all"] / 60
    print(f"{HELD_OUT_CLIPS} clips: {minutes:.1f} min of one core, {minutes / 2:.1f} min of two")
    if args.json:
        record = run_record(corpus="test pattern", seed=0)
        save_result(args.json, {"width": args.width, "cpu_s": spent}, record)


if __name__ == "__main__":
    main()
