"""Corpora: file names → a table of clips, what is wrong with them, and who is in which split."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

from emolib.base.errors import ConfigError, DatasetError
from emolib.data.corpora.base import Corpus, CorpusReport
from emolib.data.corpora.clips import VIDEO_SUFFIXES, Clip, Problem, files_below
from emolib.data.corpora.cremad import CremaD, SyntheticCorpus
from emolib.data.corpora.grid import Grid, sentence_of
from emolib.data.corpora.lrs2 import Lrs2
from emolib.data.corpora.mead import Mead
from emolib.data.corpora.ravdess import Ravdess
from emolib.data.corpora.stills import Stills

KINDS: dict[str, type[Corpus]] = {
    "synthetic": SyntheticCorpus,
    "cremad": CremaD,
    "ravdess": Ravdess,
    "mead": Mead,
    "lrs2": Lrs2,
    "grid": Grid,
    "stills": Stills,
}
__all__ = ["KINDS", "Clip", "Corpus", "CorpusReport", "Problem", "guess_kind", "open_corpus"]


def open_corpus(path: str | Path, kind: str = "auto", **options) -> Corpus:
    """The corpus in a folder.

    Args:
        kind: "auto" looks at the folder; or one of `KINDS`.
        options: of that corpus, such as `labels="agreed"` for CREMA-D.

    Raises:
        ConfigError: unknown kind, or an option that this kind has not.
        DatasetError: no such folder, or none of the known layouts.
    """
    if kind == "auto":
        kind = guess_kind(path)
    if kind not in KINDS:
        raise ConfigError(f"unknown corpus kind {kind!r}", expected="auto, " + ", ".join(KINDS))
    known = set(signature(KINDS[kind]).parameters)
    if unknown := sorted(options.keys() - known):
        raise ConfigError(f"a {kind} corpus has no option {', '.join(unknown)}")
    return KINDS[kind](path, **options)


def guess_kind(path: str | Path) -> str:
    """Which corpus a folder holds, by its layout.

    Raises:
        DatasetError: no such folder, or none of the known layouts.
    """
    root = Path(path)
    if not root.is_dir():
        raise DatasetError("no such folder", file=path, expected="the folder of a corpus")
    if (root / "VideoFlash").is_dir() or (root / "AudioWAV").is_dir():
        return "synthetic" if (root / "corpus.json").is_file() else "cremad"
    if (root / "mvlrs_v1").is_dir() or (root / "main").is_dir():
        return "lrs2"
    if next(root.glob("[MW][0-9][0-9][0-9]/video"), None):
        return "mead"
    if any(path.parent.match("Actor_[0-9][0-9]") for path in files_below(root, VIDEO_SUFFIXES)):
        return "ravdess"
    if any(sentence_of(path) for path in files_below(root, (".mpg",))):
        return "grid"
    raise DatasetError(
        "this folder has no layout I know",
        file=path,
        expected="VideoFlash/ (CREMA-D), Actor_01/ (RAVDESS), M003/video/ (MEAD), mvlrs_v1/ (LRS2)"
        ", s1/bbaf2n.mpg (GRID)",
        fix="pass the corpus's top folder, or name it with --kind (pictures: --kind stills)",
    )
