"""A clip and its files: what names, sizes and a corpus's own tables tell, no media file opened."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from glob import iglob
from pathlib import Path

import pandas as pd

from emolib.base.errors import DatasetError
from emolib.base.files import file_sha256

VIDEO_SUFFIXES = (".flv", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg")
UNKNOWN = "unknown"  # the actor of clips of which nobody says who speaks
LFS_HEAD = b"version https://git-lfs"


def files_below(root: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """The files with such endings in a folder and all below, links to folders followed, sorted.

    Hidden files and folders are passed over.
    """
    names = iglob("**/*.*", root_dir=root, recursive=True)  # noqa: PTH207 (Path follows no links)
    return sorted(root / name for name in names if name.lower().endswith(suffixes))


@dataclass(frozen=True)
class Clip:
    """One recording of one sentence.

    Attributes:
        name: unique in its corpus.
        actor: who speaks; splits keep all clips of an actor together.
        sentence: code of what is said.
        emotion: one of the six codes, or None where the corpus has no labels.
        level: intensity: LO, MD, HI, or XX for unspecified.
        video: the video file, or a still picture.
        audio: the file to take the sound from; may be the video itself. None: a still picture.
        sex: "female", "male" or None.
        truth: per-frame truth (.npz) of a synthetic clip.
        twins: name shared by clips that have a file in common, byte for byte; None if unique.
        text: the words that are said, where the corpus tells them.
    """

    name: str
    actor: str
    sentence: str
    emotion: str | None
    level: str
    video: Path
    audio: Path | None
    sex: str | None = None
    truth: Path | None = None
    twins: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Problem:
    """Something odd about one file: a reason to count by, and a sentence to read.

    `fatal` clips are quarantined; the others are used, with a remark.
    """

    name: str
    reason: str
    text: str
    file: str = ""
    fatal: bool = True


def read_table(file: Path, *columns: str) -> pd.DataFrame:
    """A corpus's own CSV file, or these columns of it: text without spaces around it.

    Names of columns come in small letters.

    Raises:
        DatasetError: damaged, or a column is missing.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        table.columns = table.columns.str.strip().str.lower()
        wanted = [column.lower() for column in columns] or table.columns
        return table[wanted].apply(lambda values: values.str.strip())
    except (OSError, ValueError, KeyError) as problem:
        raise DatasetError(
            f"damaged ({problem})",
            file=file,
            expected=", ".join(["a CSV file", *columns]),
            fix="take it anew from the corpus, or remove it",
        ) from problem


def file_problem(name: str, path: Path) -> Problem | None:
    """What is wrong with a media file as far as it shows unread: no access, stub, empty."""
    if not os.access(path, os.R_OK):
        return Problem(name, "unreadable", "a link to nowhere, or no right to read it", str(path))
    size = path.stat().st_size
    if size == 0:
        return Problem(name, "empty_file", "the file has 0 bytes; download it again", str(path))
    if size < 1024:
        with path.open("rb") as file:
            if file.read(len(LFS_HEAD)) == LFS_HEAD:
                text = "a git-lfs pointer, not the media; run `git lfs pull` or use the mirror"
                return Problem(name, "lfs_stub", text, str(path))
    return None


def one_a_name(named: Iterable[tuple[str, Path]]) -> tuple[dict[str, Path], list[Problem]]:
    """The first file of each name, sorted by name, and a remark for each file left out for it."""
    kept: dict[str, Path] = {}
    problems = []
    for name, path in sorted(named):
        if kept.setdefault(name, path) != path:
            text = f"{kept[name]} has this name too and is used; this file is not"
            problems.append(Problem(name, "same_name", text, str(path), fatal=False))
    return kept, problems


def identical_files(paths: Iterable[Path]) -> list[list[Path]]:
    """Groups of files with the same content. Only files of equal size are read."""
    by_size: dict[int, list[Path]] = {}
    for path in sorted(set(paths)):
        by_size.setdefault(path.stat().st_size, []).append(path)
    groups: dict[tuple[int, str], list[Path]] = {}
    for size, same in by_size.items():
        if len(same) > 1:
            for path in same:
                groups.setdefault((size, file_sha256(path)), []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def mark_twins(clips: list[Clip]) -> tuple[list[Clip], list[Problem]]:
    """Clips with their `twins` filled in, and a remark for each: one of their labels is wrong."""
    twins: dict[str, str] = {}
    problems = []
    for what in ("audio", "video"):
        users: dict[Path, list[str]] = {}
        for clip in clips:
            if (path := getattr(clip, what)) is not None:
                users.setdefault(path, []).append(clip.name)
        for group in identical_files(users):
            names = sorted(name for path in group for name in users[path])
            first = min(twins.get(name, name) for name in names)
            twins |= dict.fromkeys(names, first)
            for name in names:
                others = ", ".join(other for other in names if other != name)
                text = f"the {what} file is the same as that of {others}"
                problems.append(Problem(name, f"same_{what}", text, fatal=False))
    return [replace(clip, twins=twins.get(clip.name)) for clip in clips], problems
