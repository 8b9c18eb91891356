"""How many frames a second the generator makes: each width, plain and folded, this machine.

    python benchmarks/forward_speed.py [--frames 25] [--rounds 5] [--json OUT.json]

"plain" is the same layers as PyTorch runs them in eval mode (what the released network does).
"channels_last" only changes the memory layout. "fused" folds batch norms too (`Generator.fused`).
bfloat16 rows show what the hardware gives for it. The variants take turns in every round, so that
a busy machine is equally busy for all; the ratio is the median over rounds of paired runs. Frames
a second are counted per second of CPU time and thread, so other programs hardly disturb them;
on a GPU, per second on the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

from emolib.base.files import atomic_path
from emolib.base.runtime import run_record
from emolib.models.blocks import n_parameters
from emolib.models.cost import trace
from emolib.models.generator import Generator, GeneratorConfig

WIDTHS = (("1/8 (tiny)", 1 / 8), ("1/4 (lite)", 1 / 4), ("1 (paper)", 1.0))


def variants(net: Generator, device: str) -> dict:
    """Forward functions by name; the first is what the others are compared with."""
    net = net.eval().requires_grad_(False).to(device)
    last = Generator(net.config).eval().requires_grad_(False).to(device)
    table = {
        "plain fp32": net,
        "channels_last fp32": last.to(memory_format=torch.channels_last),
        "fused fp32": net.fused(),
        "fused bf16": net.fused(torch.bfloat16),
    }
    if device == "cuda":
        table["fused bf16 compiled"] = torch.compile(net.fused(torch.bfloat16), dynamic=False)
    return table


def seconds(forward, inputs, device: str) -> float:
    """Time of one call: CPU seconds per thread, or seconds on the clock with a GPU."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    start = clock()
    forward(*inputs)
    if device == "cuda":
        torch.cuda.synchronize()
    threads = 1 if device == "cuda" else torch.get_num_threads()
    return (clock() - start) / threads


def measure(width: float, n_frames: int, rounds: int, device: str) -> dict:
    """Median frames a second and paired ratio to plain, per variant."""
    torch.manual_seed(0)
    net = Generator(GeneratorConfig(width=width))
    batch, steps = max(1, n_frames // 5), min(5, n_frames)
    inputs = [torch.rand(batch, steps, 1, 80, 16), torch.rand(batch, steps, 6, 96, 96)]
    inputs = [x.to(device) for x in (*inputs, torch.rand(batch, 6))]
    gmacs = trace(net, *(x[:1, :1] if x.ndim > 2 else x[:1] for x in inputs))[-1].macs / 1e9
    table = variants(net, device)
    times = {name: [] for name in table}
    with torch.inference_mode():
        for forward in table.values():  # warm up
            seconds(forward, inputs, device)
            seconds(forward, inputs, device)
        for _ in range(rounds):
            for name, forward in table.items():
                times[name].append(seconds(forward, inputs, device))
    plain = times["plain fp32"]
    rows = {
        name: {
            "frames_per_s": round(batch * steps / statistics.median(taken), 1),
            "times_plain": round(
                statistics.median(p / t for p, t in zip(plain, taken, strict=True)), 2
            ),
        }
        for name, taken in times.items()
    }
    return {"n_parameters": n_parameters(net), "gmacs_per_frame": round(gmacs, 3), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=25, help="frames in one forward pass")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    devices = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    numbers = {}
    for device in devices:
        name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
        capability = "" if device == "cuda" else f", {torch.backends.cpu.get_cpu_capability()}"
        print(
            f"{name}{capability}, {torch.get_num_threads()} threads, {options.frames} frames a pass"
        )
        for label, width in WIDTHS:
            result = measure(width, options.frames, options.rounds, device)
            numbers[f"{device} width {label}"] = result
            print(f"  width {label}: {result['n_parameters']:,} parameters,", end=" ")
            print(f"{result['gmacs_per_frame']} GMAC a frame")
            for variant, row in result["rows"].items():
                print(f"    {variant:22s}{row['frames_per_s']:9.1f} frames/s", end="")
                print(f"{row['times_plain']:8.2f} × plain")
    if options.json:
        record = run_record(corpus="random numbers", seed=0, device=devices[-1])
        with atomic_path(options.json) as temporary:
            temporary.write_text(
                json.dumps({"record": record, "numbers": numbers}, indent=1) + "\n"
            )


if __name__ == "__main__":
    main()
