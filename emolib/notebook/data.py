"""The corpus and the clip store that a notebook works on, by profile.

`tiny` uses `data/sample`, which comes with the clone. Other profiles use the folder named by
`EMOLIB_CORPUS`; for `lite` that is a rendered corpus (`emolib synth`), for `paper` CREMA-D.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from emolib.base.config import current_profile
from emolib.base.errors import DatasetError
from emolib.base.files import data_dir
from emolib.data.corpora import Corpus, open_corpus
from emolib.data.prepare import PrepareSettings, default_store, prepare
from emolib.data.store import ClipStore

STUB = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 263170\n"


def sample_corpus() -> Corpus:
    """The small synthetic corpus that comes with the clone, with the truth of every frame."""
    return open_corpus(data_dir() / "sample")


def course_corpus() -> Corpus:
    """The corpus of the current profile.

    Raises:
        DatasetError: this profile's corpus is not there; the message says how to get it.
    """
    profile = current_profile()
    named = os.environ.get("EMOLIB_CORPUS")
    if profile.name == "tiny":
        return sample_corpus()
    if not named:
        raise DatasetError(
            f"profile {profile.name} needs a corpus of its own",
            expected="its folder in EMOLIB_CORPUS",
            fix="emolib synth --out DIR (lite) or clone CREMA-D (paper), and set EMOLIB_CORPUS=DIR",
        )
    return open_corpus(named)


def course_store(split: str = "actor", workers: int = 2) -> ClipStore:
    """The prepared clips of `course_corpus`, made in the cache at the first call.

    Args:
        split: "actor" (no person in both splits) or "random95" (the paper's).
    """
    return _prepared(course_corpus(), split, workers)


def real_store() -> ClipStore:
    """Six real clips of CREMA-D (actor 1001), prepared in the cache at the first call."""
    return _prepared(open_corpus(data_dir() / "cremad_sample"), "none", workers=1)


def _prepared(corpus: Corpus, split: str, workers: int) -> ClipStore:
    settings = PrepareSettings(split=split)
    folder = default_store(corpus, settings)
    prepare(corpus, folder, settings, workers=workers, wait_s=600)
    return ClipStore(folder)


def write_spoiled_copy(folder: str | os.PathLike) -> list[str]:
    """Write a tiny copy of CREMA-D as people really have it, and return its seven names.

    Four clips are fine (as far as names and sizes tell), one video is a git-lfs pointer, one clip
    has an emotion that does not exist, and one is known to be mislabelled.
    """
    fine = [f"1001_DFA_{code}_XX" for code in ("DIS", "FEA", "HAP", "NEU")]
    names = ["1001_DFA_ANG_XX", *fine, "1001_DFA_JOY_XX", "1064_IEO_DIS_MD"]
    for place, suffix in (("VideoFlash", "flv"), ("AudioWAV", "wav")):
        (Path(folder) / place).mkdir(parents=True)
        for name in names:
            text = STUB if (name, suffix) == (names[0], "flv") else f"{name} {suffix}"
            (Path(folder) / place / f"{name}.{suffix}").write_text(text, encoding="utf-8")
    return names


def small_pictures(store: ClipStore, every: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Every n-th crop of a store, shrunk to 24×24, and the clip each comes from.

    Returns:
        pictures (n, 24·24·3) float32 and clip_idx (n,) int64.
    """
    crops = [store[i].frames[every // 2 :: every, 2::4, 2::4] for i in range(len(store))]
    clip_idx = np.repeat(np.arange(len(store)), [len(some) for some in crops])
    pictures = np.concatenate(crops)
    return pictures.reshape(len(pictures), -1).astype(np.float32), clip_idx
