"""Every experiment as data: what is trained, on which windows, for which losses.

The paper's own (WAV2LIP, END, SEQ, PLDA, PRE) are as the paper writes them; where the released code
differs, a comment says so. IMPROVED is this project's. Numbers always name their recipe.

Paper: §4.2 (END, SEQ), §4.3 (PRE), §5 (the ablation), appendix A.2 (weights, optimiser).
"""

from __future__ import annotations

from dataclasses import replace

from emolib.base.errors import ConfigError
from emolib.models.emotion import EmotionClassifierConfig, EmotionDiscriminatorConfig
from emolib.models.generator import GeneratorConfig
from emolib.models.syncnet import SyncNetConfig
from emolib.training.degrade import Degrade, Jitter
from emolib.training.losses import LossWeights, Ramp
from emolib.training.recipe_types import EmotionRecipe, GeneratorRecipe, Recipe, SyncRecipe
from emolib.training.settings import FitConfig

OWN_FIT = FitConfig(
    learning_rate=5e-4,
    betas=(0.9, 0.99),
    warmup_steps=200,
    lr_decay="cosine",
    clip_norm=1.0,
    ema_decay=0.999,
)


def by_name(*recipes: Recipe) -> dict[str, Recipe]:
    """Recipes by their own names."""
    return {recipe.name: recipe for recipe in recipes}


SYNC_RECIPES = by_name(
    SyncRecipe(),
    SyncRecipe(
        name="IMPROVED",
        network=SyncNetConfig(score="logits"),
        loss="offsets",
        jitter=Jitter(),
        fit=replace(OWN_FIT, batch_size=32, learning_rate=1e-3),
    ),
)
# The paper's network reads 91 % of people it knows and 78 % of others: so it sees each window
# standardised and roughened (synthetic corpus, 114 people).
_ROUGH = EmotionRecipe(
    name="IMPROVED",
    network=EmotionDiscriminatorConfig(standardise=True),
    augment=False,  # colour is changed by `degrade`
    jitter=Jitter(zoom=0.15, shift=0.08),
    degrade=Degrade(),
    frames_seen=3,
    balanced=True,
    label_smoothing=0.05,
    fit=replace(OWN_FIT, batch_size=32, learning_rate=1e-3, weight_decay=0.01),
)
EMOTION_RECIPES = by_name(EmotionRecipe(), _ROUGH)
# The second opinion: another network and other draws.
_OTHER_FIT = replace(_ROUGH.fit, learning_rate=2e-3, seed=1789)
CLASSIFIER_RECIPES = by_name(replace(_ROUGH, network=EmotionClassifierConfig(), fit=_OTHER_FIT))
_NO_EMOTION = GeneratorConfig(emotion=None)
_COMPOSITE = GeneratorConfig(
    head="composite", head_channels=128, multi_scale_emotion=True, multi_scale_sound=True
)
# Deviation: the perceptual loss looks at two of five frames, drawn anew at each step: the
# same loss in the mean, and two fifths of its time.
_PL = GeneratorRecipe(name="SEQ+PL", weights=LossWeights(), perceptual_frames=2)
_PLDA = replace(_PL, name="PLDA", augment=True)
# Two halves of a training (paper: §3.3, α = 0 until the expert is pleased), for any recipe: single
# frames of many windows with all losses but sync, since the five of one window teach almost the
# same; then whole windows with all losses, from the weights of the first half.
PHASES = {
    "frames": replace(OWN_FIT, batch_size=40, learning_rate=1e-3),
    "windows": replace(OWN_FIT, batch_size=8),
}
# This project's first half: what a face does. IMPROVED starts from its weights.
_WARMUP = GeneratorRecipe(
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
)
GENERATOR_RECIPES = by_name(
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
    _PL,
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
    _WARMUP,
    # This project's: notebook 06 says why, notebook 07 measures each part.
    replace(
        _WARMUP,
        name="IMPROVED",
        weights=LossWeights(sync=0.01, perceptual=0.01, emotion=0.005),
        schedule=Ramp(100, 500),
        co_train=False,
        perceptual_frames=2,
        frames_per_window=None,
        fit=PHASES["windows"],
    ),
)
RECIPES = {
    "syncnet": SYNC_RECIPES,
    "emotion": EMOTION_RECIPES,
    "classifier": CLASSIFIER_RECIPES,
    "generator": GENERATOR_RECIPES,
}


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
