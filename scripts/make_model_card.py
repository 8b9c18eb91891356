"""Write MODEL_CARD.md from the shipped checkpoints, their logs and the stored results.

    python scripts/make_model_card.py            # after anything in data/ has changed
    python scripts/make_model_card.py --check    # is it what would be written now?

All in it is read from the files; its words stand in `model_card.md.j2`. What no file tells, the
card says is not recorded or not measured.

Follows: Mitchell et al. 2019, "Model Cards for Model Reporting".
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from math import prod
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import DatasetError
from emolib.base.files import atomic_path, checkpoints_dir, file_sha256, project_root
from emolib.evaluation.stored import is_evaluation, stored_results
from emolib.evaluation.table2 import lines as evaluation_lines
from emolib.models.checkpoint import CheckpointMeta, read_meta
from emolib.models.tensorfile import read_header

TEMPLATE = "model_card.md.j2"
# How corpora of real people begin.
REAL = ("real", "grid", "cremad", "mead", "ravdess", "lrs2", "stills")
MAX_SCALARS = 12
KINDS = {
    "generator": "Generator: reference frames, sound and an emotion in; talking frames out.",
    "syncnet": "Lip-sync expert: do these five frames belong to this sound?",
    "emotion": "Emotion discriminator: which of six emotions do these frames show? It teaches"
    " generators, so it does not judge them.",
    "classifier": "Independent emotion classifier: the same question, another network, other draws;"
    " it judges generators and never taught one.",
    "syncnet-lse": "Evaluation SyncNet, for published LSE numbers.",
}
METRICS = {  # of a stage's own evaluation: label, factor, unit
    "accuracy": ("accuracy", 100, " %"),
    "in_sync": ("right in sync", 100, " %"),
    "off_sync": ("right off sync", 100, " %"),
    "offset_right": ("offset right within a frame", 100, " %"),
    "best_offset": ("best offset of all", 1, " frames"),
    "emotion_accuracy": ("accuracy of its own discriminator on what it makes", 100, " %"),
    "psnr_db": ("psnr", 1, " dB"),
    "psnr_copy_db": ("psnr of the reference given back", 1, " dB"),
    "l1": ("mean absolute error", 1, ""),
    "sync_loss": ("sync loss", 1, ""),
    "sync_loss_true": ("sync loss of true frames", 1, ""),
}


@dataclass(frozen=True)
class Shipped:
    """A checkpoint with what belongs to it, as the template shows it."""

    name: str
    meta: CheckpointMeta
    sha256: str
    size_mb: float
    n_parameters: int
    log_lines: int
    results: list[tuple[str, str, list[str]]]  # name, corpus, lines

    @property
    def phases(self) -> list[dict]:
        return self.meta.training.get("phases", [])

    @property
    def minutes(self) -> str:
        minutes = self.meta.training.get("minutes")
        return "not recorded" if minutes is None else f"{minutes:g}"

    @property
    def measured(self) -> list[str]:
        """Numbers of the last evaluation in training; shares as percentages."""
        told = []
        for name, value in self.meta.metrics.items():
            if isinstance(value, int | float):
                label, factor, unit = METRICS.get(name, (name, 1, ""))
                factor, unit = (100, " %") if name in EMOTIONS else (factor, unit)
                told.append(f"{label} {factor * value:.4g}{unit}")
        return told

    @property
    def best(self) -> str:
        return _listed([text for text in self.measured if not text[:3].isupper()][:3])


def model_card(checkpoints: Path | None = None, results: Path | None = None) -> str:
    """The card as Markdown, for whatever checkpoints and results are there.

    Raises:
        CheckpointError, DatasetError: a checkpoint or its log is damaged.
    """
    found = stored_results(results)
    files = sorted(Path(checkpoints or checkpoints_dir()).glob("*.safetensors"))
    shelf = [_shipped(path, found) for path in files]
    loader = FileSystemLoader(Path(__file__).parent)
    words = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True)
    words.filters |= {
        "listed": _listed,
        "pairs": lambda told: ", ".join(f"{key} {value}" for key, value in told.items()),
        "percent": lambda share: f"{100 * share:.0f} %",
        "machine": lambda phase: ", ".join(
            str(phase[key]) for key in ("device", "precision") if phase.get(key) is not None
        ),
    }
    card = words.get_template(TEMPLATE)
    kinds = dict.fromkeys((one.meta.kind for one in shelf), None) | KINDS
    return card.render(shelf=shelf, kinds=kinds, corpora=_corpora(shelf), real=_real(found))


def _shipped(path: Path, results: dict[str, dict]) -> Shipped:
    header, sha256 = read_header(path), file_sha256(path)
    shapes = [one["shape"] for name, one in header.items() if name != "__metadata__"]
    measured = [
        (name, result["record"]["corpus"], _told(result))
        for name, result in results.items()
        if _measured_on(result) == sha256 and not _is_real(result)
    ]
    size_mb, n_parameters = path.stat().st_size / 1e6, sum(prod(shape) for shape in shapes)
    meta, n_lines = read_meta(path), _log_lines(path.with_name(f"{path.stem}.log.jsonl"))
    return Shipped(path.stem, meta, sha256, size_mb, n_parameters, n_lines, measured)


def _log_lines(log: Path) -> int:
    try:
        rows = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        return len([json.loads(row) for row in rows])
    except ValueError as error:
        raise DatasetError(f"not a training log ({error})", file=log) from error


def _measured_on(result: dict) -> str | None:
    """SHA-256 of the weights that a result measured, if it is a measurement of one network."""
    told = result["numbers"].get("checkpoint")
    if isinstance(told, dict):
        return told.get("sha256")
    return result["numbers"].get("checkpoint_sha256")


def _told(result: dict) -> list[str]:
    """A result in a few lines."""
    if is_evaluation(result):
        return evaluation_lines(result)
    told = [f"{key}: {value}" for key, value in _scalars(result["numbers"])]
    return told[:MAX_SCALARS] or ["(no scalars)"]


def _scalars(numbers: dict, before: str = "") -> list[tuple[str, str]]:
    """Numbers at the top of a result and one level below, the checkpoint's own facts left out."""
    found = []
    for key, value in numbers.items():
        if isinstance(value, bool) or key.startswith("checkpoint"):
            continue
        if isinstance(value, int | float):
            found.append((before + key, f"{value:.4g}"))
        elif isinstance(value, dict) and not before:
            found += _scalars(value, f"{key} ")
    return found


def _is_real(result: dict) -> bool:
    return str(result["record"]["corpus"]).lower().startswith(REAL)


def _real(results: dict[str, dict]) -> list[tuple]:
    """Results on real people: name, network, groups (`benchmarks/real_files.py`) or None, lines,
    notes."""
    found = []
    for name, result in results.items():
        if _is_real(result):
            by = result["numbers"].get("checkpoint", "a network of this project")
            by = by.get("name") if isinstance(by, dict) else by
            groups = result["numbers"].get("groups")
            notes = () if groups else result["numbers"].get("notes", ())
            found.append((name, by, groups, [] if groups else _told(result), notes))
    return found


def _corpora(shelf: list[Shipped]) -> list[tuple[str, dict | None]]:
    """Each corpus once, after the names of the networks that learned from it."""
    groups: dict[str, list[str]] = {}
    for one in shelf:
        told = json.dumps(one.meta.training.get("corpus"), sort_keys=True)
        groups.setdefault(told, []).append(f"`{one.name}`")
    return [(_listed(names), json.loads(told)) for told, names in groups.items()]


def _listed(items: list[str]) -> str:
    return ", ".join(items) or "not recorded"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    given = parser.parse_args(words)
    path, text = project_root() / "MODEL_CARD.md", model_card()
    if given.check:
        fresh = path.is_file() and path.read_text(encoding="utf-8") == text
        print(f"{path.name} is {'fresh' if fresh else 'stale: run this script without --check'}")
        return int(not fresh)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
