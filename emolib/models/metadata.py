"""What a checkpoint says about itself: the metadata of its file, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from emolib import __version__
from emolib.base.emotions import EMOTIONS

FORMAT = "emolib-checkpoint"
SCHEMA = 1  # raised when old readers would misread a new file


@dataclass(frozen=True)
class InputRules:
    """How a generator was fed in training, and so must be fed ever after."""

    mask: str = "full"  # what is hidden of the target: see `store.masks`
    alignment: str = "centred"  # which sound a frame hears: see `media.mel`
    geometry: str = "box"  # how the face is cut out: see `media.compose`


@dataclass(frozen=True)
class CheckpointMeta:
    """What a checkpoint says about itself."""

    kind: str  # a key of `checkpoint.KINDS`
    architecture: dict  # the network's config as plain values
    recipe: str = ""  # END, SEQ, PLDA, PRE, IMPROVED, WAV2LIP, or "published: …"
    corpus: str = ""  # what it was trained on
    profile: str = ""
    step: int = 0
    metrics: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)  # of a generator: `InputRules` as plain values
    note: str = ""  # licence, origin, anything a reader must know
    training: dict = field(default_factory=dict)  # how it was made: see `training.ship`
    emotions: tuple[str, ...] = EMOTIONS
    emolib: str = __version__
    schema: int = SCHEMA

    @property
    def steps(self) -> int:
        """All steps of its training; `step` counts those of its last run."""
        return sum(phase["steps"] for phase in self.training.get("phases", ())) or self.step

    @property
    def input_rules(self) -> InputRules:
        """How the network wants its input."""
        return InputRules(**self.inputs)
