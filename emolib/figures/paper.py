"""The paper's figures: for each what it shows, from which results, and its three files.

To add one: a drawing in `drawings` and an entry in `FIGURES`. What makes the results:
`workflow/studies`. Corpus, profile and the results' names are added to the caption here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib import __version__
from emolib.base.errors import ConfigError
from emolib.base.files import atomic_path, file_sha256, results_dir, write_text
from emolib.figures import drawings as draw
from emolib.figures.ablation import emotion_grid
from emolib.figures.drawings import Stored, rows_of
from emolib.figures.study import ratings_figure
from emolib.figures.style import PRINT_DPI, caption, small_png, use_style

__all__ = ["FIGURES", "Stored", "draw_figure", "make_figure", "rows_of", "why_waiting"]

RESULTS = "make results"


@dataclass(frozen=True)
class PaperFigure:
    """One figure.

    Attributes:
        stem: of its files: `figures/STEM.{png,pdf,json}`, or `{jpg,json}` of pictures.
        shows: the caption, or a function that makes it from the same results as `draw`.
        needs: files in `data/results`, all of them, in the order that `draw` takes them.
        draw: `Stored` results → figure.
        made_by: the command that makes the results.
        some: one of `needs` is enough; `draw` gets those that are there.
        picture: it is made of pictures, which no line drawing's format keeps small.
    """

    stem: str
    shows: str | Callable[..., str]
    needs: tuple[str, ...]
    draw: Callable[..., Figure]
    made_by: str = RESULTS
    some: bool = False
    picture: bool = False

    def caption(self, *results: Stored) -> str:
        """What the figure shows, in words."""
        return self.shows if isinstance(self.shows, str) else self.shows(*results)


FIGURES: dict[int | str, PaperFigure] = {  # by the paper's number; by name what is ours
    1: PaperFigure(
        "fig01_architecture",
        "What every module of the paper's network reports on one frame.",
        ("windows.json",),
        draw.architecture,
    ),
    2: PaperFigure(
        "fig02_ablation",
        draw.ablation_told,
        ("ablation_frames.json",),
        lambda result: emotion_grid(draw.rows_of(result)),
        picture=True,
    ),
    3: PaperFigure(
        "fig03_arbitrary",
        "An arbitrary face (synthetic, another room and camera), every fifth frame.",
        ("fig03_arbitrary.json",),
        draw.talking,
        picture=True,
    ),
    4: PaperFigure(
        "fig04_emotion_accuracy",
        draw.accuracy_told,
        ("ablation_seq.json", "ablation_improved.json"),
        draw.accuracy,
        some=True,
    ),
    5: PaperFigure(
        "fig05_user_study",
        draw.ratings_told,
        ("study_summary.json",),
        lambda result: ratings_figure(result.numbers),
        "emolib study (once people have answered on the page of emolib serve)",
    ),
    6: PaperFigure(
        "fig06_masked_input",
        "What is hidden of the target: half (Wav2Lip), all (paper).",
        ("windows.json",),
        draw.masks,
    ),
    7: PaperFigure(
        "fig07_augmentation",
        "One draw for reference and target; a row a draw.",
        ("draws.json",),
        draw.augmentation,
    ),
    8: PaperFigure(
        "fig08_embeddings", draw.embeddings_told, ("embeddings_actor.json",), draw.embeddings
    ),
    9: PaperFigure(
        "fig09_web_page",
        lambda result: f"The page of emolib serve in {result.numbers['browser']}.",
        ("web_page.json",),
        lambda result: draw.page_figure(result.picture, result.numbers["panels"]),
        "python benchmarks/browser_web.py --figure",
        picture=True,
    ),
    10: PaperFigure(
        "fig10_painting",
        "A painting (a stylised synthetic render), every fifth frame.",
        ("fig10_painting.json",),
        draw.talking,
        picture=True,
    ),
    11: PaperFigure(
        "fig11_test_subject",
        "A test subject (synthetic) with its true answer, every fifth frame.",
        ("fig11_test_subject.json",),
        draw.talking,
        picture=True,
    ),
    "fig11_real_actor": PaperFigure(
        "fig11_real_actor",
        "An actor of CREMA-D whom no network has seen, with the true clip, every fifth frame.",
        ("fig11_real_actor.json",),
        draw.talking,
        picture=True,
    ),
    "cremad_1001": PaperFigure(
        "cremad_1001",
        lambda result: (
            "CREMA-D's actor 1001 says one sentence in six emotions: four frames of each true clip,"
            f" and of the calm clip made to say it by {result.numbers['recipe']}, which has seen no"
            " clip of CREMA-D."
        ),
        ("cremad_1001.json",),
        draw.true_and_generated,
        picture=True,
    ),
}


# --------------------------------------------------------------------------------- their files
def _figure(key: int | str, results: Path | None) -> tuple[PaperFigure, list[Stored], str | None]:
    """A figure, the results that it is drawn from, and what it waits for, if it does."""
    if key not in FIGURES:
        ours = ", ".join(name for name in FIGURES if isinstance(name, str))
        raise ConfigError(f"there is no figure {key}", expected=f"1 to 11, {ours}")
    figure = FIGURES[key]
    stored = [Stored((results or results_dir()) / name) for name in figure.needs]
    there = [one for one in stored if one.path.exists()]
    if there == stored or (figure.some and there):
        return figure, there, None
    absent = ", ".join(one.path.name for one in stored if one not in there)
    return figure, there, f"figure {key} waits for {absent}; make it with: {figure.made_by}"


def why_waiting(key: int | str, results: Path | None = None) -> str | None:
    """One sentence on what a figure waits for and which command makes it; None: it can be drawn.

    Raises:
        ConfigError: there is no such figure.
    """
    return _figure(key, results)[2]


def draw_figure(key: int | str, results: Path | None = None) -> Figure:
    """A figure with its caption: what, corpus, profile, result files.

    Args:
        key: the paper's number, or a name in `FIGURES`.
        results: where the results lie; default `data/results`.

    Raises:
        ConfigError: there is no such figure, or its results are not there; the message says which
            command makes them.
    """
    figure, stored, waiting = _figure(key, results)
    if waiting:
        raise ConfigError(waiting)
    use_style()
    fig = figure.draw(*stored)
    told = f"{figure.caption(*stored)} From {', '.join(one.path.name for one in stored)}."
    named = {
        what: ", ".join(dict.fromkeys(str(one.record.get(what)) for one in stored))
        for what in ("corpus", "profile")
    }
    return caption(fig, told, **named)


def make_figure(key: int | str, folder: Path, results: Path | None = None) -> Path:
    """Draw a figure into the files of `PaperFigure.stem`; returns the picture. As `draw_figure`."""
    fig = draw_figure(key, results)
    figure, stored, _ = _figure(key, results)
    stem = folder / figure.stem
    made = stem.with_suffix(".jpg" if figure.picture else ".png")
    with atomic_path(made) as temporary:
        if figure.picture:
            few_bytes = {"quality": 82, "optimize": True}
            fig.savefig(temporary, dpi=PRINT_DPI, pil_kwargs=few_bytes)
        else:
            temporary.write_bytes(small_png(fig, dpi=PRINT_DPI))
    if not figure.picture:
        with atomic_path(stem.with_suffix(".pdf")) as temporary:
            fig.savefig(temporary, metadata={"CreationDate": None})  # equal figures, equal files
    plt.close(fig)
    origin = {
        one.path.name: {"sha256": file_sha256(one.path), "record": one.record} for one in stored
    }
    told = {"figure": key, "shows": figure.caption(*stored), "made_by": figure.made_by}
    told |= {"drawn_by": f"emolib {__version__}", "results": origin}
    write_text(stem.with_suffix(".json"), json.dumps(told, indent=1) + "\n")
    return made
