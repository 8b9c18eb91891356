"""What the paper's figures show: stored results in, drawing or caption out; `paper` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.base.arrays import load_arrays
from emolib.base.emotions import COLOURS, EMOTIONS, NAMES
from emolib.base.results import load_result
from emolib.evaluation.stored import recipe_of
from emolib.figures.ablation import SHOWN
from emolib.figures.architecture import architecture_figure
from emolib.figures.clips import augmented_figure, masked_input_figure
from emolib.figures.embeddings import space_panels
from emolib.figures.scores import emotion_accuracy
from emolib.figures.sheets import contact_sheet
from emolib.figures.style import INK
from emolib.media.image import load_strip, read_still
from emolib.models.generator import Generator, GeneratorConfig

MIDDLE = 2  # of a window's five frames
CELL_INCHES = 0.6  # of a face in rows of frames
PAGE_STEPS = {
    "choose": "1  choose a face, a voice and an emotion",
    "wait": "2  wait, with a first look",
    "look": "3  look, download, repeat",
}


@dataclass(frozen=True)
class Stored:
    """A result file and what lies beside it under the same name: arrays, frames, a picture.

    Attributes:
        path: `data/results/NAME.json`.
    """

    path: Path

    @cached_property
    def numbers(self) -> dict:
        """The numbers. Raises DatasetError: missing or damaged."""
        return load_result(self.path)["numbers"]

    @cached_property
    def record(self) -> dict:
        """Where they come from: corpus, profile, seed, versions."""
        return load_result(self.path)["record"]

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of `NAME.npz`. Raises DatasetError: missing or damaged."""
        return load_arrays(self.path.with_suffix(".npz"))

    def frames(self, n_frames: int, side_px: int = 96) -> np.ndarray:
        """The first frames of the strip `NAME.webp`: (N, side, side, 3) uint8 RGB.

        Raises:
            MediaError: missing, damaged, or with fewer frames.
        """
        return load_strip(self.path.with_suffix(".webp"), n_frames, side_px)

    @cached_property
    def picture(self) -> np.ndarray:
        """`NAME.png` or `NAME.jpg`: (H, W, 3) uint8 RGB. Raises MediaError: neither, or damaged."""
        png = self.path.with_suffix(".png")
        return read_still(png if png.is_file() else self.path.with_suffix(".jpg"))


def architecture(windows: Stored) -> Figure:
    """Figure 1: the method, drawn by watching the paper's network run on one frame."""
    seen = windows.arrays
    named = {"masked": "full", "reference": "reference"}
    thumbnails = {name: seen[key][MIDDLE].transpose(1, 2, 0) for name, key in named.items()}
    thumbnails["mel"] = seen["mel"]
    return architecture_figure(Generator(GeneratorConfig()), thumbnails, "The generator (SEQ)")


def rows_of(result: Stored) -> dict[str, np.ndarray]:
    """Row of Figure 2 → (people, 6, S, S, 3) uint8, the source repeated under each emotion."""
    names, people = result.numbers["rows"], len(result.numbers["people"])
    counts = [people if name == "source" else people * len(EMOTIONS) for name in names]
    parts = np.split(result.frames(sum(counts)), np.cumsum(counts)[:-1])
    rows = {}
    for name, part in zip(names, parts, strict=True):
        part = part.reshape(people, -1, *part.shape[1:])  # (people, 1 or 6, S, S, 3)
        rows[name] = np.repeat(part, len(EMOTIONS) // part.shape[1], axis=1)
    return rows


def ablation_told(result: Stored) -> str:
    """Caption of Figure 2."""
    numbers = result.numbers
    methods = [(name, numbers["methods"][name]) for name in numbers["rows"][2:]]
    steps = ", ".join(f"{SHOWN[name]} {method['step']:,}" for name, method in methods)
    return (
        f"People that no network has seen say {numbers['said']} in six emotions, made from a calm"
        f" clip of another sentence ({numbers['shown']}); frame {numbers['frame']}. Training steps:"
        f" {steps}."
    )


def accuracy(*evaluations: Stored) -> Figure:
    """Figure 4: how often each emotion is recognised, by judges of different independence."""
    results = {recipe_of({"numbers": one.numbers}): one.numbers for one in evaluations}
    return emotion_accuracy({SHOWN[name]: {"numbers": found} for name, found in results.items()})


def accuracy_told(*evaluations: Stored) -> str:
    """Caption of Figure 4."""
    numbers = evaluations[-1].numbers
    return (
        f"Accuracy by emotion on {numbers['n_clips']} clips of {numbers['n_actors']} people; bars:"
        " generated, lines: 95 % over people. The paper judges PL + DA by a classifier of its"
        " discriminator's own design; here two judges had no part in training."
    )


def ratings_told(result: Stored) -> str:
    """Caption of Figure 5."""
    n, days = result.numbers["n_answers"], (result.numbers["first"], result.numbers["last"])
    return (
        f"Answers of {n} people to the page's questions, {' to '.join(dict.fromkeys(days))}:"
        f" every answer (blue) and the mean (black). Interval: {result.numbers['interval']}."
    )


def masks(windows: Stored) -> Figure:
    """Figure 6: what is hidden of the target frames."""
    reference = windows.arrays["reference"]  # (T, 3, S, S)
    pairs = {m: np.concatenate([windows.arrays[m], reference], axis=1) for m in ("half", "full")}
    return masked_input_figure({mask: faces / 255 for mask, faces in pairs.items()})


def augmentation(draws: Stored) -> Figure:
    """Figure 7: one augmentation draw for reference and target."""
    pairs = zip(draws.arrays["faces"], draws.arrays["targets"], strict=True)
    windows = [{"faces": f[None] / 255, "target_frames": t[None] / 255} for f, t in pairs]
    return augmented_figure(windows, t=0)


def embeddings(result: Stored) -> Figure:
    """Figure 8: one actor's clips as points, by what several networks see in them."""
    numbers = result.numbers
    drawn = {space: result.arrays[f"tsne_{space}"] for space in numbers["spaces"]}
    labels = {"emotion": numbers["emotion"]}
    return space_panels(drawn, labels, numbers["separation"], levels=numbers["level"])


def embeddings_told(result: Stored) -> str:
    """Caption of Figure 8."""
    numbers = result.numbers
    return (
        f"All {len(numbers['clip'])} clips of one actor whom no network has seen, averaged over"
        f" frames; t-SNE, perplexity {numbers['perplexity']:g}, seed {numbers['seed']}. Small dots:"
        " weak emotion, large: strong. Numbers are measured in the full dimension; distances"
        " between groups in the drawing mean nothing."
    )


def page_figure(picture: np.ndarray, panels: dict[str, list[int]]) -> Figure:
    """A screenshot with a line of text above each of its panels.

    Args:
        picture: (H, W, 3) uint8 RGB; the panels of `PAGE_STEPS`, each with room for a line above.
        panels: by step left, top, width and height in pixels.
    """
    height, width = picture.shape[:2]
    fig, ax = plt.subplots(figsize=(9, 9 * height / width))
    ax.imshow(picture, interpolation="antialiased")
    ax.axis("off")
    for step, (left, top, _, _) in panels.items():
        place = {"xy": (left, top), "xytext": (0, 5), "textcoords": "offset points"}
        ax.annotate(PAGE_STEPS[step], **place, fontsize=8.5, color=INK, weight="bold", va="bottom")
    return fig


def talking(result: Stored) -> Figure:
    """Every n-th frame of a source and of what networks made of it, a row each."""
    numbers, cells = result.numbers, talking_cells(result)
    columns = [f"{numbers['every'] * k}" for k in range(numbers["columns"])]
    columns[0] = f"frame {columns[0]}"
    colours = [COLOURS.get(row["emotion"], INK) for row in numbers["rows"]]
    size = {"cell_inches": CELL_INCHES, "label_colours": colours}
    return contact_sheet(list(cells.values()), list(cells), columns, **size)


def talking_cells(result: Stored) -> dict[str, np.ndarray]:
    """Label of a row of `talking` → its frames (C, S, S, 3) uint8 RGB."""
    numbers = result.numbers
    rows, n = numbers["rows"], numbers["columns"]
    frames = result.frames(len(rows) * n, numbers["cell_px"])
    emotions = [f"\n{NAMES[row['emotion']]}" if row["emotion"] else "" for row in rows]
    labels = [row["label"] + emotion for row, emotion in zip(rows, emotions, strict=True)]
    return dict(zip(labels, frames.reshape(len(rows), n, *frames.shape[1:]), strict=True))


def true_and_generated(result: Stored) -> Figure:
    """A real actor: true clips on the left, ours on the right, a row an emotion."""
    codes, n = result.numbers["emotions"], result.numbers["columns"]
    frames = result.frames(len(codes) * n, result.numbers["cell_px"])
    cells = frames.reshape(len(codes), n, *frames.shape[1:])
    columns = ["true", *[""] * (n // 2 - 1), "generated", *[""] * (n // 2 - 1)]
    labels, colours = [NAMES[code] for code in codes], [COLOURS[code] for code in codes]
    return contact_sheet(cells, labels, columns, cell_inches=0.9, label_colours=colours)
