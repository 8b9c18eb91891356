"""The corpus and the clip store that a notebook works on, by profile.

`tiny` uses `data/sample`, which comes with the clone. Other profiles use the folder named by
`EMOLIB_CORPUS`; for `lite` that is a rendered corpus (`emolib synth`), for `paper` CREMA-D.
"""

from __future__ import annotations

import os

from emolib.config import current_profile
from emolib.corpus import Corpus, open_corpus
from emolib.errors import DatasetError
from emolib.paths import data_dir
from emolib.store.prepare import PrepareSettings, default_store, prepare
from emolib.store.store import ClipStore


def course_corpus() -> Corpus:
    """The corpus of the current profile.

    Raises:
        DatasetError: this profile's corpus is not there; the message says how to get it.
    """
    profile = current_profile()
    named = os.environ.get("EMOLIB_CORPUS")
    if profile.name == "tiny":
        return open_corpus(data_dir() / "sample")
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
    corpus, settings = course_corpus(), PrepareSettings(split=split)
    folder = default_store(corpus, settings)
    prepare(corpus, folder, settings, workers=workers, wait_s=600)
    return ClipStore(folder)
