"""Make the stored results that figures and notebooks show, where their inputs have changed.

Run from the project's root: `python scripts/make_results.py [NAME …]`, all studies without names;
`--list` names them. How to add one: the docstring of `emolib.studies`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emolib.base.errors import EmolibError
from emolib.studies import MAKERS, make_results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="studies; default: all")
    parser.add_argument("--store", type=Path, help="clip store with held-out people")
    parser.add_argument("--corpus", type=Path, help="the folder it was prepared from")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--force", action="store_true", help="even if nothing changed")
    parser.add_argument("--list", action="store_true", help="name the studies and end")
    given = parser.parse_args()
    if given.list:
        for maker in MAKERS.values():
            print(f"{maker.name:16} {', '.join(maker.makes)}")
        return 0
    try:
        make_results(
            given.names,
            store=given.store,
            corpus=given.corpus,
            device=given.device,
            force=given.force,
        )
    except EmolibError as error:
        print(f"make_results: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
