"""Compare short training runs on the same held-out clips: what does each ingredient do?

    python scripts/compare_runs.py --store STORE [--corpus CORPUS] RUN_DIR RUN_DIR …

Runs of one corpus and budget that differ in one ingredient each; all are compared with the first,
clip by clip. `NAME=RUN_DIR` gives a run another name than its folder's. Writes
`data/results/improved_ingredients.json`, which notebook 07 shows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emolib.base.errors import EmolibError
from emolib.base.files import results_dir
from emolib.evaluation.variants import KEPT, compare_runs, named_runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", help="folders of emolib train generator, or NAME=FOLDER")
    parser.add_argument("--store", type=Path, required=True, help="clip store; its test split")
    parser.add_argument("--corpus", type=Path, help="the folder it was prepared from: true lips")
    parser.add_argument("--limit", type=int, default=36, help="clips a run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=results_dir() / "improved_ingredients.json")
    given = parser.parse_args()
    try:
        result = compare_runs(
            named_runs(given.runs),
            given.store,
            given.out,
            corpus=given.corpus,
            limit=given.limit,
            seed=given.seed,
            device=given.device,
        )
    except EmolibError as error:
        print(f"compare_runs: {error}", file=sys.stderr)
        return 1
    for variant, row in result["numbers"].items():
        shown = [f"{name} {row[name]['mean']:.3f}" for name in KEPT if name in row]
        print(f"{variant}: {', '.join(shown)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
