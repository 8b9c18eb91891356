"""Figures 1 to 11 by number: where each comes from, what it waits for, and its three files."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib import __version__
from emolib.base.errors import ConfigError
from emolib.base.files import atomic_path, file_sha256, results_dir
from emolib.figures.paper.entry import PaperFigure, Stored
from emolib.figures.style import PRINT_DPI, caption, use_style

NOT_DRAWN: dict[int, tuple[str, str]] = {  # number → (what is missing, where it will be made)
}


def _found() -> dict[int, PaperFigure]:
    """The `FIGURE` of every module `figNN_…` beside this one, by number."""
    package = __name__.rpartition(".")[0]
    names = [m.name for m in iter_modules([str(Path(__file__).parent)])]
    modules = [import_module(f"{package}.{name}") for name in names if name.startswith("fig")]
    return {module.FIGURE.number: module.FIGURE for module in modules}


FIGURES = dict(sorted(_found().items()))


def results_of(figure: PaperFigure, results: Path | None = None) -> list[Stored]:
    """The results a figure needs, whether they exist or not."""
    return [Stored((results or results_dir()) / name) for name in figure.needs]


def why_waiting(number: int, results: Path | None = None) -> str | None:
    """One sentence on what a figure waits for and which command makes it; None: it can be drawn.

    Raises:
        ConfigError: the paper has no such figure.
    """
    if number in NOT_DRAWN:
        missing, made = NOT_DRAWN[number]
        return f"figure {number} waits for {missing}; made by {made}"
    if number not in FIGURES:
        raise ConfigError(f"the paper has no figure {number}", expected="1 to 11")
    figure = FIGURES[number]
    absent = [
        stored.path.name for stored in results_of(figure, results) if not stored.path.exists()
    ]
    if not absent:
        return None
    return f"figure {number} waits for {', '.join(absent)}; make it with: {figure.made_by}"


def draw_figure(number: int, results: Path | None = None) -> Figure:
    """A figure of the paper with its caption: what, corpus, profile, result files.

    Raises:
        ConfigError: the paper has no such figure, or its results are not there; the message says
            which command makes them.
    """
    waiting = why_waiting(number, results)
    if waiting:
        raise ConfigError(waiting)
    figure = FIGURES[number]
    stored = results_of(figure, results)
    use_style()
    fig = figure.draw(*stored)
    named = {key: _joined(one.record.get(key) for one in stored) for key in ("corpus", "profile")}
    return caption(
        fig,
        f"{figure.caption(*stored)} From {', '.join(one.path.name for one in stored)}.",
        **named,
    )


def make_figure(number: int, folder: Path, results: Path | None = None) -> Path:
    """Draw a figure into `folder/figNN_name.{png,pdf,json}`; returns the PNG.

    Args:
        results: where the results lie; default `data/results`.

    Raises:
        ConfigError: as `draw_figure`.
    """
    fig = draw_figure(number, results)
    figure = FIGURES[number]
    stored = results_of(figure, results)
    stem = folder / f"fig{number:02d}_{figure.name}"
    for suffix, dpi in ((".png", PRINT_DPI), (".pdf", None)):
        with atomic_path(stem.with_suffix(suffix)) as temporary:
            fig.savefig(temporary, dpi=dpi, metadata=_undated(suffix))
    plt.close(fig)
    told = {
        "figure": number,
        "shows": figure.caption(*stored),
        "made_by": figure.made_by,
        "drawn_by": f"emolib {__version__}",
        "results": {
            one.path.name: {"sha256": file_sha256(one.path), "record": one.record} for one in stored
        },
    }
    with atomic_path(stem.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return stem.with_suffix(".png")


def _joined(values) -> str:
    """Different values once each, in order."""
    return ", ".join(dict.fromkeys(str(value) for value in values))


def _undated(suffix: str) -> dict:
    """Metadata without the hour, so that the same figure is the same file."""
    return {"CreationDate": None} if suffix == ".pdf" else {}
