"""Evaluations on disk: while they run, found again, chosen from, compared on the same clips."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from emolib.base.errors import ConfigError, DatasetError, EmolibWarning
from emolib.base.files import results_dir
from emolib.base.results import load_result
from emolib.evaluation.intervals import Interval, mean_interval

ABLATION = "ablation_"  # …RECIPE.json in lower case: the rows of the paper's tables
ORDER = ("WAV2LIP", "MAGNUSSON", "END", "SEQ", "PLDA", "PRE", "IMPROVED")
SHAPE = {"rows", "labels", "method", "emotion_input", "clips"}


def is_evaluation(result: dict) -> bool:
    """Whether a stored result was written by `emolib evaluate`."""
    return set(result.get("numbers", ())) >= SHAPE


def recipe_of(result: dict) -> str:
    """The recipe's name alone: "SEQ" of "SEQ, windows (weights.sync=0)"."""
    return re.split("[ ,]", result["numbers"]["method"])[0].upper()


def stored_results(folder: str | os.PathLike | None = None) -> dict[str, dict]:
    """All results of a folder (default `data/results`) by the stem of their file; other JSON files
    are passed over."""
    found = {}
    for path in sorted(Path(folder or results_dir()).glob("*.json")):
        try:
            found[path.stem] = load_result(path)
        except DatasetError:
            continue  # not a result, such as a figure's origin
    return found


def load_evaluations(
    folder: str | os.PathLike | None = None, *, sources: str = "other_emotion"
) -> dict[str, dict]:
    """Evaluations by the stem of their file, recipes in the paper's order, others after them.

    Results of anything else in the folder are passed over.

    Args:
        folder: default `data/results`.
        sources: those made from such sources only.
    """
    found = {
        stem: result
        for stem, result in stored_results(folder).items()
        if is_evaluation(result) and result["numbers"]["sources"] == sources
    }

    def place(item: tuple[str, dict]) -> tuple[int, str]:
        recipe = recipe_of(item[1])
        return (ORDER.index(recipe) if recipe in ORDER else len(ORDER), item[0])

    return dict(sorted(found.items(), key=place))


def ablation(folder: str | os.PathLike | None = None) -> dict[str, dict]:
    """The stored ablation: recipe → evaluation, in the paper's order; only those that are there."""
    found = stored_results(folder)
    stems = {recipe: ABLATION + recipe.lower() for recipe in ORDER}
    return {recipe: found[stem] for recipe, stem in stems.items() if stem in found}


def difference(ours: dict, theirs: dict, metric: str) -> Interval:
    """`ours` minus `theirs` in one metric of the generated clips, clip by clip, over actors.

    What two networks make of the same clips differs far less than clips and people do, so the
    interval of a difference is much narrower than those of its two sides.

    Args:
        ours, theirs: evaluations of the same clips from the same sources.
        metric: a key of the clips' `generated`, or `emoacc/JUDGE`.

    Raises:
        ConfigError: no clip in common has the metric, or the sources differ.
    """
    sides = [_by_clip(result, metric) for result in (ours, theirs)]
    common = [clip for clip in sides[0] if clip in sides[1]]
    if not common:
        raise ConfigError(f"no clip in common has {metric!r}", expected="results on the same clips")
    if any(sides[0][clip][:2] != sides[1][clip][:2] for clip in common):
        raise ConfigError("the clips were made from other sources", expected="the same seed")
    actors = [sides[0][clip][0] for clip in common]
    gaps = [sides[0][clip][2] - sides[1][clip][2] for clip in common]
    return mean_interval(gaps, actors)


def _by_clip(result: dict, metric: str) -> dict[str, tuple[str, str, float]]:
    """clip → actor, source, value; clips without the metric are left out."""
    table = result["numbers"]["clips"]
    if metric.startswith("emoacc/"):
        named = table["named"]["generated"].get(metric.removeprefix("emoacc/"), ())
        values: Iterable = [
            float(a == b) for a, b in zip(named, table["emotion"], strict=bool(named))
        ]
    else:
        values = table["generated"].get(metric, ())
    rows = zip(table["clip"], table["actor"], table["source"], values, strict=False)
    return {clip: (actor, source, v) for clip, actor, source, v in rows if v is not None}


class RecordLog:
    """Records on disk, one JSON line each, under a key; a half-written last line is dropped.

    Attributes:
        done: clip → record, those of an earlier run with the same key included.
    """

    def __init__(self, path: Path, key: str):
        self.path, self.key, self.done = path, key, {}
        self.n_bytes = 0  # of whole lines that belong to this key
        lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
        known = list(_whole(lines))
        if known and known[0].get("key") == key:
            self.done = {record["clip"]: record for record in known[1:]}
            self.n_bytes = sum(map(len, lines[: len(known)]))
        elif known:
            warnings.warn(
                f"{path.name} belongs to other settings or weights: starting anew",
                EmolibWarning,
                stacklevel=3,
            )

    def __enter__(self) -> RecordLog:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.stream = self.path.open("a", encoding="utf-8")
        os.truncate(self.path, self.n_bytes)  # what follows is half a line, or another key's
        if not self.n_bytes:
            self._line({"key": self.key})
        return self

    def __exit__(self, *_) -> None:
        self.stream.close()

    def finish(self) -> None:
        """Remove the file: its content is in the result now."""
        self.path.unlink()

    def write(self, record: dict) -> None:
        """Add a clip's record, which has its name under "clip"."""
        self.done[record["clip"]] = record
        self._line(record)

    def _line(self, content: dict) -> None:
        self.stream.write(json.dumps(content) + "\n")
        self.stream.flush()


def _whole(lines: list[bytes]) -> Iterator[dict]:
    """The records up to the first line that is half written."""
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            return
        if not isinstance(record, dict) or not line.endswith(b"\n"):
            return
        yield record
