"""The door for published weights: their `.pth` in, our checkpoint out, nothing lost on the way.

Weights are read with `weights_only=True` (no code runs), renamed key by key, turned from BGR to
RGB, and refused unless every tensor finds its place.

Key names were read in the public repositories: Rudrabha/Wav2Lip `models/{wav2lip,syncnet,conv}.py`
(`face_encoder_blocks`, `audio_encoder`, `face_decoder_blocks`, `output_block`, `conv_block`),
sahilg06/EmoGen `models/{wav2lip,emo_disc}.py` (`emotion_encoder`, `conv_1` … `conv_5`, `projector`,
`rnn_1`, `cls`), joonson/syncnet_python `SyncNetModel.py` (`netcnnaud`, `netfcaud`, `netcnnlip`,
`netfclip`); the wrapping dict (`state_dict`, `optimizer`, `global_step`) in their training scripts.

BGR to RGB: a network that read BGR gives the same numbers on RGB once the input channels of its
first layer change places; one that wrote BGR writes RGB once its last layer's outputs do. So the
networks here see RGB only. EmoGen's three mask channels, always zero, are kept and turned too.
"""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.files import check_output
from emolib.models.checkpoint import InputRules, fill_model, save_checkpoint
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.models.generator import Generator, GeneratorConfig
from emolib.models.syncnet import LseSyncNet, SyncNet

_BLOCK = ((r"\.conv_block\.0\.", ".conv."), (r"\.conv_block\.1\.", ".norm."))
_GENERATOR = (
    (r"^face_encoder_blocks\.", "face_encoder."),
    (r"^face_decoder_blocks\.", "decoder."),
    (r"^output_block\.0\.", "output.hidden."),
    (r"^output_block\.1\.", "output.last."),
    *_BLOCK,
)
_GENERATOR_TURNS = {
    "face_encoder.0.0.conv.weight": (1, 2),
    "output.last.weight": (0, 1),
    "output.last.bias": (0, 1),
}
_DISCRIMINATOR = (
    *((rf"^conv_{i + 1}\.0\.", f"convs.{i}.") for i in range(5)),
    (r"^rnn_1\.", "rnn."),
    (r"^cls\.0\.", "classifier."),
)
_LSE = (
    (r"^netcnnaud\.", "audio_cnn."),
    (r"^netfcaud\.", "audio_fc."),
    (r"^netcnnlip\.", "lip_cnn."),
    (r"^netfclip\.", "lip_fc."),
)
_WRAPPERS = ("state_dict", "model_state_dict", "model", "generator", "net", "weights")


@dataclass(frozen=True)
class Published:
    """How one kind of published file becomes one of our networks."""

    origin: str
    build: Callable[[], nn.Module]
    renames: tuple  # (pattern, replacement) pairs, applied in order
    turns: dict  # our key -> (axis, number of colour triples on it)
    inputs: InputRules | None = None  # a generator's: as its authors' scripts feed it


PUBLISHED = {
    "emogen": Published(
        "EmoGen, SEQ (Goyal et al. 2023)",
        Generator,
        _GENERATOR,
        _GENERATOR_TURNS,
        InputRules("full", "released_training", "tight"),
    ),
    "wav2lip": Published(
        "Wav2Lip (Prajwal et al. 2020)",
        lambda: Generator(GeneratorConfig(emotion=None)),
        _GENERATOR,
        _GENERATOR_TURNS,
        InputRules("half", "released_training", "tight"),
    ),
    "syncnet-expert": Published(
        "colour SyncNet expert (Prajwal et al. 2020)",
        SyncNet,
        _BLOCK,
        {"face_encoder.0.conv.weight": (1, 5)},
    ),
    "emotion-disc": Published(
        "EmoGen's DISCEMO (Goyal et al. 2023)",
        lambda: EmotionDiscriminator(EmotionDiscriminatorConfig(released_code_quirks=True)),
        _DISCRIMINATOR,
        {},
    ),
    "syncnet-lse": Published(
        "SyncNet (Chung and Zisserman 2016)", LseSyncNet, _LSE, {"lip_cnn.0.weight": (1, 1)}
    ),
}


@dataclass(frozen=True)
class ImportReport:
    """What was done with the file, for the reader and for the record."""

    kind: str
    origin: str
    n_tensors: int
    n_parameters: int
    step: int
    left_aside: tuple[str, ...]  # entries beside the weights: optimizer, epoch, …
    made_up: tuple[str, ...]  # batch counters that old files lack, set to 0

    def __str__(self) -> str:
        aside = f"; left aside: {', '.join(self.left_aside)}" if self.left_aside else ""
        return (
            f"{self.origin}: {self.n_tensors} tensors, {self.n_parameters:,} parameters, "
            f"step {self.step}; BGR turned to RGB{aside}"
        )


def import_weights(
    kind: str,
    source: str | os.PathLike,
    out: str | os.PathLike | None = None,
    *,
    overwrite: bool = False,
) -> tuple[nn.Module, ImportReport]:
    """The network of a published weights file, and what was done; saved to `out` if given.

    Args:
        kind: a key of `PUBLISHED`.
        source: a `.pth` in the published layout; `module.` prefixes and wrapping dicts are fine.
            The discriminator was trained on scrambled frames and keeps being shown them.

    Raises:
        CheckpointError: missing, damaged, holding code, or with keys or shapes that do not fit.
        ConfigError: unknown kind, or `out` exists.
    """
    if kind not in PUBLISHED:
        raise ConfigError(f"unknown kind {kind!r}", expected="one of " + ", ".join(PUBLISHED))
    if out is not None:
        check_output(out, source, overwrite=overwrite)
    path, published = Path(source), PUBLISHED[kind]
    state, step, left_aside = unwrap(read_pth(path), file=path)

    with torch.device("meta"):
        model = published.build()
    turns = published.turns
    ours = {rename(key, published.renames): tensor for key, tensor in state.items()}
    counters = [key for key in model.state_dict() if key.endswith("num_batches_tracked")]
    made_up = [key for key in counters if key not in ours]
    ours.update((key, torch.tensor(0)) for key in made_up)
    ours = {key: turn(t, *turns[key]) if key in turns else t for key, t in ours.items()}
    fill_model(model.eval(), ours, file=path)

    report = ImportReport(
        kind=kind,
        origin=published.origin,
        n_tensors=len(state),
        n_parameters=sum(p.numel() for p in model.parameters()),
        step=step,
        left_aside=left_aside,
        made_up=tuple(made_up),
    )
    if out is not None:
        told = {"recipe": f"published: {published.origin}", "profile": "paper", "step": step}
        told["note"] = f"imported from {path.name}; its authors' terms apply"
        save_checkpoint(out, model, inputs=published.inputs, **told)
    return model, report


def rename(key: str, renames: tuple) -> str:
    """Our name of a published key."""
    for pattern, replacement in renames:
        key = re.sub(pattern, replacement, key)
    return key


def turn(tensor: Tensor, axis: int, n_triples: int) -> Tensor:
    """`tensor` with each colour triple along `axis` reversed: BGR ↔ RGB. Other sizes stay."""
    if axis >= tensor.ndim or tensor.shape[axis] != 3 * n_triples:
        return tensor  # its shape is wrong and will be reported as such
    return (
        tensor.unflatten(axis, (n_triples, 3)).flip(axis + 1).flatten(axis, axis + 1).contiguous()
    )


def read_pth(path: Path) -> object:
    """What a `.pth` holds, if that is data only.

    Raises:
        CheckpointError: missing, empty, cut short, or holding anything that is not data.
    """
    if not path.is_file():
        raise CheckpointError("no such file", file=path)
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                raise CheckpointError(
                    "a TorchScript file, which holds code",
                    file=path,
                    expected="plain weights",
                    fix="in a sandbox: torch.save(torch.jit.load(FILE).state_dict(), NEW)",
                )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        text = str(error)
        if re.search(r"GLOBAL|[Uu]nsupported (global|class|operand)|TypedStorage", text):
            raise CheckpointError(
                "refused: it holds Python objects that could run code; nothing was executed",
                file=path,
                expected="plain tensors",
                fix="if you trust its origin, open it in a sandbox and save its state_dict alone",
            ) from None
        raise CheckpointError(
            f"the file is incomplete or damaged ({size:,} bytes: {text.splitlines()[0][:80]})"
            if text
            else f"the file is incomplete ({size:,} bytes)",
            file=path,
            fix="download it again",
        ) from None


def unwrap(content: object, *, file=None) -> tuple[dict[str, Tensor], int, tuple[str, ...]]:
    """The tensors by name (without `module.`), the step, and the names of what lies beside them.

    Raises:
        CheckpointError: no dict of tensors in it.
    """
    step, left_aside = 0, ()
    wrapped = content if isinstance(content, dict) else {}
    if inner := next((w for w in _WRAPPERS if isinstance(wrapped.get(w), dict)), None):
        left_aside = tuple(sorted(str(key) for key in wrapped if key != inner))
        step = wrapped.get("global_step", 0)
        step, content = int(step) if isinstance(step, int | float) else 0, wrapped[inner]
    if not isinstance(content, dict) or not content:
        raise CheckpointError("no weights in it", file=file, expected="names with tensors")
    strange = [str(k) for k, v in content.items() if not isinstance(v, Tensor)]
    if strange:
        raise CheckpointError(
            f"{len(strange)} entries are no tensors: {', '.join(strange[:3])}", file=file
        )
    return {re.sub(r"^(module\.)+", "", k): v for k, v in content.items()}, step, left_aside
