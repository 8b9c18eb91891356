"""LRS2 (Afouras et al., 2018): BBC sentences without emotion labels, for the PRE experiment.

Layout: `mvlrs_v1/main/<programme>/<number>.mp4`, and lists `train.txt`, `val.txt`, `test.txt` of
`programme/number`, some with a tag after a space. The programme stands for the actor: clips of one
programme share speakers. Getting LRS2 needs a signed agreement with the BBC; nothing of it is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from emolib.base.errors import DatasetError
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import Clip, Problem, file_problem

LISTS = ("train", "val", "test")
PARTS = ("main", "pretrain")


class Lrs2(Corpus):
    """LRS2's `main` (or `pretrain`) part.

    Args:
        root: `mvlrs_v1`, or the folder that holds it.
        part: "main", which Wav2Lip uses, or "pretrain".
    """

    kind = "lrs2"
    layout = "mvlrs_v1/main/5535415699068794046/00001.mp4 …"
    missing_fix = "pass the folder that holds mvlrs_v1"

    def __init__(self, root: str | Path, part: str = "main"):
        super().__init__(root)
        inner = self.root / "mvlrs_v1"
        self.base = inner if inner.is_dir() else self.root
        self.part = part

    @cached_property
    def listed(self) -> dict[str, str]:
        """Split by clip name, from the list files that are there."""
        found = {}
        for split in LISTS:
            files = [folder / f"{split}.txt" for folder in (self.base, self.root)]
            file = next((path for path in files if path.is_file()), None)
            try:
                lines = file.read_text(encoding="utf-8").splitlines() if file else []
            except (OSError, ValueError) as problem:
                raise DatasetError(
                    f"damaged ({problem})", file=file, expected="lines of PROGRAMME/NUMBER"
                ) from problem
            for line in lines:
                if entry := line.split():
                    found[entry[0].replace("/", "_")] = split
        return found

    def expected_names(self) -> set[str] | None:
        """Names in the list files; None without them."""
        return set(self.listed) or None

    def official_split(self) -> dict[str, str] | None:
        """Split by clip name as the list files give it."""
        return self.listed or None

    def _scan(self) -> Iterator[Clip | Problem]:
        videos = sorted((self.base / self.part).glob("*/*.mp4"))
        self.n_found = len(videos)
        for video in videos:
            name = f"{video.parent.name}_{video.stem}"
            if problem := file_problem(name, video):
                yield problem
            if self.listed and name not in self.listed:
                text = "no list file names it, so it has no split"
                yield Problem(name, "not_listed", text, str(video))
            yield Clip(name, video.parent.name, name, None, "XX", video=video, audio=video)
