"""What is known only after a step: the people and labels of a store, how good a judge became.

python workflow/check.py store stores/studio --train_people 240 --labels
python workflow/check.py judge runs/emotion/emotion.safetensors --least accuracy=0.9
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from problems import lacks  # noqa: E402

from emolib.base.errors import EmolibError  # noqa: E402
from emolib.data.store import ClipStore  # noqa: E402
from emolib.models.checkpoint import read_meta  # noqa: E402


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("store", "judge"))
    parser.add_argument("path", type=Path)
    parser.add_argument("--train_people", type=int, default=0)
    parser.add_argument("--test_people", type=int, default=0)
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--least", action="append", default=[], metavar="METRIC=NUMBER")
    asked = parser.parse_args(words)
    try:
        found = _store(asked) if asked.kind == "store" else _judge(asked)
    except EmolibError as error:
        found = [str(error)]
    for line in found:
        print(f"check: {line}", file=sys.stderr)
    return 1 if found else 0


def _store(asked) -> list[str]:
    store = ClipStore(asked.path)
    actors = store.clips.groupby("split")["actor"].nunique()
    people = {side: int(actors.get(side, 0)) for side in ("train", "test")}
    return lacks(asked.path.name, vars(asked), people, bool((store.emotion_idx >= 0).any()))


def _judge(asked) -> list[str]:
    metrics, found = read_meta(asked.path).metrics, []
    for one in asked.least:
        name, least = one.split("=")
        value = metrics.get(name)
        if value is None or value < float(least):
            found.append(f"{asked.path}: {name} is {value} on unseen people; needed is {least}")
    return found


if __name__ == "__main__":
    sys.exit(main())
