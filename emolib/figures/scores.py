"""Scores of generated clips: emotion by emotion (Figure 4), and who is taken for whom."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.base.emotions import COLOURS, EMOTIONS, N_EMOTIONS, NAMES
from emolib.base.errors import ConfigError
from emolib.evaluation.intervals import mean_interval
from emolib.figures.style import INK, QUIET

CHANCE = 100 / N_EMOTIONS
CIRCULAR = {"discriminator": " (circular)"}  # it trained the generators


def emotion_accuracy(results: Mapping[str, dict]) -> Figure:
    """Emotion-wise accuracy: a row a method, a column a judge, a bar an emotion.

    Lines are 95 % intervals over actors; the black tick is what the judge says of the true clips,
    the grey one of the sources, the dotted line chance.

    Args:
        results: name → evaluation (`evaluation.run`); those without judges are left out.

    Raises:
        ConfigError: none has judges of emotion.

    Paper: figure 4.
    """
    judged = {name: one["numbers"]["emotions"]["generated"] for name, one in results.items()}
    results = {name: one for name, one in results.items() if judged[name]}
    if not results:
        raise ConfigError(
            "figure 4: no emotions were judged", expected="emolib evaluate --metrics emotion"
        )
    judges = list(judged[next(iter(results))])
    fig, axes = plt.subplots(
        len(results),
        len(judges),
        figsize=(3.1 * len(judges) + 0.6, 2.0 * len(results) + 0.7),
        sharey=True,
        squeeze=False,
    )
    for (name, result), row in zip(results.items(), axes, strict=True):
        for judge, ax in zip(judges, row, strict=True):
            _accuracy_bars(ax, result, judge)
        row[0].set_ylabel(f"{name}\naccuracy %")
    for judge, ax in zip(judges, axes[0], strict=True):
        ax.set_title(f"judge: {judge}{CIRCULAR.get(judge, '')}")
    marks = [plt.Line2D([], [], color=c, lw=2.5) for c in (INK, QUIET)]
    marks.append(plt.Line2D([], [], color=QUIET, lw=1, ls=":"))
    fig.legend(
        marks,
        ["the true clips", "the sources given back", "chance"],
        loc="outside upper right",
        ncols=3,
        fontsize=8,
    )
    return fig


def _accuracy_bars(ax, result: dict, judge: str) -> None:
    numbers = result["numbers"]
    table = numbers["clips"]
    for x, code in enumerate(EMOTIONS):
        mine = [i for i, emotion in enumerate(table["emotion"]) if emotion == code]
        if not mine:
            continue
        named = table["named"]["generated"][judge]
        found = mean_interval(
            [float(named[i] == code) for i in mine], [table["actor"][i] for i in mine]
        ).scaled(100)
        ax.bar(x, found.mean, color=COLOURS[code], width=0.72)
        if found.low is not None:
            ax.plot([x, x], [found.low, found.high], color=INK, lw=1)
        for row, colour in (("truth", INK), ("copy", QUIET)):
            share = 100 * numbers["emotions"][row][judge]["per_emotion"][code]
            ax.plot([x - 0.36, x + 0.36], [share, share], color=colour, lw=2.5)
    ax.axhline(CHANCE, color=QUIET, lw=1, ls=":", zorder=0)
    names = [NAMES[code] for code in EMOTIONS]
    ax.set_xticks(range(len(EMOTIONS)), names, rotation=30, ha="right", fontsize=8)
    ax.set_ylim(0, 104)


def confusions(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Confusion matrices side by side: rows intended, columns named, in per cent of the row.

    Args:
        matrices: title → (6, 6) counts, `EMOTIONS` order.
    """
    fig, axes = plt.subplots(
        1, len(matrices), figsize=(2.5 * len(matrices) + 0.6, 2.7), sharey=True, squeeze=False
    )
    for (title, counts), ax in zip(matrices.items(), axes[0], strict=True):
        counts = np.asarray(counts, float)
        share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ax.imshow(share, cmap="Greys", vmin=0, vmax=100)
        for (i, j), value in np.ndenumerate(share):
            if value >= 1:
                colour = "white" if value > 55 else INK
                ax.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=7, color=colour)
        right = np.trace(counts) / max(counts.sum(), 1)
        ax.set_title(f"{title}: {right:.0%}")
        ax.set_xticks(range(N_EMOTIONS), EMOTIONS, fontsize=7)
        ax.set_yticks(range(N_EMOTIONS), [NAMES[code] for code in EMOTIONS], fontsize=8)
        ax.set_xlabel("named", fontsize=8)
        ax.spines[:].set_visible(False)
    axes[0][0].set_ylabel("intended", fontsize=8)
    return fig
