"""Checkpoints: one `.safetensors` file that says what network it is and where it came from.

The file's metadata holds everything needed to build the network again and to judge its numbers:
kind, architecture, emotion order, recipe, corpus, profile, step, metrics, versions. Nothing in it
can run code, and nothing in it is trusted before it is checked: the header's size first, then the
file's length, the schema, the kind, the emotion order, the architecture, every tensor's shape.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from emolib import __version__
from emolib.base.config import current_profile
from emolib.base.emotions import check_order
from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.files import atomic_path, checkpoints_dir
from emolib.models.emotion import (
    EmotionClassifier,
    EmotionClassifierConfig,
    EmotionDiscriminator,
    EmotionDiscriminatorConfig,
)
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import LseSyncNet, LseSyncNetConfig, SyncNet, SyncNetConfig
from emolib.models.tensorfile import FORMAT, SCHEMA, CheckpointMeta, InputRules, read_header

KINDS: dict[str, tuple[type[nn.Module], type]] = {
    "generator": (Generator, GeneratorConfig),
    "syncnet": (SyncNet, SyncNetConfig),
    "emotion": (EmotionDiscriminator, EmotionDiscriminatorConfig),
    "classifier": (EmotionClassifier, EmotionClassifierConfig),
    "syncnet-lse": (LseSyncNet, LseSyncNetConfig),
}


def kind_of(model: nn.Module) -> str:
    """The kind under which `model` is saved.

    Raises:
        CheckpointError: it is none of this package's networks.
    """
    for kind, (network, _) in KINDS.items():
        if type(model) is network:
            return kind
    raise CheckpointError(
        f"{type(model).__name__} is no network of this package", expected=", ".join(KINDS)
    )


def save_checkpoint(
    path: str | os.PathLike,
    model: nn.Module,
    *,
    recipe: str = "",
    corpus: str = "",
    profile: str | None = None,
    step: int = 0,
    metrics: dict | None = None,
    inputs: InputRules | None = None,
    note: str = "",
    training: dict | None = None,
    half: bool = False,
) -> CheckpointMeta:
    """Write `model` and what is known about it as one file, whole or not at all; the metadata.

    Args:
        profile: default: the current one.
        inputs: how a generator was fed.
        training: commands, minutes, device and corpus, as plain values.
        half: store weights of two and more dimensions as float16, half the size; biases and
            batch-norm numbers stay float32. They come back as float32.
    """
    meta = CheckpointMeta(
        kind=kind_of(model),
        architecture=asdict(model.config),
        recipe=recipe,
        corpus=corpus,
        profile=current_profile().name if profile is None else profile,
        step=int(step),
        metrics=dict(metrics or {}),
        inputs=asdict(inputs) if inputs else {},
        note=note,
        training=dict(training or {}),
    )
    tensors = {}
    for name, tensor in model.state_dict().items():
        tensor = tensor.detach().cpu().contiguous()
        if half and tensor.is_floating_point() and tensor.ndim >= 2:
            tensor = tensor.to(torch.float16)
        tensors[name] = tensor
    plain = {f.name: json.dumps(getattr(meta, f.name)) for f in fields(meta)}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={"format": FORMAT, **plain})
    return meta


def load_checkpoint(
    path: str | os.PathLike,
    kind: str | None = None,
    *,
    architecture: dict | None = None,
    device: str | torch.device = "cpu",
) -> tuple[nn.Module, CheckpointMeta]:
    """The network in a checkpoint, in eval mode, float32, and what the file says about it.

    Args:
        path: a file, or the name of one in `data/checkpoints` (see `find_checkpoint`).
        kind: refuse any other kind of network.
        architecture: fields of its config that the network must have.

    Raises:
        CheckpointError: missing, damaged, newer, of another kind or architecture, or with
            emotions in another order.
    """
    path = find_checkpoint(path, kind)
    meta = read_meta(path)
    _check_kind(path, meta, kind, architecture)
    network, config_class = KINDS[meta.kind]
    try:
        with torch.device("meta"):  # shapes only: the weights come from the file
            model = network(config_class(**meta.architecture))
    except (TypeError, ConfigError) as error:
        raise CheckpointError(
            f"its architecture cannot be built ({error})", file=path, fix="make the file again"
        ) from error
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"damaged ({error})", file=path, fix="get it again") from error
    fill_model(model, tensors, file=path)
    return model.eval().to(device), meta


def fill_model(model: nn.Module, tensors: dict[str, torch.Tensor], *, file=None) -> None:
    """Put every tensor in its place: all of them, each of the right shape, or none.

    Raises:
        CheckpointError: with counts and the first three missing, unexpected and misshapen keys.
    """
    wanted = model.state_dict()
    missing = [key for key in wanted if key not in tensors]
    unexpected = [key for key in tensors if key not in wanted]
    shapes = [
        f"{key} {tuple(tensors[key].shape)}, not {tuple(wanted[key].shape)}"
        for key in wanted
        if key in tensors and tensors[key].shape != wanted[key].shape
    ]
    found = {"missing": missing, "unexpected": unexpected, "of another shape": shapes}
    problems = [
        f"{len(keys)} {what}: {', '.join(keys[:3])}{', …' if len(keys) > 3 else ''}"
        for what, keys in found.items()
        if keys
    ]
    if problems:
        raise CheckpointError(
            f"the weights are not those of a {type(model).__name__} ({'; '.join(problems)})",
            file=file,
            expected=f"{len(wanted)} tensors of {model.config}",
        )
    state = {key: tensor.to(wanted[key].dtype) for key, tensor in tensors.items()}
    model.load_state_dict(state, assign=True)


def find_checkpoint(path: str | os.PathLike, kind: str | None = None) -> Path:
    """The file itself, or `{name}-{kind}` or `{name}` (`.safetensors`) in `data/checkpoints`.

    Raises:
        CheckpointError: there is none; the message lists the names that exist.
    """
    given = Path(path)
    if given.is_file():
        return given
    if given.suffix or given.name != str(path):
        raise CheckpointError("no such file", file=path)
    for stem in [f"{given.name}-{kind}", given.name] if kind else [given.name]:
        if (named := checkpoints_dir() / f"{stem}.safetensors").is_file():
            return named
    known = sorted(p.stem for p in checkpoints_dir().glob("*.safetensors")) or ["none yet"]
    raise CheckpointError(
        f"no checkpoint of the name {given.name!r}", expected="one of " + ", ".join(known)
    )


def read_meta(path: str | os.PathLike) -> CheckpointMeta:
    """What a checkpoint says about itself, read from its header alone.

    Raises:
        CheckpointError: damaged, not one of ours, or from a newer version.
    """
    text = read_header(Path(path)).get("__metadata__") or {}
    if text.get("format") != FORMAT:
        raise CheckpointError(
            "a safetensors file, but not an emolib checkpoint",
            file=path,
            fix="import published weights with `emolib import-weights`",
        )
    try:
        values = {
            f.name: json.loads(text[f.name]) for f in fields(CheckpointMeta) if f.name in text
        }
        schema, version = values["schema"], values["emolib"]
        if schema > SCHEMA:
            raise CheckpointError(
                f"written by emolib {version} in schema {schema}",
                file=path,
                expected=f"schema {SCHEMA} (this is emolib {__version__})",
                fix=f'pip install "emolib>={version}"',
            )
        meta = CheckpointMeta(**{**values, "emotions": tuple(values["emotions"])})
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise CheckpointError(f"its metadata is damaged ({error!r})", file=path) from error
    if meta.kind not in KINDS:
        raise CheckpointError(
            f"of the unknown kind {meta.kind!r}", file=path, expected=", ".join(KINDS)
        )
    try:
        check_order(meta.emotions, file=str(path))
    except ConfigError as error:
        raise CheckpointError(
            error.problem, file=path, expected=error.expected, fix=error.fix
        ) from error
    return meta


def _check_kind(
    path: Path, meta: CheckpointMeta, kind: str | None, architecture: dict | None
) -> None:
    if kind is not None and meta.kind != kind:
        found = f"holds a network of kind {meta.kind!r}"
        raise CheckpointError(found, file=path, expected=repr(kind), fix="give another file")
    wanted = architecture or {}
    others = [
        f"{key}={meta.architecture.get(key)!r}, not {value!r}"
        for key, value in wanted.items()
        if meta.architecture.get(key) != value
    ]
    if others:
        raise CheckpointError(
            f"holds another architecture: {'; '.join(others[:3])}", file=path, expected=str(wanted)
        )
