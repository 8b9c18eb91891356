"""The house rules that the code must keep: levels, cheap import, no catch-all module."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "emolib"
TABLE = re.compile(r"^\| (\d) \| `(\w+)` \|", re.MULTILINE)
LEVELS = {
    room: int(level)
    for level, room in TABLE.findall((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms of `emolib` that a module names, also inside functions."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "emolib":
                names = [f"emolib.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "emolib" and len(parts) > 1 and not parts[1].startswith("_"):
                rooms.add(parts[1])
    return rooms


def test_every_room_is_in_the_table():
    assert {room_of(path) for path in MODULES} <= set(LEVELS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_below(path):
    own = room_of(path)
    for other in imported_rooms(path) - {own}:
        assert LEVELS[other] < LEVELS[own], f"{own} must not import {other}"


def test_import_is_cheap():
    heavy = "('torch', 'torchvision', 'cv2', 'librosa')"
    code = f"import sys, emolib; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_no_catch_all_module():
    assert not [path for path in MODULES if path.stem in {"utils", "util", "helpers", "misc"}]
