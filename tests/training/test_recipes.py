"""Experiments as data: the paper's numbers, and one changed ingredient at a time."""

import pytest

from emolib.base.errors import ConfigError
from emolib.training.guards import STUCK_CHECKS, SyncMonitor
from emolib.training.losses import Ramp, Threshold
from emolib.training.recipe_types import varied
from emolib.training.recipes import (
    GENERATOR_RECIPES,
    PHASES,
    RECIPES,
    find_recipe,
    in_phase,
)
from emolib.training.settings import FitConfig, check_settings
from emolib.training.start import parse_changes, train

PAPER = {  # emotion, mask, α, β, γ, augmentation (paper §4.2, §4.3, §5, A.2)
    "WAV2LIP": (None, "half", 0.03, 0.0, 0.0, False),
    "END": ("END", "full", 0.03, 0.0, 0.001, False),
    "SEQ": ("SEQ", "full", 0.03, 0.0, 0.001, False),
    "SEQ+PL": ("SEQ", "full", 0.03, 0.01, 0.001, False),
    "SEQ+DA": ("SEQ", "full", 0.03, 0.0, 0.001, True),
    "PLDA": ("SEQ", "full", 0.03, 0.01, 0.001, True),
    "PRE": ("SEQ", "full", 0.03, 0.01, 0.001, True),
}


@pytest.mark.parametrize("name", PAPER)
def test_the_paper_s_recipes_are_the_paper_s(name):
    r = GENERATOR_RECIPES[name]
    found = (r.network.emotion, r.mask, r.weights.sync, r.weights.perceptual, r.weights.emotion)
    assert (*found, r.augment) == PAPER[name]
    assert r.network.width == 1 and r.network.head == "rgb" and r.reference == "same_clip"
    assert r.fit.learning_rate == 1e-4 and r.fit.betas == (0.5, 0.999)
    assert r.fit.learning_rate * r.discriminator_rate == pytest.approx(1e-6)
    assert isinstance(r.schedule, Threshold) and r.co_train
    assert (r.face_encoder == "init") == (name == "PRE")


def test_improved_is_what_the_design_says():
    r = GENERATOR_RECIPES["IMPROVED"]
    assert r.network.head == "composite" and r.network.multi_scale_emotion
    assert r.reference == "other_emotion" and r.change_gain > 0
    assert isinstance(r.schedule, Ramp) and not r.released_code_quirks


def test_all_recipes_can_work_and_carry_their_own_name():
    for recipes in RECIPES.values():
        for name, recipe in recipes.items():
            assert recipe.name == name and recipe.problems() == []
            assert recipe.fit.problems() == []


def test_single_frames_and_the_sync_expert_exclude_each_other():
    both = varied(find_recipe("generator", "IMPROVED"), {"frames_per_window": "1"})
    assert "sync expert sees all five" in both.problems()[0]
    none = varied(find_recipe("generator", "WARMUP"), {"frames_per_window": "0"})
    assert none.problems() == ["frames_per_window is 0 (expected a number in [1, 5])"]


def test_a_recipe_is_found_in_any_case_and_unknown_ones_list_the_known():
    assert find_recipe("generator", "plda").name == "PLDA"
    with pytest.raises(ConfigError, match="PLDA"):
        find_recipe("generator", "PLAD")
    with pytest.raises(ConfigError, match="syncnet, emotion, classifier, generator"):
        find_recipe("vocoder", "SEQ")


def test_one_changed_ingredient_is_told_in_the_name():
    changes = {"network.width": "0.25", "reference": "other_emotion", "weights.sync": "0.05"}
    changed = varied(GENERATOR_RECIPES["SEQ"], changes | {"fit.batch_size": "4", "augment": "true"})
    assert changed.name == "SEQ (reference=other_emotion, weights.sync=0.05, augment=true)"
    assert changed.network.width == 0.25 and changed.fit.batch_size == 4 and changed.augment is True
    assert changed.weights.sync == 0.05 and changed.weights.l1 == pytest.approx(0.949)
    assert GENERATOR_RECIPES["SEQ"].reference == "same_clip"


@pytest.mark.parametrize("name", GENERATOR_RECIPES)
def test_every_recipe_has_two_phases_with_one_budget(name):
    recipe = find_recipe("generator", name)
    frames, windows = in_phase(recipe, "frames"), in_phase(recipe, "windows")
    assert frames.name == f"{name}, frames" and windows.name == f"{name}, windows"
    assert frames.frames_per_window == 1 and frames.weights.sync == 0
    assert frames.weights.emotion == recipe.weights.emotion and windows.weights == recipe.weights
    assert (frames.fit, windows.fit) == (PHASES["frames"], PHASES["windows"])
    if name != "WARMUP":
        check_settings(frames=frames, windows=windows)


def test_all_impossible_changes_are_named_together():
    changes = {"weights.snyc": "1", "augment": "maybe", "network.width": "-3", "mask": "half"}
    with pytest.raises(ConfigError) as caught:
        varied(GENERATOR_RECIPES["SEQ"], changes)
    assert all(word in str(caught.value) for word in ("snyc", "maybe", "width=-3.0"))


def test_an_optional_number_is_read_as_a_number():
    changes = {"fit.ema_decay": "0.99", "fit.clip_norm": "1", "fit.time_limit_min": "2.5"}
    changed = varied(GENERATOR_RECIPES["PLDA"], changes | {"perceptual_frames": "2"})
    fit = changed.fit
    assert (fit.ema_decay, fit.clip_norm, fit.time_limit_min) == (0.99, 1.0, 2.5)
    assert changed.perceptual_frames == 2 and fit.problems() == changed.problems() == []
    assert varied(changed, {"fit.ema_decay": "none"}).fit.ema_decay is None
    betas = varied(changed, {"fit.betas": "0.9,0.99"}).fit.betas
    assert betas == (0.9, 0.99)
    with pytest.raises(ConfigError) as caught:
        varied(changed, {"fit.ema_decay": "much", "fit.workers": "1.5", "steps.x": "1"})
    assert all(word in str(caught.value) for word in ("ema_decay=much", "workers=1.5", "steps.x"))


WRONG = {  # stage → value → settings that it is out of range for
    "generator": {
        "-1": "fit.seed fit.warmup_steps fit.workers discriminator_rate change_gain "
        "jitter.turn_deg schedule.start",
        "-0.1": "fit.weight_decay jitter.zoom jitter.shift jitter.flip weights.emotion",
        "0": "fit.steps fit.schedule_steps fit.learning_rate fit.clip_norm fit.ema_decay "
        "fit.accumulate fit.keep_states fit.log_every fit.time_limit_min fit.patience "
        "discriminator_rate change_full_at perceptual_frames",
        "1": "fit.learning_rate fit.weight_decay fit.ema_decay weights.emotion",
        "2": "change_full_at jitter.zoom jitter.shift jitter.flip",
        "6": "perceptual_frames",
        "181": "jitter.turn_deg",
        "100000": "schedule.start",
        "18446744073709551616": "fit.seed",
        **dict.fromkeys(("0.9", "0.5,1", "0.5,0.6,0.7"), "fit.betas"),
        **{"middle": "alignment", "itself": "reference", "CALM": "unlabelled"},
    },
    "emotion": {
        "-0.1": "label_smoothing degrade.colour degrade.light degrade.grey degrade.noise "
        "degrade.noise_std degrade.cover_side",
        "0": "frames_seen",
        "1": "label_smoothing",
        "2": "degrade.colour degrade.light degrade.grey degrade.blur degrade.noise_std "
        "degrade.cover degrade.cover_side",
        "6": "frames_seen",
    },
    "syncnet": {"1": "n_sounds", "triplet": "loss"},
}


@pytest.mark.parametrize(
    ("stage", "path", "text"),
    [(s, path, text) for s, by in WRONG.items() for text in by for path in by[text].split()],
)
def test_every_setting_out_of_range_is_refused_by_its_name(stage, path, text):
    changed = varied(find_recipe(stage, "IMPROVED"), {path: text})
    with pytest.raises(ConfigError) as caught:
        check_settings(recipe=changed)
    assert path.split(".")[-1] in str(caught.value) or path.split(".")[0] in str(caught.value)


def test_all_problems_of_recipe_and_loop_come_at_once():
    recipe = varied(
        GENERATOR_RECIPES["SEQ"],
        {"n_frames": "7", "weights.sync": "0.9", "weights.emotion": "0.2", "mask": "quarter"},
    )
    with pytest.raises(ConfigError) as caught:
        check_settings(recipe=recipe, training=FitConfig(steps=0))
    for word in ("n_frames is 7", "leaves nothing for L1", "quarter", "steps is 0", "4 setting(s)"):
        assert word in str(caught.value)


def test_the_judge_s_recipe_differs_from_the_discriminator_s_in_all_that_counts():
    judge, disc = find_recipe("classifier", "improved"), find_recipe("emotion", "improved")
    assert type(judge.network) is not type(disc.network)
    assert judge.fit.seed != disc.fit.seed
    with pytest.raises(ConfigError, match="frames_seen is 6"):
        check_settings(recipe=varied(judge, {"frames_seen": "6"}))


@pytest.mark.parametrize(
    ("stage", "options", "says"),
    [
        ("generator", {"recipe": "SEQ", "phase": "third"}, "frames or windows"),
        ("syncnet", {"phase": "frames"}, "a generator's recipe"),
        ("emotion", {"syncnet": "x"}, "leave out --syncnet"),
        ("emotion", {"n_steps": 3}, "n_steps"),
    ],
)
def test_wrong_words_at_the_door(tmp_path, stage, options, says):
    with pytest.raises(ConfigError, match=says):
        train(stage, tmp_path, tmp_path, **options)
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        parse_changes(["mask"])


def test_a_sync_loss_stuck_at_chance_is_told_once_with_a_check_list():
    monitor = SyncMonitor(patience_steps=100)
    seen = ((0, 0.70), (20, 0.5), (60, 0.70), (120, 0.69))  # the clock starts anew at 60
    assert not any(monitor.see(*one) for one in seen)
    told = monitor.see(160, 0.693)
    assert "0.693" in told and all(text in told for text in STUCK_CHECKS)
    assert monitor.see(200, 0.694) is None


def test_learning_rate_is_a_function_of_the_step():
    config = FitConfig(steps=100, warmup_steps=9, lr_decay="cosine")
    assert config.lr_scale(0) == pytest.approx(0.1, rel=1e-3)
    assert config.lr_scale(50) == pytest.approx(0.01 + 0.99 / 2)
    assert config.lr_scale(100) == pytest.approx(0.01)
    assert FitConfig(steps=100).lr_scale(99) == 1
