"""Measure a lip-sync expert on people it has not seen: is it fit to judge, and to measure?

    python scripts/measure_syncnet.py --store store --checkpoint lite-syncnet
    python scripts/measure_syncnet.py --store store --checkpoint FILE --out numbers.json
    python scripts/measure_syncnet.py --store store --checkpoint FILE --set-border 120

Prints accuracy on true and on wrong sound (the same share of each; wrong: three frames away or
more; border: the network's own), for single windows of five frames and for
means over clips, and which shifts from -5 to +5 frames are found again. `--set-border N` first
moves the border to where it serves best on N clips of training people, and writes the file again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from emolib.base.files import file_sha256
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, run_record
from emolib.data.store import ClipStore
from emolib.evaluation.sync_expert import best_border, embed_store, measure_sync_expert, set_border
from emolib.models.checkpoint import find_checkpoint, load_checkpoint, save_checkpoint
from emolib.training.history import corpus_of

KEPT = ("recipe", "corpus", "profile", "step", "metrics", "training")  # of the file's metadata


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--checkpoint", required=True, help="a file, or a name in data/checkpoints")
    parser.add_argument("--split", default="test")
    parser.add_argument("--corpus", type=Path, help="the store's synthetic corpus, to be told")
    parser.add_argument("--set-border", type=int, metavar="N", help="clips of training people")
    parser.add_argument("--out", type=Path, help="result file (.json)")
    parser.add_argument("--threads", type=int, help="of torch; default: all cores")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    watch = Stopwatch()
    path = find_checkpoint(options.checkpoint, "syncnet")
    model, meta = load_checkpoint(path, "syncnet")
    if options.set_border:
        move_border(model, meta, path, ClipStore(options.store).split("train"), options.set_border)
    store = ClipStore(options.store).split(options.split)
    found = measure_sync_expert(model, store)
    show(path.stem, meta, store, found)
    if options.out:
        trained = {"name": path.stem, "recipe": meta.recipe, "corpus": meta.corpus}
        trained |= {"step": meta.step, "sha256": file_sha256(path)}
        told = store.corpus
        if options.corpus and "(seed" not in told:
            facts = corpus_of(options.corpus)
            told += f", {facts['people']} people (seed {facts['seed']})"
        record = run_record(corpus=told, seed=None, seconds=watch.seconds)
        save_result(options.out, {"checkpoint": trained, "split": options.split, **found}, record)
    print(f"{watch.seconds:.0f} s")


def move_border(model, meta, path: Path, train: ClipStore, n_clips: int) -> None:
    """Choose the border on clips spread over the training split, and keep it in the file."""
    chosen = np.linspace(0, len(train) - 1, min(n_clips, len(train))).round()
    some = train.select(np.isin(np.arange(len(train)), chosen))
    with torch.inference_mode():
        tables = [clip.cosines() for clip in embed_store(model, some)]
    before = model.border
    set_border(model, best_border(tables))
    print(f"border {before:.3f} -> {model.border:.3f}, from {len(tables)} clips of training people")
    half = any(t.dtype == torch.float16 for t in load_file(path).values())
    kept = {name: getattr(meta, name) for name in KEPT}
    note = f"{meta.note} Border set on {len(tables)} clips of training people.".strip()
    save_checkpoint(path, model, half=half, note=note, **kept)


def show(name: str, meta, store: ClipStore, found: dict) -> None:
    """The numbers as a few lines of text."""
    print(f"{name} ({meta.recipe}, {meta.step} steps on {meta.corpus}) on {store.corpus}:")
    print(f"  {found['clips']} clips of {found['people']} people, {found['windows']} windows")
    print(f"  border: cosine {found['border_cosine']:.3f}; wrong: 3 frames away or more")
    for label in ("window", "clip"):
        numbers = found[label]
        edges = (numbers["interval"]["low"], numbers["interval"]["high"])
        low, high = ("?" if edge is None else f"{edge:.1%}" for edge in edges)
        print(
            f"  {label:6}  accuracy {numbers['accuracy']:.1%} [{low}, {high}]"
            f"  in sync {numbers['in_sync']:.1%}  off sync {numbers['off_sync']:.1%}"
            f"  AUC {numbers['auc']:.3f}"
        )
    for shift, one in found["shifts"].items():
        print(
            f"  shift {int(shift):+d}: all clips {one['pooled']:+d};"
            f" single clips exact {one['exact']:.0%}, within a frame {one['within_1']:.0%}"
        )


if __name__ == "__main__":
    main()
