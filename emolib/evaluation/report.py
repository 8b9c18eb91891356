"""Tables of numbers with their intervals, as Markdown, LaTeX and plain values."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from emolib.base.files import write_json, write_text
from emolib.evaluation.intervals import Interval

ARROWS_MD = {"down": " ↓", "up": " ↑", "": ""}
ARROWS_TEX = {"down": r" $\downarrow$", "up": r" $\uparrow$", "": ""}
TEX = str.maketrans(
    {"\\": "", "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "–": "--"}
    | {"✓": r"$\surd$", "✗": r"$\times$", "↓": "", "↑": ""}
)


@dataclass(frozen=True)
class Column:
    """How a number is shown: heading, which way is better, decimals, and a factor (100 for %)."""

    heading: str
    better: str = ""  # "down", "up" or ""
    decimals: int = 2
    factor: float = 1.0


@dataclass(frozen=True)
class Row:
    """A line of the table. `texts`: its first cells; `cells`: heading → Interval or number."""

    texts: tuple[str, ...]
    cells: dict[str, Interval | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Rows under common columns, with notes below.

    Attributes:
        texts: headings of the text columns, which come first.
        columns: of numbers.
    """

    title: str
    texts: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def headings(self) -> list[str]:
        """All headings, left to right."""
        return [*self.texts, *(c.heading for c in self.columns)]

    def cells(self, row: Row, *, span: str = " [{low}, {high}]") -> list[str]:
        """A row as text; "–" where nothing was measured."""
        return [*row.texts, *(_shown(row.cells.get(c.heading), c, span) for c in self.columns)]

    def markdown(self) -> str:
        """A GitHub table."""
        names = [*self.texts, *(c.heading + ARROWS_MD[c.better] for c in self.columns)]
        lines = [
            "| " + " | ".join(names) + " |",
            "|" + "---|" * len(self.texts) + "---:|" * len(self.columns),
            *("| " + " | ".join(map(_md, self.cells(row))) + " |" for row in self.rows),
        ]
        notes = [f"- {_md(note)}" for note in self.notes]
        return "\n".join([f"**{self.title}**", "", *lines, "", *notes]).rstrip() + "\n"

    def latex(self) -> str:
        """A `table` that needs no package; notes stand in the caption."""
        names = [_tex(h) for h in self.texts]
        names += [_tex(c.heading) + ARROWS_TEX[c.better] for c in self.columns]
        span = r" {{\tiny [{low}, {high}]}}"
        body = [" & ".join(map(_tex, self.cells(row, span=span))) for row in self.rows]
        lines = [
            r"\begin{table}",
            rf"\caption{{{_tex(' '.join([self.title + '.', *self.notes]))}}}",
            r"\scriptsize\setlength{\tabcolsep}{3pt}",
            r"\begin{tabular}{" + "l" * len(self.texts) + "r" * len(self.columns) + "}",
            r"\hline",
            " & ".join(names) + r" \\",
            r"\hline",
            *(line + r" \\" for line in body),
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def plain(self) -> dict:
        """The same as plain JSON values, with unrounded numbers."""
        return {
            "title": self.title,
            "columns": self.headings,
            "rows": [
                dict(zip(self.texts, row.texts, strict=True))
                | {
                    name: value.as_dict() if isinstance(value, Interval) else value
                    for name, value in row.cells.items()
                }
                for row in self.rows
            ],
            "notes": list(self.notes),
        }


def write_tables(tables: list[Table], path: str | os.PathLike) -> list[Path]:
    """Write tables, one after the other, as `path` with .md and with .tex; returns both paths."""
    texts = {
        ".md": "\n".join(table.markdown() for table in tables),
        ".tex": "\n".join(table.latex() for table in tables),
    }
    return [write_text(Path(path).with_suffix(suffix), text) for suffix, text in texts.items()]


def write_plain(tables: list[Table], path: str | os.PathLike, **record) -> Path:
    """Write tables as JSON with what they were made from; returns the path."""
    told = record | {"tables": [table.plain() for table in tables]}
    return write_json(path, told, sort_keys=False)


def _shown(value: Interval | float | None, column: Column, span: str) -> str:
    if value is None:
        return "–"
    number = f"{{:.{column.decimals}f}}"
    if not isinstance(value, Interval):
        return number.format(value)
    if value.low is None or value.high is None:
        return number.format(value.mean)
    edges = {"low": number.format(value.low), "high": number.format(value.high)}
    return number.format(value.mean) + span.format(**edges)


def _md(text: str) -> str:
    return text.replace("|", r"\|").replace("*", r"\*")


def _tex(text: str) -> str:
    start = text.find(r"{\tiny")  # an interval is LaTeX already
    if start >= 0:
        return _tex(text[:start]) + text[start:]
    return text.translate(TEX)
