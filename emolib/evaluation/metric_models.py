"""The networks that measure, loaded once, and what a reader must know about each.

Names left out mean: the shipped `lite-syncnet`, `lite-classifier` and `lite-emotion` where they are
there, and the published SyncNet if it was imported as `syncnet-lse`. "none" leaves one out. What is
not measured is said in the result's notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.files import checkpoints_dir, file_sha256
from emolib.evaluation.clip_features import METRICS, Instruments
from emolib.evaluation.emotion import ExpressionJudge, WindowJudge
from emolib.evaluation.inception import FidInception, fid_file
from emolib.evaluation.regenerate import SOURCES
from emolib.evaluation.visual import frechet_name
from emolib.media.faces import FaceMesh
from emolib.media.mesh import FaceUnits
from emolib.models.checkpoint import find_checkpoint, load_checkpoint, read_meta
from emolib.models.face_nets import ExpressionNet, IdentityNet
from emolib.models.features import inception_vectors

SHIPPED = "lite"  # whose networks measure where none is named
NONE = "none"
CLASSIFIERS = {
    "classifier": "another architecture than the discriminator's; it never trained a generator",
    "emotion": "a discriminator: not independent of generators that it, or its like, trained",
}
EXPERT_NOTE = (
    "LSE (expert) is the network that trains generators, so it flatters those that it trained; lips"
    " are checked against known landmarks too"
)
IDENTITY_NOTE = (
    "Identity is told by the network whose maps are the perceptual loss of training where VGG-19 is"
    " absent, so it flatters generators that were trained so."
)
FACE_NOTE = (
    "Mouth: its upright box against the same person's own, saying the same words; detail as a share"
    " of theirs, colour as a distance in a*, b*. Face units: how far they went from the source"
    " towards the really acted clip. Both are found by MediaPipe's mesh and blendshape network,"
    " which trained no generator (the recipes by which rendered people act were tuned with it);"
    " perceptual distance is between maps of {expression}, which is no training loss."
)


@dataclass(frozen=True)
class EvaluateSettings:
    """What is evaluated.

    Attributes:
        metrics: groups of `METRICS`.
        split: which clips; "all" for every clip, whoever was trained on.
        limit: at most so many, evenly over emotions and actors; None for all.
        seed: of the choice of clips and sources, and of the bootstrap.
        sources: what a clip is made from, see `regenerate.SOURCES`.
        syncnet, lse_syncnet, classifier, discriminator: checkpoints by name or file; None: the
            shipped one; "none": leave it out.
    """

    metrics: tuple[str, ...] = METRICS
    split: str = "test"
    limit: int | None = None
    seed: int = 0
    sources: str = "other_emotion"
    syncnet: str | None = None
    lse_syncnet: str | None = None
    classifier: str | None = None
    discriminator: str | None = None

    def __post_init__(self):
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise ConfigError(
                f"unknown metrics {', '.join(unknown) or '(none)'}",
                expected="some of " + ", ".join(METRICS),
            )
        if self.sources not in SOURCES:
            raise ConfigError(
                f"unknown sources {self.sources!r}", expected="one of " + ", ".join(SOURCES)
            )
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit {self.limit}", expected="at least 1 clip")


def load_metric_models(settings: EvaluateSettings, device: str = "cpu") -> Instruments:
    """The instruments that the settings ask for, in eval mode on a device.

    Raises:
        CheckpointError: a named checkpoint is missing or of another kind.
    """
    wanted, tools = set(settings.metrics), Instruments(metrics=tuple(settings.metrics))

    def load(role: str, name: str | Path | None, kind: str) -> nn.Module | None:
        """A network by name, the shipped one for None, nothing for "none"."""
        name = shipped(kind) if name is None else name
        if name is None or str(name) == NONE:
            return None
        path = find_checkpoint(name, kind)
        network, meta = load_checkpoint(path, kind, device=device)
        tools.sha256[role] = file_sha256(path)
        trained = f"trained on {meta.corpus}" if meta.corpus else "of unknown training data"
        tools.notes.append(f"{role}: {path.stem} ({meta.recipe or meta.kind}, {trained}).")
        return network

    if "sync" in wanted:
        tools.expert = load("LSE (expert)", settings.syncnet, "syncnet")
        tools.lse_net = load("LSE", settings.lse_syncnet, "syncnet-lse")
        if tools.expert is not None:
            tools.notes.append(f"{EXPERT_NOTE}.")
        elif tools.lse_net is None:
            tools.notes.append("Lip sync was not measured: no SyncNet checkpoint was given.")
    if wanted & {"emotion", "crowd", "real"}:
        tools.expression = ExpressionJudge(ExpressionNet.load().to(device))
    if "emotion" in wanted:
        name = shipped("classifier") if settings.classifier is None else settings.classifier
        path, kind = _classifier_file(name)
        tools.judges = tuple(
            WindowJudge(network, judge, CLASSIFIERS[of])
            for judge, network, of in (
                ("classifier", load("EmoAcc (classifier)", path, kind), kind),
                (
                    "discriminator",  # shows how circular it is to ask the network that taught
                    load("EmoAcc (discriminator)", settings.discriminator, "emotion"),
                    "emotion",
                ),
            )
            if network is not None
        )
        for judge in (*tools.judges, tools.expression):
            tools.labels[f"emoacc/{judge.name}"] = f"EmoAcc ({judge.name}) %"
            tools.notes.append(f"EmoAcc ({judge.name}): {judge.note}.")
    if "crowd" in wanted:
        tools.crowd = _crowd(device)
        name, features = f"FFD ({tools.expression.name})", tools.expression.net.name
        if tools.crowd is not None:
            name, features = frechet_name(tools.crowd), tools.crowd.name
        tools.labels |= {"frechet": name, "frechet_six": f"{name}, mean of six"}
        tools.notes.append(f"{name}: Fréchet distance between features of {features}.")
    if "identity" in wanted:
        tools.identity = IdentityNet.load().to(device)
        tools.notes.append(IDENTITY_NOTE)
    if "truth" in wanted:
        tools.mesh = FaceMesh()
    if "real" in wanted:
        tools.units = FaceUnits()
        tools.notes.append(FACE_NOTE.format(expression=tools.expression.net.name))
    return tools


def _classifier_file(name: str | Path | None) -> tuple[Path | str, str]:
    """The checkpoint of a classifier, by name or file, and its kind; a judge's before others'.

    Raises:
        CheckpointError: there is none, or it is no emotion classifier.
    """
    if name is None or str(name) == NONE:
        return NONE, "classifier"
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


def _crowd(device: str) -> nn.Module | None:
    """FID's network, else torchvision's Inception, where their files are; None: the expression
    net's features, which are looked at anyway and trained no generator."""
    official = fid_file()
    if official is not None:
        return FidInception(official[1]).to(device)
    features = inception_vectors()
    return None if features is None else features.to(device)


def shipped(kind: str) -> Path | None:
    """Which checkpoint of this kind measures where none is named: in `data/checkpoints` the lite
    one, else that of the bare kind; None if there is neither."""
    for stem in (f"{SHIPPED}-{kind}", kind):
        path = checkpoints_dir() / f"{stem}.safetensors"
        if path.is_file():
            return path
    return None
