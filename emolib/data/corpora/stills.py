"""Still pictures of faces: one picture of a person a file, with nothing to hear.

A file's name begins with the person: `001_neutral.jpg`, `001_smiling.jpg`. The emotion is a word of
the name or of its folder (`neutral_front/001_03.jpg`), or stands in a table. The layout is that of
the Face Research Lab London Set (DeBruine & Jones, 2017; figshare 5047666, CC BY 4.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import pandas as pd

from emolib.base.emotions import parse_emotion
from emolib.base.errors import ConfigError
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import Clip, Problem, file_problem, files_below, read_table

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
PERSON, SEX = ("face_id", "person", "id"), ("face_gender", "sex", "gender")  # names of columns
SMILES = ("smiling", "smile")


class Stills(Corpus):
    """Pictures of faces below `root`, in any folder depth.

    A CSV file in `root` may tell of people (columns `face_id` or `person`; `face_gender` or `sex`)
    or of pictures (`file`, `emotion`).
    """

    kind = "stills"
    layout = "001_neutral.jpg, 001_smiling.jpg … and info.csv (face_id, face_gender)"
    missing_fix = "pass the folder that holds the pictures"

    @cached_property
    def tables(self) -> list[pd.DataFrame]:
        """The CSV files in `root`, as text."""
        return [read_table(path) for path in sorted(self.root.glob("[!.]*.csv"))]

    def _scan(self) -> Iterator[Clip | Problem]:
        sexes, labels = self._told(PERSON, SEX), self._told(("file",), ("emotion",))
        for path in files_below(self.root, SUFFIXES):
            self.n_found += 1
            inside = path.relative_to(self.root).with_suffix("")
            name, (person, *words) = "_".join(inside.parts), inside.name.split("_")
            if problem := file_problem(name, path):
                yield problem
            folders = [word for part in inside.parent.parts for word in re.split(r"[_\W]+", part)]
            emotion = _emotion([labels.get(path.name, ""), *words, *folders])
            if emotion is None:
                text = "neither its name nor a table tells one of the six emotions"
                yield Problem(name, "no_label", text, str(path), fatal=False)
            sex = sexes.get(person, "").lower() or None
            yield Clip(name, person, "still", emotion, "XX", path, None, sex)

    def _told(self, keys: tuple[str, ...], values: tuple[str, ...]) -> dict[str, str]:
        """What tables say, from the first of `keys` to the first of `values` that they have."""
        found = {}
        for table in self.tables:
            key = next((column for column in keys if column in table), None)
            value = next((column for column in values if column in table), None)
            if key and value:
                found |= dict(zip(table[key], table[value], strict=True))
        return found


def _emotion(words: list[str]) -> str | None:
    """The first of these words that names one of the six; None if none does."""
    for word in words:
        if word.lower() in SMILES:
            return "HAP"
        try:
            return parse_emotion(word)
        except ConfigError:
            continue
    return None
