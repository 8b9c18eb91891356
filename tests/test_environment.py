"""One set of dependencies: pyproject, environment.yml and requirements.txt agree."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"].values()
DECLARED = [*PROJECT["dependencies"], *(spec for extra in EXTRAS for spec in extra)]


def distribution(requirement: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")


def conda_lines() -> list[str]:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    return re.findall(r"^      - (.+)$", text, re.MULTILINE)


def test_conda_holds_the_same_set():
    specs = [line.split("  #")[0].strip() for line in conda_lines()]
    assert sorted(specs) == sorted(set(DECLARED))


def test_every_conda_line_says_who_needs_it():
    assert all(re.search(r"  # \S", line) for line in conda_lines())


def test_every_declared_package_is_pinned():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = {distribution(line) for line in text.splitlines() if "==" in line}
    assert {distribution(spec) for spec in DECLARED} <= pinned


def test_the_pins_hold_versions_only():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "://" not in text and "index" not in text.lower().replace("indexes", "")
