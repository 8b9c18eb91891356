"""What every corpus is: a table of clips, and an honest list of what is wrong with it.

A reader looks at names, sizes and the corpus's own tables; it opens no media file. Whatever cannot
be used is quarantined with a reason, never skipped in silence and never changed on disk.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from emolib.base.errors import DatasetError
from emolib.base.files import file_sha256

VIDEO_SUFFIXES = (".flv", ".mp4", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg")
UNKNOWN = "unknown"  # the actor of clips of which nobody says who speaks
LFS_HEAD = b"version https://git-lfs"


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


@dataclass(frozen=True)
class CorpusReport:
    """What `verify` found.

    Attributes:
        n_expected: clips that a complete copy has; None if that is not known.
        n_found: clips with a video; n_usable: those without a fatal problem.
        missing: names that a complete copy has and this one lacks.
    """

    kind: str
    root: str
    n_expected: int | None
    n_found: int
    n_usable: int
    missing: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Nothing is missing or unusable."""
        return not self.missing and not any(problem.fatal for problem in self.problems)

    def table(self) -> pd.DataFrame:
        """One row a problem: name, reason, text, file, fatal."""
        columns = ["name", "reason", "text", "file", "fatal"]
        return pd.DataFrame([asdict(problem) for problem in self.problems], columns=columns)

    def __str__(self) -> str:
        expected = "" if self.n_expected is None else f" of {self.n_expected}"
        lines = [f"{self.kind}: {self.n_found}{expected} clips found, {self.n_usable} usable"]
        counts = Counter((problem.reason, problem.fatal) for problem in self.problems)
        for (reason, fatal), n in counts.most_common():
            kind = reason if fatal else f"{reason} (remark)"
            first = next(p for p in self.problems if (p.reason, p.fatal) == (reason, fatal))
            lines.append(f"  {n:5d}  {kind}, such as {first.name}: {first.text}")
        if self.missing:
            more = " …" if len(self.missing) > 5 else ""
            lines.append(f"  {len(self.missing):5d}  missing: {', '.join(self.missing[:5])}{more}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Scan:
    """What a reader saw on disk."""

    clips: list[Clip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_found: int = 0


class Corpus(ABC):
    """Base of all corpora. A subclass sets `kind` and writes `_scan`."""

    kind = ""
    layout = "a folder of clips"
    missing_fix = "pass the folder that holds the corpus"
    shares_sound = False

    def __init__(self, root: str | Path):
        self.root = Path(root)
        if not self.root.is_dir():
            raise DatasetError("no such folder", file=root, expected=f"a {self.kind} corpus")

    @property
    def name(self) -> str:
        """What decides whether two stores hold the same kind of clips."""
        return self.kind

    @property
    def told(self) -> str:
        """How results name this corpus."""
        return self.name

    def clips(self) -> list[Clip]:
        """Usable clips, sorted by name."""
        return list(self._seen.clips)

    def problems(self) -> list[Problem]:
        """What is odd or unusable, sorted by name; costs no reading of media."""
        return list(self._seen.problems)

    def expected_names(self) -> set[str] | None:
        """Names in a complete copy; None where they are not known."""
        return None

    def official_split(self) -> dict[str, str] | None:
        """Split by clip name as the corpus's makers give it; None where they give none."""
        return None

    def table(self) -> pd.DataFrame:
        """Usable clips, one a row, columns as in `Clip`."""
        columns = list(Clip.__dataclass_fields__)
        return pd.DataFrame([asdict(clip) for clip in self._seen.clips], columns=columns)

    def verify(self) -> CorpusReport:
        """A report on what is there, what is missing and what is odd. Changes nothing."""
        expected, scan = self.expected_names(), self._seen
        there = {clip.name for clip in scan.clips} | {p.name for p in scan.problems}
        return CorpusReport(
            kind=self.kind,
            root=str(self.root),
            n_expected=None if expected is None else len(expected),
            n_found=scan.n_found,
            n_usable=len(scan.clips),
            missing=() if expected is None else tuple(sorted(expected - there)),
            problems=tuple(scan.problems),
        )

    @cached_property
    def _seen(self) -> Scan:
        scan = self._scan()
        if not scan.n_found:
            raise DatasetError(
                "no clips here", file=self.root, expected=self.layout, fix=self.missing_fix
            )
        fatal = {problem.name for problem in scan.problems if problem.fatal}
        clips = [clip for clip in scan.clips if clip.name not in fatal]
        kept, repeated = one_a_name((clip.name, clip.video) for clip in clips)
        clips = sorted((c for c in clips if kept[c.name] == c.video), key=lambda clip: clip.name)
        clips, doubles = mark_twins(clips)
        problems = scan.problems + repeated + ([] if self.shares_sound else doubles)
        return Scan(clips, sorted(problems, key=lambda p: (p.name, p.reason)), scan.n_found)

    @abstractmethod
    def _scan(self) -> Scan:
        """Look at names, sizes and tables, once."""


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
