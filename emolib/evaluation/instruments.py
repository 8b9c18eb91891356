"""The networks that measure, loaded once, and what a reader must know about each.

Names left out mean: the shipped `lite-syncnet` and `lite-classifier` if they are there; no
published LSE. What is not measured is said in the result's notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emolib.errors import CheckpointError
from emolib.evaluation.emotion import ExpressionJudge, Judge, WindowJudge
from emolib.evaluation.measure import Instruments
from emolib.evaluation.visual import frechet_name
from emolib.media.faces import FaceMesh
from emolib.models.checkpoint import find_checkpoint, load_checkpoint, read_meta
from emolib.models.face_nets import ExpressionNet, IdentityNet
from emolib.paths import checkpoints_dir, file_sha256

SHIPPED = "lite"  # whose networks measure where none is named
CLASSIFIERS = {
    "classifier": "another architecture than the discriminator's; it never trained a generator",
    "emotion": "a discriminator: not independent of generators that it, or its like, trained",
}


@dataclass(frozen=True, eq=False)
class Toolbox:
    """Instruments with their papers.

    Attributes:
        labels: metric key → heading in tables, where it depends on the instrument.
        notes: sentences for the reader.
        sha256: of each checkpoint used.
    """

    instruments: Instruments
    labels: dict[str, str]
    notes: tuple[str, ...]
    sha256: dict[str, str]

    @property
    def wants_audio(self) -> bool:
        return self.instruments.lse_net is not None


def load_toolbox(settings, device: str = "cpu") -> Toolbox:
    """The instruments that `run.EvaluateSettings` ask for, in eval mode on a device.

    Raises:
        CheckpointError: a named checkpoint is missing or of another kind.
    """
    wanted = set(settings.metrics)
    labels, notes, sha256 = {}, [], {}

    def load(role: str, name: str | Path | None, kind: str):
        if name is None:
            return None
        path = find_checkpoint(name, kind)
        network, meta = load_checkpoint(path, kind, device=device)
        sha256[role] = file_sha256(path)
        trained = f"trained on {meta.corpus}" if meta.corpus else "of unknown training data"
        notes.append(f"{role}: {path.stem} ({meta.recipe or meta.kind}, {trained}).")
        return network

    expert = lse_net = expression = identity = mesh = None
    judges: list[Judge] = []
    if "sync" in wanted:
        name = settings.syncnet or _shipped("syncnet")
        expert = load("LSE (expert)", name, "syncnet")
        lse_net = load("LSE", settings.lse_syncnet, "syncnet-lse")
        if expert is None and lse_net is None:
            notes.append("Lip sync was not measured: no SyncNet checkpoint was given.")
    if "emotion" in wanted:
        expression = ExpressionJudge(ExpressionNet.load().to(device))
        labels[f"emoacc/{expression.name}"] = f"EmoAcc ({expression.name}) %"
        notes.append(f"EmoAcc ({expression.name}): {expression.note}.")
        name = settings.classifier or _shipped("classifier")
        if name is not None:
            path, kind = _classifier_file(name)
            classifier = load("EmoAcc (classifier)", path, kind)
            judges.append(WindowJudge(classifier, "classifier", CLASSIFIERS[kind]))
            notes.append(f"EmoAcc (classifier): {judges[0].note}.")
            labels[f"emoacc/{judges[0].name}"] = f"EmoAcc ({judges[0].name}) %"
    if wanted & {"crowd", "identity"}:
        identity = IdentityNet.load().to(device)
        labels["frechet"] = frechet_name(identity)
    if "truth" in wanted:
        mesh = FaceMesh()
    return Toolbox(
        Instruments(
            expert=expert,
            lse_net=lse_net,
            judges=tuple(judges),
            expression=expression,
            identity=identity,
            mesh=mesh,
            metrics=tuple(settings.metrics),
        ),
        labels,
        tuple(notes),
        sha256,
    )


def _classifier_file(name: str) -> tuple[Path, str]:
    """The checkpoint of a classifier, by name or file, and its kind; a judge's before others'.

    Raises:
        CheckpointError: there is none, or it is no emotion classifier.
    """
    try:
        path = find_checkpoint(name, "classifier")
    except CheckpointError:
        path = find_checkpoint(name, "emotion")
    kind = read_meta(path).kind
    if kind not in CLASSIFIERS:
        raise CheckpointError(
            f"holds a network of kind {kind!r}", file=path, expected="an emotion classifier"
        )
    return path, kind


def _shipped(kind: str) -> Path | None:
    path = checkpoints_dir() / f"{SHIPPED}-{kind}.safetensors"
    return path if path.is_file() else None
