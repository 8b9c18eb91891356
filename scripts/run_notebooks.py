"""Execute the notebooks from fresh kernels and save them the way they are committed.

Run from the project's root: `python scripts/run_notebooks.py [name ...]`. A name is the start of a
file name (`01`); without names all lessons and their solved twins are run, in the tiny profile.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
VOLATILE = ("execution", "collapsed", "scrolled")


def run(path: Path) -> None:
    """Execute one notebook in its own folder and write it back without volatile metadata."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        for key in VOLATILE:
            cell.metadata.pop(key, None)
    nbformat.write(notebook, path)


def main() -> None:
    os.environ.setdefault("EMOLIB_PROFILE", "tiny")
    os.environ.setdefault("EMOLIB_PROGRESS", "0")
    folder = ROOT / "notebooks"
    paths = sorted(folder.glob("*.ipynb")) + sorted(folder.glob("solutions/*.ipynb"))
    wanted = [
        path for path in paths if not sys.argv[1:] or path.name.startswith(tuple(sys.argv[1:]))
    ]
    for path in wanted:
        print(path.relative_to(ROOT), flush=True)
        run(path)


if __name__ == "__main__":
    main()
