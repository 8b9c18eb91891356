"""Committed notebooks are executed in order, small, quiet, and carry no trace of a machine."""

import re
import runpy
import statistics
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[0-9][0-9]_*.ipynb"))
LESSONS = [path for path in NOTEBOOKS if path.parent.name == "notebooks"]
MAX_BYTES = 300_000
ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:home|root|work|Users|tmp|mnt)/|[A-Z]:\\\\")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
BUILDERS = ("03", "04", "05", "06")  # networks and loops stand in full in their cells


def twin_path(path):
    return path.parent / "solutions" / path.name


def code_cells(path):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@every_notebook
def test_executed_once_in_order_quiet_and_without_traces_of_a_machine(path):
    text, cells = path.read_text(encoding="utf-8"), code_cells(path)
    counts = [cell.execution_count for cell in cells if cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1))
    for cell in cells:
        assert not re.search(r"^\s*[!%]\s*pip|sys\.path", cell.source, re.MULTILINE)
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source
    assert len(text.encode()) <= MAX_BYTES
    assert not ABSOLUTE.search(text), ABSOLUTE.search(text)
    metadata = nbformat.read(path, as_version=4).metadata
    assert metadata.kernelspec.name == "python3" and "widgets" not in metadata


@every_lesson
def test_cells_are_short_and_markers_stand_alone(path):
    lines = [len(cell.source.splitlines()) for cell in code_cells(path)]
    longest, median = (40, 14) if path.name.startswith(BUILDERS) else (30, 8)
    assert max(lines) <= longest
    assert statistics.median(lines) <= median
    for line in "\n".join(cell.source for cell in code_cells(path)).splitlines():
        if "NBVAL_" in line:
            assert re.fullmatch(r"# NBVAL_(CHECK_OUTPUT|IGNORE_OUTPUT)", line.strip()), line


@every_lesson
def test_its_twin_is_the_lesson_solved(path):
    solve = runpy.run_path(str(ROOT / "scripts" / "run_notebooks.py"))["solve"]
    twin = nbformat.read(twin_path(path), as_version=4)
    solved = solve(nbformat.read(path, as_version=4))
    assert [cell.source for cell in twin.cells] == [cell.source for cell in solved.cells]
    outputs = [output for cell in code_cells(twin_path(path)) for output in cell.outputs]
    said = [output["data"].get("text/plain", "") for output in outputs if "data" in output]
    assert sum(text.startswith("✓") for text in said) >= 3
    assert not any(text.startswith(("✗", "○")) for text in said)
