"""The paper's figures by number: which are drawn here, from what, and which still wait for results.

Figures 1, 6 and 7 need no trained network: they show the method itself. The others are drawn from
stored results, and until those exist `WAITING` says what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from emolib.errors import ConfigError
from emolib.models.generator import Generator, GeneratorConfig
from emolib.paths import atomic_path
from emolib.runtime import run_record
from emolib.store.augment import Augment
from emolib.store.store import ClipStore
from emolib.store.windows import GeneratorSettings, GeneratorWindows
from emolib.viz.architecture import architecture_figure
from emolib.viz.clips import augmented_figure, masked_input_figure
from emolib.viz.style import PRINT_DPI, caption, use_style

WAITING = {
    2: "frames of the ablation generators (07_ablations)",
    3: "generated films of an arbitrary face (10_interactive_generation)",
    4: "emotion accuracy of a trained generator (08_metrics)",
    5: "answers to the user study (11_web_and_user_study)",
    8: "embeddings of a trained discriminator (09_embeddings_tsne)",
    9: "the web page (11_web_and_user_study)",
    10: "generated films of a painting (10_interactive_generation)",
    11: "generated films of a test subject (10_interactive_generation)",
}
SEED = 2


def _figure_1(store: ClipStore) -> Figure:
    window = GeneratorWindows(store, GeneratorSettings(), SEED)[0]
    masked, reference = window["faces"][2].permute(1, 2, 0).split(3, dim=2)  # (S, S, 3) each
    thumbnails = {"masked": masked.numpy(), "reference": reference.numpy()}
    thumbnails["mel"] = window["mel_windows"][2, 0].numpy()  # (80, 16)
    return architecture_figure(Generator(GeneratorConfig()), thumbnails, "The generator (SEQ)")


def _figure_6(store: ClipStore) -> Figure:
    masks = ("half", "full")
    windows = {mask: GeneratorWindows(store, GeneratorSettings(mask=mask), SEED) for mask in masks}
    return masked_input_figure({mask: data[0]["faces"].numpy() for mask, data in windows.items()})


def _figure_7(store: ClipStore) -> Figure:
    data = GeneratorWindows(store, GeneratorSettings(), SEED, Augment(p=0.6, p_any=1.0))
    draws = []
    for epoch in range(3):
        data.set_epoch(epoch)
        draws.append(data[0])
    return augmented_figure(draws)


DRAWN: dict[int, tuple[str, str, Callable[[ClipStore], Figure]]] = {
    1: ("architecture", "What every module reports on one frame", _figure_1),
    6: (
        "masked_input",
        "What is hidden of the target: half (Wav2Lip), all (paper)",
        _figure_6,
    ),
    7: ("augmentation", "One draw for reference and target; no generated frame yet", _figure_7),
}


def make_figure(number: int, store: ClipStore, folder: Path, profile: str) -> Path:
    """Draw one of the paper's figures into `folder/figNN_name.{png,pdf,json}`; returns the PNG.

    Args:
        store: clips whose frames the figure shows.
        profile: what the caption names besides the store's corpus.

    Raises:
        ConfigError: the paper has no such figure, or it still waits for results.
    """
    if number in WAITING:
        raise ConfigError(f"figure {number} waits for {WAITING[number]}")
    if number not in DRAWN:
        raise ConfigError(f"the paper has no figure {number}", expected="1 to 11")
    name, told, draw = DRAWN[number]
    use_style()
    fig = caption(draw(store), told, corpus=store.corpus, profile=profile)
    stem = folder / f"fig{number:02d}_{name}"
    for suffix, dpi in ((".png", PRINT_DPI), (".pdf", None)):
        with atomic_path(stem.with_suffix(suffix)) as temporary:
            fig.savefig(temporary, dpi=dpi, metadata=_undated(suffix))
    plt.close(fig)
    record = {"figure": number, "shows": told, "record": run_record(corpus=store.corpus, seed=SEED)}
    with atomic_path(stem.with_suffix(".json")) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return stem.with_suffix(".png")


def _undated(suffix: str) -> dict:
    """Metadata without the hour, so that the same figure is the same file."""
    return {"CreationDate": None} if suffix == ".pdf" else {}
