"""What every corpus is: a table of clips, and an honest list of what is wrong with it.

A reader looks at names, sizes and the corpus's own tables; it opens no media file. Whatever cannot
be used is quarantined with a reason, never skipped in silence and never changed on disk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from emolib.base.errors import DatasetError
from emolib.data.corpora.clips import Clip, Problem, mark_twins, one_a_name


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


class Corpus(ABC):
    """Base of all corpora. A subclass sets `kind` and writes `_scan`.

    Attributes:
        n_found: clips with a video, usable or not; known once the folder was looked at.
    """

    kind = ""
    layout = "a folder of clips"
    missing_fix = "pass the folder that holds the corpus"
    shares_sound = False

    def __init__(self, root: str | Path):
        self.root, self.n_found = Path(root), 0
        if not self.root.is_dir():
            raise DatasetError("no such folder", file=root, expected=f"a {self.kind} corpus")

    @property
    def name(self) -> str:
        """What decides whether two stores hold the same kind of clips."""
        return self.kind

    @property
    def title(self) -> str:
        """How results name this corpus."""
        return self.name

    def clips(self) -> list[Clip]:
        """Usable clips, sorted by name."""
        return list(self._scanned[0])

    def problems(self) -> list[Problem]:
        """What is odd or unusable, sorted by name; costs no reading of media."""
        return list(self._scanned[1])

    def expected_names(self) -> set[str] | None:
        """Names in a complete copy; None where they are not known."""
        return None

    def official_split(self) -> dict[str, str] | None:
        """Split by clip name as the corpus's makers give it; None where they give none."""
        return None

    def verify(self) -> CorpusReport:
        """A report on what is there, what is missing and what is odd. Changes nothing."""
        expected, (clips, problems) = self.expected_names(), self._scanned
        there = {one.name for one in (*clips, *problems)}
        return CorpusReport(
            kind=self.kind,
            root=str(self.root),
            n_expected=None if expected is None else len(expected),
            n_found=self.n_found,
            n_usable=len(clips),
            missing=() if expected is None else tuple(sorted(expected - there)),
            problems=tuple(problems),
        )

    @cached_property
    def _scanned(self) -> tuple[list[Clip], list[Problem]]:
        seen = list(self._scan())
        if not self.n_found:
            raise DatasetError(
                "no clips here", file=self.root, expected=self.layout, fix=self.missing_fix
            )
        problems = [one for one in seen if isinstance(one, Problem)]
        fatal = {problem.name for problem in problems if problem.fatal}
        clips = [one for one in seen if isinstance(one, Clip) and one.name not in fatal]
        kept, repeated = one_a_name((clip.name, clip.video) for clip in clips)
        clips = sorted((c for c in clips if kept[c.name] == c.video), key=lambda clip: clip.name)
        clips, doubles = mark_twins(clips)
        problems += repeated + ([] if self.shares_sound else doubles)
        return clips, sorted(problems, key=lambda p: (p.name, p.reason))

    @abstractmethod
    def _scan(self) -> Iterator[Clip | Problem]:
        """All that names, sizes and tables tell; sets `n_found`."""
