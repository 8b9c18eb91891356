"""Write MODEL_CARD.md from the shipped checkpoints, their logs and the stored results.

python scripts/make_model_card.py            # after anything in data/ has changed
python scripts/make_model_card.py --check    # is it what would be written now?
"""

from __future__ import annotations

import argparse
import sys

from emolib.base.files import atomic_path, project_root
from emolib.evaluation.card import model_card


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    given = parser.parse_args(words)
    path, text = project_root() / "MODEL_CARD.md", model_card()
    if given.check:
        fresh = path.is_file() and path.read_text(encoding="utf-8") == text
        print(f"{path.name} is {'fresh' if fresh else 'stale: run this script without --check'}")
        return int(not fresh)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
