"""GRID (Cooke et al., 2006): 34 talkers, 1,000 six-word sentences each, without emotion labels.

A file's name spells its sentence: `bbaf2n` is "bin blue at f two now". Talkers lie in folders,
`s1/bbaf2n.mpg` or `s1/video/bbaf2n.mpg`, or stand before the name, `s1_bbaf2n.mpg`. `.align` files
(beside the film, or in `align/`) give the words in time. GRID is open (CC BY 4.0, Zenodo record
3625687), so it can stand in for LRS2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import (
    UNKNOWN,
    VIDEO_SUFFIXES,
    Clip,
    Problem,
    file_problem,
    files_below,
)

NAME = re.compile(r"(?:.*_)?([blps][bgrw][abiw][a-z][z1-9][anps])")
TALKER = re.compile(r"(?:s|id)(\d{1,2})")
WORDS = (  # by place in the name; a letter of the fourth stands for itself
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    {"z": "zero", "1": "one", "2": "two", "3": "three", "4": "four"}
    | {"5": "five", "6": "six", "7": "seven", "8": "eight", "9": "nine"},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
PAUSES = ("sil", "sp")


class Grid(Corpus):
    """GRID clips below `root`, in any folder depth: the whole corpus, or one talker's folder."""

    kind = "grid"
    layout = "s1/bbaf2n.mpg … (or s1/video/bbaf2n.mpg …), s2/… "
    missing_fix = "unpack the talkers' archives (s1.zip …) side by side and pass their folder"

    def _scan(self) -> Iterator[Clip | Problem]:
        aligned = {
            (self._talker(path), sentence_of(path)): path
            for path in files_below(self.root, (".align",))
        }
        videos = files_below(self.root, VIDEO_SUFFIXES)
        self.n_found = len(videos)
        for video in videos:
            talker, sentence = self._talker(video), sentence_of(video)
            if sentence is None:
                text = "the name spells no GRID sentence, such as bbaf2n"
                yield Problem(video.stem, "bad_name", text, str(video))
                continue
            name = f"{talker}_{sentence}" if talker else video.stem
            if problem := file_problem(name, video):
                yield problem
            if talker is None:
                text = "no folder and no prefix (s1 … s34) tells who speaks: stays in training"
                yield Problem(name, "no_talker", text, str(video), fatal=False)
            words, problem = _words(name, sentence, aligned.get((talker, sentence)))
            if problem:
                yield problem
            yield Clip(name, talker or UNKNOWN, sentence, None, "XX", video, video, text=words)

    def _talker(self, path: Path) -> str | None:
        """ "s1" … "s34" as a file's name or the nearest folder tells it; None where none does."""
        folders = path.parent.relative_to(self.root).parts
        for part in reversed((self.root.resolve().name, *folders, *path.stem.split("_")[:-1])):
            if match := TALKER.fullmatch(part.lower()):
                return f"s{int(match[1])}"
        return None


def sentence_of(path: Path) -> str | None:
    """The six letters in a file's name that spell its sentence; None where there are none."""
    match = NAME.fullmatch(path.stem.lower())
    return match and match[1]


def _words(name: str, sentence: str, align: Path | None) -> tuple[str, Problem | None]:
    """What is said, from the word times where there are any; and what is wrong with those."""
    spelt = " ".join(
        words.get(letter, letter) for words, letter in zip(WORDS, sentence, strict=True)
    )
    if align is None:
        return spelt, None
    try:
        rows = [line.split() for line in align.read_text(encoding="utf-8").splitlines() if line]
        return " ".join(word for _, _, word in rows if word not in PAUSES), None
    except (OSError, ValueError):
        text = "its word times cannot be read: the words are those that its name spells"
        return spelt, Problem(name, "bad_align", text, str(align), fatal=False)
