"""What evaluating one generated clip costs, by group of metrics, and what a held-out set costs.

    python benchmarks/evaluate_speed.py [--width 0.25] [--frames 60] [--json FILE]

Networks have random weights, the clip is a generated test pattern with a real face in it. CPU time
of one thread is counted, not wall time, so that a busy machine does not change the answer. The
target is minutes on two cores for a few hundred clips. True clips and sources are looked at once,
then remembered for the next checkpoint: the line "first" counts them too.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from skimage import data

from emolib.base.results import save_result
from emolib.base.runtime import run_record, seed_everything
from emolib.evaluation.emotion import ExpressionJudge, WindowJudge
from emolib.evaluation.measure import Material, measure
from emolib.evaluation.regenerate import regenerate
from emolib.evaluation.seen import METRICS, Instruments, Seen, look
from emolib.media.faces import FaceMesh, crop_face
from emolib.media.mel import melspectrogram
from emolib.models.emotion import EmotionClassifier, EmotionClassifierConfig
from emolib.models.face_nets import ExpressionNet, IdentityNet
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import SyncNet, SyncNetConfig

HELD_OUT_CLIPS = 144
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


def make_clips(n_frames: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Three clips of a gliding, shimmering face, and the mel of some noise."""
    rng = np.random.default_rng(0)
    clips = {}
    for name, gain in (("generated", 1.0), ("truth", 0.9), ("copy", 0.8)):
        frames = [crop_face(data.astronaut(), FACE + 0.1 * k, 96) for k in range(n_frames)]
        noise = rng.normal(0, 3, (n_frames, 96, 96, 3))
        clips[name] = (gain * np.stack(frames) + noise).clip(0, 255).astype(np.uint8)
    sound = (0.1 * rng.standard_normal(n_frames * 640)).clip(-1, 1).astype(np.float32)
    return clips, melspectrogram(sound)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    seed_everything(0)
    torch.set_num_threads(1)
    clips, mel = make_clips(args.frames)
    generator = Generator(GeneratorConfig(width=args.width, head="composite")).eval().fused()
    classifier = EmotionClassifier(EmotionClassifierConfig(width=args.width)).eval()
    networks = {
        "expert": SyncNet(SyncNetConfig(width=args.width)).eval(),
        "judges": (WindowJudge(classifier, "classifier"),),
        "expression": ExpressionJudge(ExpressionNet.load()),
        "identity": IdentityNet.load(),
        "mesh": FaceMesh(),
    }
    spent = {"generate": cpu_s(lambda: regenerate(generator, clips["copy"], mel, "HAP"))}

    def see(name: str, tools: Instruments) -> Seen:
        against = None if name == "truth" else clips["truth"]
        return look(clips[name], tools, mel=mel, against=against)

    for group in METRICS:
        used = {
            k: v for k, v in networks.items() if k != "expression" or group in ("emotion", "crowd")
        }
        tools = Instruments(**used, metrics=(group,))
        spent[group] = cpu_s(lambda tools=tools: see("generated", tools))
    tools = Instruments(**networks)
    seen = {name: see(name, tools) for name in clips}
    spent["compare"] = cpu_s(lambda: measure(Material(clips, seen, paired=True)))
    spent["all"] = spent["generate"] + spent["compare"] + cpu_s(lambda: see("generated", tools))
    spent["first"] = spent["all"] + 2 * cpu_s(lambda: see("truth", tools))
    for name, seconds in spent.items():
        print(f"{name:10} {1000 * seconds:8.0f} ms a clip of {args.frames} frames")
    for name in ("first", "all"):
        minutes = HELD_OUT_CLIPS * spent[name] / 60
        print(f"{HELD_OUT_CLIPS} clips, {name}: {minutes:.1f} min of one core")
    if args.json:
        record = run_record(corpus="test pattern", seed=0)
        save_result(args.json, {"width": args.width, "cpu_s": spent}, record)


if __name__ == "__main__":
    main()
