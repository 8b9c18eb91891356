"""Frames a second of the synthetic people on one core, with everything on.

    python benchmarks/render_speed.py

CPU time of one process, so that other work on the machine matters less; a moving face, every hair
style.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from emolib.base.runtime import peak_memory_bytes
from emolib.synthetic.hair import STYLES
from emolib.synthetic.head import UNITS
from emolib.synthetic.people import Person, Stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="480x360")
    options = parser.parse_args()
    width, height = (int(n) for n in options.size.split("x"))
    rng = np.random.default_rng(0)
    weights = np.clip(rng.normal(0, 0.3, (options.frames, len(UNITS))), 0, 1).astype(np.float32)
    poses = rng.normal(0, 0.08, (options.frames, 6)).astype(np.float32) * (1, 1, 1, 0.3, 0.3, 0.3)
    seen: dict[str, Person] = {}
    for seed in range(400):
        person = Person.from_seed(seed)
        seen.setdefault(person.hair.style, person)
    Stage(next(iter(seen.values())), width, height).render(weights[0], poses[0])  # compile
    total = 0.0
    for style in STYLES:
        start = time.process_time()
        stage = Stage(seen[style], width, height)
        setup_s = time.process_time() - start
        start = time.process_time()
        for w, p in zip(weights, poses, strict=True):
            stage.render(w, p)
        seconds = time.process_time() - start
        total += seconds
        print(f"{style:8s} {options.frames / seconds:6.1f} frames/s   set-up {setup_s:.2f} s")
    memory_mib = peak_memory_bytes() / 2**20
    speed = len(STYLES) * options.frames / total
    print(f"mean     {speed:6.1f} frames/s   peak memory {memory_mib:.0f} MiB")


if __name__ == "__main__":
    main()
