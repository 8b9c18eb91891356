"""What a recipe holds: the settings of an experiment. Defaults are the paper's.

Paper: §4.2 (END, SEQ), §4.3 (PRE), §5 (the ablation), appendix A.2 (weights, optimiser).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from typing import ClassVar, get_args, get_type_hints

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError
from emolib.data.inputs import MASKS
from emolib.data.window import STRATEGIES
from emolib.data.windows import GeneratorSettings
from emolib.media.mel import ALIGNMENTS
from emolib.models.emotion import EmotionClassifierConfig, EmotionDiscriminatorConfig
from emolib.models.generator import GeneratorConfig
from emolib.models.syncnet import SyncNetConfig
from emolib.training.degrade import Degrade, Jitter
from emolib.training.losses import LossWeights, Ramp, Threshold
from emolib.training.settings import Checked, FitConfig

UP_TO_T = f"[1, {VIDEO.n_frames}]"
T_ONLY = f"[{VIDEO.n_frames}, {VIDEO.n_frames}]"  # the sync expert sees five frames
PAPER_FIT = FitConfig()  # Adam 1e-4, β 0.5 and 0.999: paper, appendix A.2


@dataclass(frozen=True)
class SyncRecipe(Checked):
    """How the lip-sync expert is pre-trained. Defaults: the paper's (§3.1)."""

    name: str = "PAPER"
    network: SyncNetConfig = field(default_factory=SyncNetConfig)
    loss: str = "pairs"  # one sound, right or wrong; or "offsets": K sounds of the clip at once
    n_sounds: int = 8  # K
    augment: bool = True  # released code; the paper does not say
    jitter: Jitter | None = None
    fit: FitConfig = field(default_factory=lambda: replace(PAPER_FIT, batch_size=64))
    n_frames: int = VIDEO.n_frames

    RANGES: ClassVar = {"n_sounds": "[2, inf)", "n_frames": T_ONLY}

    def problems(self) -> list[str]:
        return super().problems() + _unknown(self, loss=("pairs", "offsets"))


@dataclass(frozen=True)
class EmotionRecipe(Checked):
    """How a network learns to name emotions. Defaults: the released discriminator's (§3.2.4)."""

    name: str = "PAPER"
    network: EmotionDiscriminatorConfig | EmotionClassifierConfig = field(
        default_factory=EmotionDiscriminatorConfig
    )
    augment: bool = True
    jitter: Jitter | None = None
    degrade: Degrade | None = None
    frames_seen: int | None = None  # of each window's five, drawn anew; None: all
    balanced: bool = False  # draw all six emotions equally often
    label_smoothing: float = 0.0
    fit: FitConfig = field(
        default_factory=lambda: replace(PAPER_FIT, batch_size=64, learning_rate=1e-6)
    )
    n_frames: int = VIDEO.n_frames

    RANGES: ClassVar = {"label_smoothing": "[0, 1)", "frames_seen": UP_TO_T, "n_frames": T_ONLY}


@dataclass(frozen=True)
class GeneratorRecipe(Checked):
    """How a generator is trained. Defaults: SEQ, the paper's preferred concatenation."""

    name: str = "SEQ"
    network: GeneratorConfig = field(default_factory=GeneratorConfig)
    mask: str = "full"
    reference: str = "same_clip"  # of labelled clips, see `data.references`
    unlabelled: str | None = None  # emotion of clips without a label; None: they are refused
    alignment: str = "centred"  # see `media.mel`; the released code trains one frame off
    weights: LossWeights = field(default_factory=lambda: LossWeights(perceptual=0.0))
    schedule: Threshold | Ramp = field(default_factory=Threshold)
    augment: bool = False
    jitter: Jitter | None = None
    change_gain: float = 0.0  # extra L1 weight where target and reference differ
    change_full_at: float = 0.1  # by how much they differ where all of it is given
    co_train: bool = True  # the emotion discriminator goes on learning from true frames (§3.2.4)
    discriminator_rate: float = 0.01  # of the generator's: 1e-6 to 1e-4, appendix A.2
    face_encoder: str = "learn"  # or from a base: "init", "freeze" (PRE, §4.3)
    perceptual_frames: int | None = None  # of each window, drawn anew; None: all five
    frames_per_window: int | None = None  # made of each window, drawn anew; None: all five
    released_code_quirks: bool = False  # frozen nets in train mode, pictures folded wrongly
    fit: FitConfig = PAPER_FIT
    n_frames: int = VIDEO.n_frames

    @property
    def needs_labels(self) -> bool:
        """Whether the network is told the emotion, or learns from a judge of it."""
        return self.network.emotion is not None or self.weights.emotion > 0

    @property
    def windows(self) -> GeneratorSettings:
        """How windows are cut from a labelled store."""
        return GeneratorSettings(self.reference, self.mask, self.alignment, self.unlabelled)

    RANGES: ClassVar = {
        "change_gain": "[0, inf)",
        "change_full_at": "(0, 1]",
        "discriminator_rate": "(0, inf)",
        **dict.fromkeys(("perceptual_frames", "frames_per_window"), UP_TO_T),
        "n_frames": T_ONLY,
    }

    def problems(self) -> list[str]:
        found = super().problems() + _unknown(
            self,
            mask=MASKS,
            reference=STRATEGIES,
            alignment=ALIGNMENTS,
            unlabelled=(None, *EMOTIONS),
            face_encoder=("learn", "init", "freeze"),
        )
        if self.frames_per_window not in (None, self.n_frames) and self.weights.sync:
            found.append("frames_per_window leaves frames out, but the sync expert sees all five")
        return found


def _unknown(recipe: Checked, **choices: Iterable[str]) -> list[str]:
    """Sentences on settings that are none of their choices."""
    return [
        f"{name} is {getattr(recipe, name)!r} (expected one of {', '.join(map(str, known))})"
        for name, known in choices.items()
        if getattr(recipe, name) not in known
    ]


Recipe = SyncRecipe | EmotionRecipe | GeneratorRecipe


def plain(recipe: Recipe) -> dict:
    """A recipe's settings as plain values, without those of the loop."""
    return {key: value for key, value in asdict(recipe).items() if key != "fit"}


def varied(recipe: Recipe, changes: dict[str, str]) -> Recipe:
    """A recipe with some values changed, as an ablation wants it; its name tells which.

    Args:
        changes: "reference", "network.width", "weights.sync", "fit.learning_rate", … → new value as
            text. The width is not told in the name: a recipe is the same at every width.

    Raises:
        ConfigError: no such setting, or a value of the wrong kind; all problems at once.
    """
    problems, told = [], []
    for path, text in changes.items():
        *parents, last = path.split(".")
        try:
            owner = recipe
            for parent in parents:
                owner = getattr(owner, parent)
            if last not in {f.name for f in fields(owner)}:
                raise AttributeError("no such setting")
            value = _parse(owner, last, text)
            recipe = _replaced(recipe, parents, last, value)
        except (AttributeError, TypeError, ValueError) as error:
            problems.append(f"{path}={text} ({error})")
            continue
        if path != "network.width" and parents[:1] != ["fit"]:
            told.append(f"{path}={text}")
    if problems:
        raise ConfigError("cannot change " + "; ".join(problems), where=f"recipe {recipe.name}")
    return replace(recipe, name=f"{recipe.name} ({', '.join(told)})") if told else recipe


def _replaced(item, parents: list[str], name: str, value):
    if not parents:
        return replace(item, **{name: value})
    inner = _replaced(getattr(item, parents[0]), parents[1:], name, value)
    return replace(item, **{parents[0]: inner})


def _parse(owner, name: str, text: str):
    """`text` as the type that the dataclass says its field `name` has."""
    kinds = get_args(get_type_hints(type(owner))[name]) or (get_type_hints(type(owner))[name],)
    if type(None) in kinds and text.lower() == "none":
        return None
    if bool in kinds:
        if text.lower() not in ("true", "false"):
            raise ValueError("expected true or false")
        return text.lower() == "true"
    if isinstance(getattr(owner, name), tuple):
        return tuple(float(part) for part in text.split(","))
    for kind in (int, float, str):
        if kind in kinds:
            return kind(text)
    raise TypeError("not a plain value")
