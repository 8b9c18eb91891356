"""Ship a trained network: float16 weights and their log into data/checkpoints.

    python scripts/ship_checkpoint.py runs/sync lite-syncnet --corpus people
    python scripts/ship_checkpoint.py runs/improved lite-generator --corpus people \\
        --after runs/warmup --note "trained on synthetic people only"

Refuses files above 6 MB. Afterwards run `python scripts/make_model_card.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emolib.base.errors import EmolibError
from emolib.training.ship import ship


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="a run's folder, or the weights file in it")
    parser.add_argument("name", help="such as lite-generator")
    parser.add_argument("--note", default="", help="anything a reader must know")
    parser.add_argument(
        "--after", type=Path, action="append", default=[], help="the run it started from; repeat"
    )
    parser.add_argument("--corpus", type=Path, help="the synthetic corpus it learned from")
    parser.add_argument("--profile", default="lite")
    parser.add_argument("--out", type=Path, help="another folder than data/checkpoints")
    given = parser.parse_args(words)
    try:
        made = ship(
            given.run,
            given.name,
            note=given.note,
            earlier=given.after,
            corpus=given.corpus,
            profile=given.profile,
            out=given.out,
        )
    except EmolibError as error:
        print(f"ship_checkpoint: {error}", file=sys.stderr)
        return 1
    print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
