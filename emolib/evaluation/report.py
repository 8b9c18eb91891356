"""Tables of numbers with their intervals, as Markdown and as LaTeX."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from emolib.evaluation.intervals import Interval
from emolib.paths import atomic_path


@dataclass(frozen=True)
class Column:
    """How a metric is shown: heading, which way is better, decimals, and a factor (100 for %)."""

    heading: str
    better: str = ""  # "down", "up" or ""
    decimals: int = 2
    factor: float = 1.0


@dataclass(frozen=True)
class Row:
    """A line of the table. `cells`: heading → Interval, number, or nothing."""

    method: str
    emotion: str
    corpus: str
    profile: str
    cells: dict[str, Interval | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows under common columns, with notes below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def headings(self) -> list[str]:
        """All headings, left to right."""
        return ["Method", "Emotion", "Corpus", "Profile", *(c.heading for c in self.columns)]

    def cells(self, row: Row, *, plus_minus: str = "[{low}, {high}]") -> list[str]:
        """A row as text; "–" where nothing was measured."""
        texts = [row.method, row.emotion, row.corpus, row.profile]
        return texts + [_shown(row.cells.get(c.heading), c, plus_minus) for c in self.columns]

    def markdown(self) -> str:
        """A GitHub table."""
        arrows = {"down": " ↓", "up": " ↑", "": ""}
        names = self.headings[:4] + [c.heading + arrows[c.better] for c in self.columns]
        lines = [
            "| " + " | ".join(names) + " |",
            "|" + "---|" * 4 + "---:|" * len(self.columns),
            *("| " + " | ".join(map(_md, self.cells(row))) + " |" for row in self.rows),
        ]
        notes = [f"- {note}" for note in self.notes]
        return "\n".join([f"**{self.title}**", "", *lines, "", *notes]).rstrip() + "\n"

    def latex(self) -> str:
        """A `tabular` with caption that needs no package."""
        arrows = {"down": r" $\downarrow$", "up": r" $\uparrow$", "": ""}
        names = [_tex(h) for h in self.headings[:4]]
        names += [_tex(c.heading) + arrows[c.better] for c in self.columns]
        span = r"{{\scriptsize [{low}, {high}]}}"
        body = [
            " & ".join(
                _tex(cell, keep=r"{\scriptsize") for cell in self.cells(row, plus_minus=span)
            )
            for row in self.rows
        ]
        lines = [
            r"\begin{table}",
            rf"\caption{{{_tex(' '.join([self.title + '.', *self.notes]))}}}",
            r"\begin{tabular}{llll" + "r" * len(self.columns) + "}",
            r"\hline",
            " & ".join(names) + r" \\",
            r"\hline",
            *(line + r" \\" for line in body),
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"


def write_tables(tables: list[Table], path: str | os.PathLike) -> list[Path]:
    """Write tables, one after the other, as `path` with .md and with .tex; returns both paths."""
    path, written = Path(path), []
    texts = {
        ".md": "\n".join(table.markdown() for table in tables),
        ".tex": "\n".join(table.latex() for table in tables),
    }
    for suffix, text in texts.items():
        target = path.with_suffix(suffix)
        with atomic_path(target) as temporary:
            temporary.write_text(text, encoding="utf-8")
        written.append(target)
    return written


def _shown(value: Interval | float | None, column: Column, plus_minus: str) -> str:
    if value is None:
        return "–"
    number = f"{{:.{column.decimals}f}}"
    if isinstance(value, Interval):
        edges = {"low": number.format(value.low), "high": number.format(value.high)}
        return f"{number.format(value.mean)} {plus_minus.format(**edges)}"
    return number.format(value)


def _md(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*")


def _tex(text: str, keep: str = "") -> str:
    if keep and keep in text:
        return text
    for plain, escaped in (("\\", ""), ("%", r"\%"), ("&", r"\&"), ("_", r"\_"), ("–", "--")):
        text = text.replace(plain, escaped)
    return text
