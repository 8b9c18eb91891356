"""Training speed: a paired run against a straightforward fp32 loop, and each stage's frames/s.

    python benchmarks/train_speed.py [--store STORE] [--width 0.25] [--device cpu] [--json FILE]

The plain loop has the same windows, networks and losses: data set to float tensors, default layout,
fp32, one Adam a network, frozen experts in eval mode without gradients. Ours is what `emolib train`
runs. Both take turns in one process. On a CPU, CPU time of one thread is counted, not wall time, so
that a busy machine does not change the answer. Without STORE, `data/sample` is prepared first.

Ours looks at two of five frames with its perceptual loss, drawn anew at each step; IMPROVED also
weighs pixels.

Stated for each stage: the loader's share of a step (on a CPU its CPU time, as it shares the thread;
on a GPU the time that the loop waits for it). Peak memory is that of a process with one loop alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from emolib.base.files import data_dir
from emolib.base.results import save_result
from emolib.base.runtime import pick_device, run_record
from emolib.data.augment import Augment
from emolib.data.corpora import open_corpus
from emolib.data.prepare import prepare
from emolib.data.store import ClipStore
from emolib.data.windows import GeneratorWindows
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.models.features import perceptual_features
from emolib.models.generator import Generator
from emolib.models.syncnet import SyncNet, SyncNetConfig, fold_lower_halves
from emolib.training.emotion import EmotionTask
from emolib.training.fit import take_step
from emolib.training.generator import GeneratorTask
from emolib.training.journal import peak_memory_mb
from emolib.training.losses import Ramp
from emolib.training.objective import Judges
from emolib.training.recipe_types import varied
from emolib.training.recipes import find_recipe
from emolib.training.settings import FitConfig
from emolib.training.steps import Steps
from emolib.training.syncnet import SyncTask
from emolib.training.task import Task

T = 5


def clock(device: str) -> float:
    """CPU seconds, or on an accelerator wall seconds once its work is done."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def networks(recipe, width: float):
    """Generator and judges with random weights: speed does not depend on them."""
    torch.manual_seed(0)
    sync = SyncNet(SyncNetConfig(width=width))
    emotion = EmotionDiscriminator(EmotionDiscriminatorConfig(width=width))
    return Generator(recipe.network), sync, emotion, perceptual_features("face")


class PlainLoop:
    """What one writes on the first day; the losses of `recipe` with the sync loss on."""

    def __init__(self, recipe, store: ClipStore, width: float, batch_size: int, device: str):
        nets = [net.to(device) for net in networks(recipe, width)]
        self.generator, self.sync, self.emotion, self.features = nets
        self.sync.eval().requires_grad_(False)
        self.features.eval().requires_grad_(False)
        self.recipe, self.device = recipe, device
        self.adams = [torch.optim.Adam(net.parameters(), 1e-4) for net in (nets[0], nets[2])]
        augment = Augment() if recipe.augment else None
        data = GeneratorWindows(store.split("train"), recipe.windows, 0, augment)
        batches = DataLoader(data, batch_size, shuffle=True, drop_last=True)
        self.source = (batch for _ in count() for batch in batches)

    def step(self) -> None:
        batch = {key: value.to(self.device) for key, value in next(self.source).items()}
        weights = self.recipe.weights
        target, label = batch["target_frames"], batch["emotion_idx"]
        self.emotion.requires_grad_(False)
        frames = self.generator(batch["mel_windows"], batch["faces"], batch["emotion"])
        prob = self.sync.prob(batch["sync_mel"], fold_lower_halves(frames))
        loss = weights.l1 * (frames - target).abs().mean()
        loss = loss + weights.sync * F.binary_cross_entropy(prob, torch.ones_like(prob))
        wanted = self.features(target.flatten(0, 1))
        for a, b in zip(self.features(frames.flatten(0, 1)), wanted, strict=True):
            loss = loss + weights.perceptual * F.mse_loss(a, b)
        loss = loss + weights.emotion * F.cross_entropy(self.emotion(frames), label)
        self.adams[0].zero_grad()
        loss.backward()
        self.adams[0].step()
        if self.recipe.co_train:
            self.emotion.requires_grad_(True)
            self.adams[1].zero_grad()
            F.cross_entropy(self.emotion(target), label).backward()
            self.adams[1].step()


class OurLoop:
    """A stage's task under the package's own steps and loader, late in its schedule or early."""

    def __init__(self, task: Task, config: FitConfig, device: str, first_step: int = 10_000):
        config = replace(config, steps=10**9, schedule_steps=10**9)
        self.device, self.run = torch.device(device), Steps(task, Path(), config, device)
        self.run.step = first_step
        task.set_train()
        self.source, self.waited_s = self.run.batches(), 0.0
        self.waiting = time.process_time if device == "cpu" else time.perf_counter

    def step(self) -> None:
        mark = self.waiting()
        batch = next(self.source)
        self.waited_s += self.waiting() - mark
        take_step(self.run, batch)
        assert not self.run.guard.left_out


def generator_task(recipe, store: ClipStore, width: float, config: FitConfig) -> GeneratorTask:
    generator, sync, emotion, features = networks(recipe, width)
    return GeneratorTask(generator, Judges(sync, emotion, features), recipe, store, config)


def take_turns(loops: dict, device: str, rounds: int, steps: int) -> dict[str, float]:
    """Median seconds a step of each loop."""
    found: dict[str, list[float]] = {name: [] for name in loops}
    for loop in loops.values():
        loop.step()
    for _ in range(rounds):
        for name, loop in loops.items():
            start_s = clock(device)
            for _ in range(steps):
                loop.step()
            found[name].append((clock(device) - start_s) / steps)
    return {name: median(times) for name, times in found.items()}


def loop_of(which: str, name: str, store: ClipStore, args):
    """The plain loop ("plain"), or ours in a precision ("fp32", "auto"), on one recipe."""
    recipe = varied(find_recipe("generator", name), {"network.width": str(args.width)})
    recipe = replace(recipe, schedule=Ramp(0, 1))
    if which == "plain":
        return PlainLoop(recipe, store, args.width, args.batch_size, args.device)
    config = replace(recipe.fit, batch_size=args.batch_size, precision=which)
    return OurLoop(generator_task(recipe, store, args.width, config), config, args.device)


def paired(name: str, store: ClipStore, args) -> dict:
    """Frames/s of the plain loop, ours in fp32 and ours as it is, on one recipe."""
    loops = {"plain fp32": loop_of("plain", name, store, args)}
    for precision in ("fp32", "auto"):
        ours = loop_of(precision, name, store, args)
        loops[f"ours {ours.run.precision}"] = ours
    seconds = take_turns(loops, args.device, args.rounds, args.steps)
    frames = T * args.batch_size
    print(f"{name}, width {args.width:g}, batch {args.batch_size}, all losses on:")
    for loop, value in seconds.items():
        gain = seconds["plain fp32"] / value
        print(f"  {loop:10}  {value:.3f} s/step  {frames / value:6.1f} frames/s  {gain:.2f}×")
    return {loop: frames / value for loop, value in seconds.items()}


def peak_mb(which: str, name: str, args) -> float:
    """Peak memory of two steps of a loop, alone in this process."""
    loop = loop_of(which, name, ClipStore(args.store), args)
    for _ in range(2):
        loop.step()
    return peak_memory_mb(args.device)


def peaks_mb(name: str, args) -> dict:
    """Peak memory of two steps, of each loop in a process of its own."""
    found = {}
    for told, which in (("plain", "plain"), ("ours", "auto")):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found[told] = pool.apply(peak_mb, (which, name, args))
    print(f"{name}: peak memory " + ", ".join(f"{k} {v:.0f} MB" for k, v in found.items()))
    return found


def stages(store: ClipStore, args) -> dict:
    """Frames/s of each stage as `emolib train` runs it, and the loader's share."""
    kinds, width = ("syncnet", "emotion", "generator"), {"network.width": str(args.width)}
    recipes = sync, emotion, plain = [varied(find_recipe(k, "IMPROVED"), width) for k in kinds]
    recipes.append(replace(plain, schedule=Ramp(0, 1)))
    tasks = {
        "SyncNet": SyncTask(SyncNet(sync.network), sync, store, sync.fit),
        "emotion": EmotionTask(EmotionDiscriminator(emotion.network), emotion, store, emotion.fit),
        "IMPROVED, before sync": generator_task(plain, store, args.width, plain.fit),
        "IMPROVED, with sync": generator_task(recipes[-1], store, args.width, plain.fit),
    }
    found = {}
    print(f"stages at width {args.width:g}:")
    for (name, task), recipe in zip(tasks.items(), recipes, strict=True):
        begun = 0 if "before" in name else 10_000  # the ramp has not begun, or is over
        loop, config = OurLoop(task, recipe.fit, args.device, begun), recipe.fit
        step_s = take_turns({name: loop}, args.device, args.rounds, args.steps)[name]
        waited = loop.waited_s / (1 + args.rounds * args.steps) / step_s
        frames = T * config.batch_size
        found[name] = {"steps_per_s": 1 / step_s, "frames_per_s": frames / step_s, "wait": waited}
        print(
            f"  {name:22} batch {config.batch_size:3}  {1 / step_s:5.2f} steps/s  "
            f"{frames / step_s:6.1f} frames/s, loader {waited:.0%} of a step, in "
            f"{loop.run.precision}"
        )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--store", type=Path)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    args.device = pick_device(args.device)
    if args.device == "cpu":
        torch.set_num_threads(1)
        tiles = torch.cpu.get_capabilities().get("amx_bf16")
        machine = "one CPU core" + (" with bf16 tiles" if tiles else "")
    else:
        machine = torch.cuda.get_device_name(args.device)
    names = ("PLDA", "IMPROVED")
    with tempfile.TemporaryDirectory() as folder:
        if args.store is None:
            args.store = prepare(open_corpus(data_dir() / "sample"), Path(folder) / "store").store
        store = ClipStore(args.store)
        pairs = {name: paired(name, store, args) for name in names}
        memory = {name: peaks_mb(name, args) for name in names}
        shares = stages(store, args)
    if args.json:
        best = {f"{name}, width {args.width:g}": max(s.values()) for name, s in pairs.items()}
        numbers = {"machine": machine, "width": args.width, "batch_size": args.batch_size}
        numbers |= {"paired_frames_per_s": pairs, "peak_mb": memory, "stages": shares}
        record = run_record(corpus=store.corpus, seed=0, device=args.device)
        save_result(args.json, numbers | {"cost": best}, record)


if __name__ == "__main__":
    main()
