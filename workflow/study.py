"""One study: networks and clips in, a stored result out, from which a figure is drawn.

python workflow/study.py ablation_frames --out results/ablation_frames.json --store stores/sample \\
    --corpus data/sample --generator SEQ=seq.safetensors --judge emotion=judges/emotion.safetensors
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from emolib.base.errors import EmolibError  # noqa: E402
from emolib.base.runtime import seed_everything  # noqa: E402
from emolib.data.corpora import open_corpus  # noqa: E402
from emolib.data.store import ClipStore  # noqa: E402

STUDIES = {  # the result's name → the module and function that make it
    "ablation_frames": "ablation_frames.make",
    "influence": "influence.make",
    "artefacts": "artefacts.make",
    "fig03_arbitrary": "talking.make_stranger",
    "fig10_painting": "talking.make_painting",
    "fig11_test_subject": "talking.make_test_subject",
    "fig11_real_actor": "talking.make_real_actor",
    "cremad_1001": "talking.make_true_and_generated",
    "embeddings_actor": "embeddings.make_actor",
    "embeddings_people": "embeddings.make_people",
    "windows": "windows.make_windows",
    "draws": "windows.make_draws",
    "nb04_people_and_folding": "emotion_people.make",
}


def main(words: list[str] | None = None) -> int:
    from studies.bench import Bench

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(STUDIES))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--generator", action="append", default=[], metavar="RECIPE=FILE")
    parser.add_argument("--judge", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args(words)
    networks = [
        {name: Path(path) for name, path in (one.split("=", 1) for one in pairs)}
        for pairs in (asked.generator, asked.judge)
    ]
    module, function = STUDIES[asked.name].split(".")
    try:
        seed_everything(0)
        store, corpus = ClipStore(asked.store), open_corpus(asked.corpus)
        bench = Bench(asked.out, *networks, store, corpus, asked.device)
        getattr(import_module(f"studies.{module}"), function)(bench)
    except EmolibError as error:
        print(f"{asked.name}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
