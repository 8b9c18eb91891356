"""Every experiment as data: what is trained, on which windows, for which losses.

The paper's own (WAV2LIP, END, SEQ, PLDA, PRE) are as the paper writes them; where the released code
differs, a comment says so. IMPROVED is this project's. Numbers always name their recipe.

Paper: §4.2 (END, SEQ), §4.3 (PRE), §5 (the ablation), appendix A.2 (weights, optimiser).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import ClassVar

from emolib.base.config import VIDEO
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError
from emolib.data.masks import MASKS
from emolib.data.references import STRATEGIES
from emolib.data.windows import GeneratorSettings
from emolib.media.mel import ALIGNMENTS
from emolib.models.classifier import EmotionClassifierConfig
from emolib.models.emotion import EmotionDiscriminatorConfig
from emolib.models.generator import GeneratorConfig
from emolib.models.syncnet import SyncNetConfig
from emolib.training.losses import LossWeights, Ramp, Threshold
from emolib.training.roughen import Rough
from emolib.training.settings import Checked, FitConfig
from emolib.training.windows import Jitter

UP_TO_T = f"[1, {VIDEO.n_frames}]"
T_ONLY = f"[{VIDEO.n_frames}, {VIDEO.n_frames}]"  # the sync expert sees five frames
PAPER_FIT = FitConfig()  # Adam 1e-4, β 0.5 and 0.999: paper, appendix A.2
OWN_FIT = FitConfig(
    learning_rate=5e-4,
    betas=(0.9, 0.99),
    warmup_steps=200,
    lr_decay="cosine",
    clip_norm=1.0,
    ema_decay=0.999,
)


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
    rough: Rough | None = None
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

    def window_settings(self, labelled: bool = True) -> GeneratorSettings:
        """How windows are cut from a store with or without labels.

        Without, nobody knows which clip shows another emotion: the reference is near by.
        """
        reference = self.reference if labelled else "same_clip_near"
        return GeneratorSettings(reference, self.mask, self.alignment, self.unlabelled)

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


SYNC_RECIPES = {
    recipe.name: recipe
    for recipe in (
        SyncRecipe(),
        SyncRecipe(
            name="IMPROVED",
            network=SyncNetConfig(score="logits"),
            loss="offsets",
            jitter=Jitter(),
            fit=replace(OWN_FIT, batch_size=32, learning_rate=1e-3),
        ),
    )
}
EMOTION_RECIPES = {
    recipe.name: recipe
    for recipe in (
        EmotionRecipe(),
        # The paper's network reads 91 % of people it knows and 78 % of others: so it sees each
        # window standardised and roughened (synthetic corpus, 114 people).
        EmotionRecipe(
            name="IMPROVED",
            network=EmotionDiscriminatorConfig(standardise=True),
            augment=False,  # colour is changed by `rough`
            jitter=Jitter(zoom=0.15, shift=0.08),
            rough=Rough(),
            frames_seen=3,
            balanced=True,
            label_smoothing=0.05,
            fit=replace(OWN_FIT, batch_size=32, learning_rate=1e-3, weight_decay=0.01),
        ),
    )
}
# The second opinion: another network, other draws, and windows that are much harder to read.
CLASSIFIER_RECIPES = {
    "IMPROVED": EmotionRecipe(
        name="IMPROVED",
        network=EmotionClassifierConfig(),
        augment=False,  # colour is changed by `rough`
        jitter=Jitter(zoom=0.15, shift=0.08),
        rough=Rough(),
        frames_seen=3,
        balanced=True,
        label_smoothing=0.05,
        fit=replace(OWN_FIT, batch_size=32, learning_rate=2e-3, weight_decay=0.01, seed=1789),
    )
}
_NO_EMOTION = GeneratorConfig(emotion=None)
_COMPOSITE = GeneratorConfig(
    head="composite", head_channels=128, multi_scale_emotion=True, multi_scale_sound=True
)
_PLDA = GeneratorRecipe(name="PLDA", weights=LossWeights(), augment=True)
# Two halves of a training (paper: §3.3, α = 0 until the expert is pleased), for any recipe: single
# frames of many windows with all losses but sync, since the five of one window teach almost the
# same; then whole windows with all losses, from the weights of the first half.
PHASES = {
    "frames": replace(OWN_FIT, batch_size=40, learning_rate=1e-3),
    "windows": replace(OWN_FIT, batch_size=8),
}
GENERATOR_RECIPES = {
    recipe.name: recipe
    for recipe in (
        # The half-masked lip-sync base without emotion (§3.1). Released code: α up to 0.01.
        GeneratorRecipe(
            name="WAV2LIP",
            network=_NO_EMOTION,
            mask="half",
            weights=LossWeights(perceptual=0.0, emotion=0.0),
        ),
        # The base that makes the whole face, to be trained on a large corpus without labels (§4.3).
        GeneratorRecipe(
            name="BASE", network=_NO_EMOTION, weights=LossWeights(perceptual=0.0, emotion=0.0)
        ),
        # Emotion as a map before the output block (§4.2, §5.1). Absent from the released code.
        GeneratorRecipe(name="END", network=GeneratorConfig(emotion="END")),
        # Emotion beside sound at the bottleneck (§4.2, §5.2).
        GeneratorRecipe(),
        # One ingredient each (§5.2), and both: perceptual loss (PL), data augmentation (DA).
        GeneratorRecipe(name="SEQ+PL", weights=LossWeights()),
        GeneratorRecipe(name="SEQ+DA", augment=True),
        _PLDA,  # released code: γ = 0.01
        # PL + DA from a pre-trained face encoder (§4.3; the paper tries "freeze" as well).
        replace(_PLDA, name="PRE", face_encoder="init"),
        # Wav2Lip-Emotion (Magnusson et al. 2021), the earlier way: L1 on targets of the wanted
        # emotion and a frozen emotion objective. Weights 0.03 and 0.1 are theirs; their 0.07 for a
        # GAN goes to L1. Give --start a trained WAV2LIP, as they do. Deviation: one network told
        # the emotion by SEQ; they train one a pair.
        GeneratorRecipe(
            name="MAGNUSSON",
            reference="other_emotion",
            weights=LossWeights(sync=0.03, perceptual=0.0, emotion=0.1),
            co_train=False,
        ),
        # This project's first half: what a face does. IMPROVED starts from its weights.
        GeneratorRecipe(
            name="WARMUP",
            network=_COMPOSITE,
            reference="other_emotion",
            weights=LossWeights(sync=0.0, perceptual=0.0, emotion=0.0),
            augment=True,
            jitter=Jitter(),
            change_gain=24.0,
            change_full_at=0.4,  # teeth, the dark between them, the white of wide eyes
            frames_per_window=1,
            fit=PHASES["frames"],
        ),
        # This project's: notebook 06 says why, notebook 07 measures each part.
        GeneratorRecipe(
            name="IMPROVED",
            network=_COMPOSITE,
            reference="other_emotion",
            weights=LossWeights(sync=0.01, perceptual=0.01, emotion=0.005),
            schedule=Ramp(100, 500),
            augment=True,
            jitter=Jitter(),
            change_gain=24.0,
            change_full_at=0.4,  # teeth, the dark between them, the white of wide eyes
            co_train=False,
            perceptual_frames=2,
            fit=PHASES["windows"],
        ),
    )
}
RECIPES = {
    "syncnet": SYNC_RECIPES,
    "emotion": EMOTION_RECIPES,
    "classifier": CLASSIFIER_RECIPES,
    "generator": GENERATOR_RECIPES,
}
Recipe = SyncRecipe | EmotionRecipe | GeneratorRecipe


def find_recipe(stage: str, name: str) -> Recipe:
    """The recipe of a stage (a key of `RECIPES`) by its name, in any case.

    Raises:
        ConfigError: unknown stage or name.
    """
    if stage not in RECIPES:
        raise ConfigError(f"unknown stage {stage!r}", expected="one of " + ", ".join(RECIPES))
    found = RECIPES[stage].get(name.upper())
    if found is None:
        raise ConfigError(
            f"no {stage} recipe is called {name!r}", expected="one of " + ", ".join(RECIPES[stage])
        )
    return found


def in_phase(recipe: GeneratorRecipe, phase: str) -> GeneratorRecipe:
    """A generator's recipe in one of the two `PHASES`; its name tells which.

    Raises:
        ConfigError: unknown phase, or not a generator's recipe.
    """
    if phase not in PHASES or not isinstance(recipe, GeneratorRecipe):
        raise ConfigError(
            f"no phase {phase!r} of recipe {recipe.name}",
            expected="a generator's recipe in the phase " + " or ".join(PHASES),
        )
    recipe = replace(recipe, name=f"{recipe.name}, {phase}", fit=PHASES[phase])
    if phase == "frames":
        recipe = replace(recipe, frames_per_window=1, weights=replace(recipe.weights, sync=0.0))
    return recipe


def plain(recipe: Recipe) -> dict:
    """A recipe's settings as plain values, without those of the loop."""
    return {key: value for key, value in asdict(recipe).items() if key != "fit"}
