"""Execute the notebooks from fresh kernels and save them the way they are committed.

Run from the project's root: `python scripts/run_notebooks.py [name ...]`. A name is the start of a
file name (`01`); without names all lessons are run, in the tiny profile. Beside each, its solved
twin is written: the lesson with the printed solutions in place of the starters, run as well.
Drawings get a palette. In a notebook above 295 kB photographs become JPEG, then ever coarser,
all of them alike, and only at last smaller.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image, ImageChops, ImageStat

ROOT = Path(__file__).resolve().parent.parent
VOLATILE = ("execution", "collapsed", "scrolled")
MAX_BYTES = 295_000
TWIN_BYTES = 300_000  # a twin keeps its lesson's pictures, and may say a little more
STARTER = re.compile(r"(\w+) = \.\.\.[^\n]*\n")  # of an exercise: a name and dots, then its check
SOLUTION = re.compile(r"<summary>Solution</summary>\n\n```python\n(.*?)```", re.DOTALL)
WAYS = [(1.0, 85), (1.0, 75), (1.0, 65), (1.0, 55), (0.85, 60), (0.7, 60)]  # side, JPEG quality
DRAWING = 1.0  # grey levels that a palette of 64 colours may move a pixel, on average


def run(lesson: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Execute a lesson in its own folder, in place; returns its twin, whose solved exercises were
    executed after it in the same kernel."""
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(lesson, timeout=600, kernel_name="python3", resources=where)
    with client.setup_kernel():
        for index, cell in enumerate(lesson.cells):
            client.execute_cell(cell, index)
        client.nb = twin = solve(lesson)
        for index, (cell, before) in enumerate(zip(twin.cells, lesson.cells, strict=True)):
            if cell.source != before.source:
                count = cell.execution_count
                client.execute_cell(cell, index)
                cell.execution_count = count
    return twin


def clean(notebook: nbformat.NotebookNode) -> None:
    """Take out what differs from run to run and machine to machine, in place."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        for key in VOLATILE:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            if "execution_count" in output:
                output.execution_count = cell.execution_count


def solve(lesson: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A lesson with each exercise's starter replaced by the solution printed below it."""
    twin = nbformat.from_dict(lesson)
    for cell, below in zip(twin.cells, twin.cells[1:], strict=False):
        if cell.cell_type == "code" and (starter := STARTER.match(cell.source)):
            found = SOLUTION.search(below.source)
            if found is None:
                raise SystemExit(f"no printed solution below the exercise {starter[1]!r}")
            solution = found[1]
            gap = "\n" if "def " in solution else ""
            cell.source = solution + gap + cell.source[starter.end() :]
    return twin


def slim(notebook: nbformat.NotebookNode, limit: int = MAX_BYTES) -> None:
    """Make a notebook's pictures smaller in bytes, in place, until all of it fits."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    photos = []  # [tried ways, the PNG as drawn, the output's data]
    for data in (output["data"] for output in outputs if "image/png" in output.get("data", {})):
        if Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).mode == "P":
            continue  # made smaller before
        if (small := as_drawing(data["image/png"])) is not None:
            data["image/png"] = small
        else:
            photos.append([0, data["image/png"], data])
    while len(nbformat.writes(notebook).encode()) > limit:
        left = [photo for photo in photos if photo[0] < len(WAYS)]
        if not left:
            raise SystemExit(f"more than {limit / 1000:g} kB, whatever the pictures' size")
        photo = min(left, key=lambda one: (one[0], -len(next(iter(images(one[2]).values())))))
        tried, drawn, data = photo
        for kind in images(data):
            del data[kind]
        data["image/jpeg"] = as_jpeg(drawn, *WAYS[tried])
        photo[0] += 1


def as_drawing(drawn: str) -> str | None:
    """A picture (PNG in base64) with a palette of 64 colours; None: it is a photograph."""
    picture = Image.open(io.BytesIO(base64.b64decode(drawn))).convert("RGB")
    few = picture.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    moved = ImageStat.Stat(ImageChops.difference(picture, few.convert("RGB"))).mean
    if max(moved) > DRAWING:
        return None
    written = io.BytesIO()
    few.save(written, "PNG", optimize=True)
    if written.tell() > len(base64.b64decode(as_jpeg(drawn, *WAYS[1]))):
        return None
    return base64.b64encode(written.getvalue()).decode()


def images(data: dict) -> dict[str, str]:
    """What of an output's data is a picture."""
    return {kind: data[kind] for kind in ("image/png", "image/jpeg") if kind in data}


def as_jpeg(drawn: str, side: float, quality: int) -> str:
    """A picture (PNG in base64) as JPEG in base64, at a share of its width and height."""
    picture = Image.open(io.BytesIO(base64.b64decode(drawn))).convert("RGB")
    size = round(picture.width * side), round(picture.height * side)
    written = io.BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(
        written, "JPEG", quality=quality, optimize=True, progressive=True
    )
    return base64.b64encode(written.getvalue()).decode()


def main() -> None:
    os.environ.setdefault("EMOLIB_PROFILE", "tiny")
    os.environ.setdefault("EMOLIB_PROGRESS", "0")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if sys.argv[1:] and not path.name.startswith(tuple(sys.argv[1:])):
            continue
        began = time.perf_counter()
        lesson = nbformat.read(path, as_version=4)
        twin = run(lesson, path.parent)
        clean(lesson)
        slim(lesson)
        for cell, shown in zip(twin.cells, lesson.cells, strict=True):
            if cell.source == shown.source and "outputs" in shown:
                cell.outputs = shown.outputs
        clean(twin)
        slim(twin, TWIN_BYTES)
        nbformat.write(lesson, path)
        nbformat.write(twin, path.parent / "solutions" / path.name)
        print(f"{path.relative_to(ROOT)}: {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
