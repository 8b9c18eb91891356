"""The three stages on drawn faces: they learn, freeze what is frozen, and resume exactly."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest
import torch
from drawn_store import make_drawn_store
from tiny_task import same_weights, weights

from emolib.base.errors import CheckpointError, ConfigError, DatasetError, TrainingError
from emolib.data.store import ClipStore
from emolib.models.blocks import fuse_for_inference
from emolib.models.checkpoint import InputRules, load_checkpoint, read_meta, save_checkpoint
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.models.generator import Generator
from emolib.models.syncnet import SyncNet, SyncNetConfig
from emolib.training.emotion import train_classifier, train_emotion
from emolib.training.generator import GeneratorTask, Judges, take_face_encoder, train_generator
from emolib.training.journal import read_journal
from emolib.training.loader import fixed_batches
from emolib.training.losses import LossWeights, Ramp
from emolib.training.objective import draw_frames, psnr_db, with_frames
from emolib.training.recipe_types import varied
from emolib.training.recipes import GENERATOR_RECIPES, find_recipe
from emolib.training.start import train
from emolib.training.state import load_state, saved_states
from emolib.training.syncnet import train_syncnet

SMALL = {"network.width": "0.0625"}
QUICK = {"batch_size": 2, "eval_items": 2, "device": "cpu", "precision": "fp32"}


def small(stage, name, **changes):
    return varied(find_recipe(stage, name), SMALL | changes)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    return make_drawn_store(tmp_path_factory.mktemp("drawn") / "store")


@pytest.fixture(scope="module")
def judges(tmp_path_factory, store):
    """Hardly trained experts, as files."""
    out = tmp_path_factory.mktemp("judges")
    train_syncnet(store, out, recipe=small("syncnet", "PAPER"), steps=1, **QUICK)
    recipe = small("emotion", "PAPER")
    train_emotion(store, out / "e", recipe=recipe, steps=1, **QUICK)
    return {
        "syncnet": out / "syncnet.safetensors",
        "emotion_disc": out / "e" / "emotion.safetensors",
    }


def batch_of(task):
    return next(fixed_batches(task.data, 2, 2))


@pytest.mark.parametrize("name", GENERATOR_RECIPES)
def test_every_recipe_trains_and_leaves_a_checkpoint_that_says_so(name, store, judges, tmp_path):
    base = None
    if name == "PRE":
        recipe = small("generator", "BASE")
        train_generator(store, tmp_path / "base", recipe=recipe, steps=1, **judges, **QUICK)
        base = tmp_path / "base" / "generator.safetensors"
    recipe = small("generator", name)
    result = train_generator(
        store, tmp_path / "run", recipe=recipe, steps=1, base=base, **judges, **QUICK
    )
    model, meta = load_checkpoint(tmp_path / "run" / "generator.safetensors", "generator")
    assert (meta.recipe, meta.corpus, meta.step) == (name, "drawn", 1)
    assert model.config == recipe.network and meta.metrics == result.metrics
    assert meta.input_rules == InputRules(recipe.mask, recipe.alignment, "box")
    assert {"l1", "psnr_db", "psnr_copy_db"} <= result.metrics.keys()
    assert ("emotion_accuracy" in result.metrics) == (recipe.weights.emotion > 0)


def test_syncnet_learns_which_sound_belongs_to_the_lips(store, tmp_path):
    recipe = replace(small("syncnet", "IMPROVED"), jitter=None, augment=False, n_sounds=4)
    options = {"batch_size": 8, "steps": 60, "warmup_steps": 2, "log_every": 10, "ema_decay": None}
    train_syncnet(store, tmp_path, recipe=recipe, **QUICK | options)
    rows = [row for row in read_journal(tmp_path) if "chosen" in row]
    assert rows[-1]["chosen"] > 0.5 > rows[0]["chosen"]  # chance is one in four
    measured = next(row["eval"] for row in read_journal(tmp_path) if "eval" in row)
    assert len(measured["curve"]) == 15


def test_emotion_discriminator_overfits_drawn_emotions(store, tmp_path):
    recipe = varied(find_recipe("emotion", "IMPROVED"), {"network.width": "0.125"})
    recipe = replace(recipe, jitter=None, degrade=None, frames_seen=None)
    options = {"batch_size": 12, "steps": 40, "warmup_steps": 2, "learning_rate": 3e-3}
    train_emotion(store, tmp_path, recipe=recipe, **QUICK | options)
    assert [row for row in read_journal(tmp_path) if "accuracy" in row][-1]["accuracy"] > 0.95


def test_the_classifier_is_trained_by_the_same_loop_with_its_own_seed(store, tmp_path):
    recipe = replace(small("classifier", "IMPROVED"), jitter=None, degrade=None)
    options = {"batch_size": 12, "steps": 40, "warmup_steps": 2, "learning_rate": 5e-3}
    result = train_classifier(store, tmp_path, recipe=recipe, **QUICK | options)
    rows = read_journal(tmp_path)
    assert [row for row in rows if "accuracy" in row][-1]["accuracy"] > 0.9
    assert rows[0]["record"]["seed"] == 1789 and rows[0]["settings"]["stage"] == "classifier"
    net, meta = load_checkpoint(tmp_path / "classifier.safetensors", "classifier")
    assert net.config == recipe.network and meta.metrics == result.metrics


def test_rough_windows_train_the_classifier_and_a_resumed_one_is_the_same(store, tmp_path):
    options = QUICK | {"recipe": small("classifier", "IMPROVED"), "steps": 3}
    train_classifier(store, tmp_path / "a", **options)
    assert train_classifier(store, tmp_path / "b", time_limit_min=1e-6, **options).step == 1
    train_classifier(store, tmp_path / "b", resume=True, **options)
    assert same_weights(tmp_path / "a", tmp_path / "b")


def test_the_generator_learns(store, tmp_path):
    recipe = replace(small("generator", "SEQ"), weights=LossWeights(0, 0, 0))
    options = {"steps": 24, "log_every": 6, "warmup_steps": 2, "learning_rate": 1e-2}
    train_generator(store, tmp_path, recipe=recipe, **QUICK | options)
    rows = [row for row in read_journal(tmp_path) if "l1" in row]
    assert rows[-1]["l1"] < 0.7 * rows[0]["l1"]


def test_emotion_stage_refuses_a_missing_class_and_tells_the_table(tmp_path, capsys):
    folder = make_drawn_store(tmp_path / "store", n_people=2, n_sentences=1)
    table = (folder / "clips.csv").read_text().splitlines()
    gone = [line.replace(",HAP,XX,train", ",SAD,XX,train") for line in table]
    (folder / "clips.csv").write_text("\n".join(gone) + "\n")
    with pytest.raises(DatasetError, match="no clip shows HAP"):
        train_emotion(folder, tmp_path / "run", recipe=small("emotion", "IMPROVED"), **QUICK)
    assert "HAP 0" in capsys.readouterr().err


def test_a_missing_judge_is_told_in_the_recipe_s_name(store, tmp_path):
    train_generator(store, tmp_path, recipe=small("generator", "SEQ"), steps=1, **QUICK)
    meta = read_meta(tmp_path / "generator.safetensors")
    assert meta.recipe == "SEQ (no sync expert, no emotion judge)"


def test_a_judge_of_the_wrong_kind_is_refused(store, judges, tmp_path):
    recipe, wanted = small("classifier", "IMPROVED"), small("generator", "SEQ")
    train_classifier(store, tmp_path / "c", recipe=recipe, steps=1, **QUICK)
    for given in (
        {"emotion_disc": tmp_path / "c" / "classifier.safetensors"},
        {"syncnet": judges["emotion_disc"]},
    ):
        with pytest.raises(CheckpointError, match=r"kind '(classifier|emotion)'"):
            train_generator(store, tmp_path / "g", recipe=wanted, **given, **QUICK)


def make_task(store, **changes):
    recipe = small("generator", "SEQ", **changes)
    recipe = replace(recipe, schedule=Ramp(0, 1))
    sync = SyncNet(SyncNetConfig(width=0.0625))
    emotion = EmotionDiscriminator(EmotionDiscriminatorConfig(width=0.0625))
    generator = Generator(recipe.network)
    task = GeneratorTask(generator, Judges(sync, emotion), recipe, ClipStore(store), recipe.fit)
    return task, sync, emotion


@pytest.mark.parametrize("quirks", [False, True])
def test_the_frozen_expert_gets_no_gradient_and_drifts_with_the_released_quirks_alone(
    store, quirks
):
    task, sync, _ = make_task(store, released_code_quirks=str(quirks))
    before = {k: v.clone() for k, v in sync.state_dict().items()}
    loss, parts = task.step(batch_of(task), step=1)
    loss.backward()
    assert parts["alpha"] == 0.03 and parts["sync"].requires_grad
    assert all(torch.equal(before[k], v) for k, v in sync.state_dict().items()) != quirks
    assert all(p.grad is None for p in task.judges.sync.parameters())


def test_the_fused_expert_says_what_the_whole_one_says():
    torch.manual_seed(0)
    sync = SyncNet(SyncNetConfig(width=0.0625, score="logits")).train()
    mel, faces = torch.randn(4, 1, 80, 16), torch.rand(4, 15, 48, 96)
    sync(mel, faces)  # statistics that are not the initial ones
    x = faces.clone().requires_grad_()
    y = faces.clone().requires_grad_()
    sync.eval().logits(mel, x).sum().backward()
    fuse_for_inference(sync).logits(mel, y).sum().backward()
    torch.testing.assert_close(x.grad, y.grad, rtol=1e-3, atol=1e-5)


def test_the_discriminator_learns_from_true_frames_alone(store):
    """Its gradient is that of its own loss on true frames, whatever the generator makes."""
    task, _, emotion = make_task(store)
    batch = batch_of(task)
    loss, _ = task.step(batch, step=0)
    loss.backward()
    found = emotion.classifier.weight.grad.clone()
    emotion.zero_grad()
    frames = batch["target_frames"].float() / 255
    torch.nn.functional.cross_entropy(emotion(frames), batch["emotion_idx"]).backward()
    torch.testing.assert_close(found, emotion.classifier.weight.grad)
    assert task.networks["generator"].emotion_encoder[0].weight.grad.abs().sum() > 0


def test_without_co_training_the_discriminator_stays(store):
    task, _, emotion = make_task(store, co_train="false")
    task.step(batch_of(task), step=0)[0].backward()
    assert set(task.networks) == {"generator"}
    assert all(p.grad is None for p in emotion.parameters())


def test_the_threshold_opens_by_evaluation_and_stays_open_in_the_state(store, judges, tmp_path):
    recipe = small("generator", "SEQ", **{"schedule.below": "100.0"})
    train_generator(
        store, tmp_path, recipe=recipe, steps=4, eval_every=2, log_every=2, **judges, **QUICK
    )
    alphas = [row["alpha"] for row in read_journal(tmp_path) if "alpha" in row]
    assert alphas == [0.0, pytest.approx(0.03)]
    assert load_state(saved_states(tmp_path)[0])["schedule"]["opened_step"] == 2


def test_a_closed_threshold_is_told_with_a_check_list(store):
    task, *_ = make_task(store)
    task.recipe = replace(task.recipe, schedule=GENERATOR_RECIPES["SEQ"].schedule)
    said = []
    for step in range(12):
        task.after_evaluation({"sync_loss": 0.9}, step, said.append)
    assert len(said) == 1 and "still 0" in said[0] and "25 frames/s" in said[0]


def test_pre_takes_the_face_encoder_and_may_hold_it_still(store, tmp_path):
    base_recipe = small("generator", "BASE")
    train_generator(store, tmp_path / "base", recipe=base_recipe, steps=2, **QUICK)
    base = tmp_path / "base" / "generator.safetensors"
    encoder = load_checkpoint(base)[0].face_encoder.state_dict()
    fresh = Generator(small("generator", "PRE").network)
    take_face_encoder(fresh, base)
    assert all(torch.equal(v, encoder[k]) for k, v in fresh.face_encoder.state_dict().items())

    recipe = small("generator", "PRE", face_encoder="freeze")
    train_generator(store, tmp_path / "run", recipe=recipe, steps=2, base=base, **QUICK)
    after = load_checkpoint(tmp_path / "run" / "generator.safetensors")[0]
    assert all(torch.equal(v, encoder[k]) for k, v in after.face_encoder.state_dict().items())
    assert not torch.equal(after.decoder[1][0].conv.weight, fresh.decoder[1][0].conv.weight)
    with pytest.raises(ConfigError, match="--recipe BASE"):
        train_generator(store, tmp_path / "none", recipe=recipe, **QUICK)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_resumed_generator_is_the_uninterrupted_one(store, judges, tmp_path, precision):
    recipe = small("generator", "IMPROVED", **{"schedule.start": "0", "schedule.end": "3"})
    options = QUICK | judges | {"precision": precision, "recipe": recipe, "steps": 3}
    train_generator(store, tmp_path / "a", **options)
    stopped = train_generator(store, tmp_path / "b", time_limit_min=1e-6, **options)
    assert stopped.step == 1
    train_generator(store, tmp_path / "b", resume=True, **options)
    assert same_weights(tmp_path / "a", tmp_path / "b")


def test_starting_from_given_weights(store, judges, tmp_path):
    recipe = small("syncnet", "PAPER")
    options = QUICK | {"recipe": recipe, "learning_rate": 1e-12}
    train_syncnet(store, tmp_path, steps=1, start=judges["syncnet"], **options)
    a = load_checkpoint(judges["syncnet"])[0].audio_encoder[0].conv.weight
    b = load_checkpoint(tmp_path / "syncnet.safetensors")[0].audio_encoder[0].conv.weight
    torch.testing.assert_close(a, b)


def test_a_start_of_another_width_is_refused_and_a_smaller_head_grows(store, judges, tmp_path):
    recipe = small("generator", "WARMUP", **{"network.head_channels": "32"})
    options = QUICK | {"steps": 1}
    train_generator(store, tmp_path / "a", recipe=recipe, **options)
    start = tmp_path / "a" / "generator.safetensors"
    grows = small("generator", "WARMUP")
    train_generator(store, tmp_path / "b", recipe=grows, start=start, **options)
    meta = load_checkpoint(tmp_path / "b/generator.safetensors")[1]
    assert (meta.step, meta.steps) == (1, 2)  # of this run; with the one before
    wider = small("generator", "WARMUP", **{"network.width": "0.5"})
    with pytest.raises(CheckpointError, match="width"):
        train_generator(store, tmp_path / "c", recipe=wider, start=start, **options)


def test_magnusson_starts_from_a_trained_wav2lip(store, judges, tmp_path):
    options = QUICK | {"steps": 1}
    wav2lip = small("generator", "WAV2LIP")
    train_generator(store, tmp_path / "a", recipe=wav2lip, **judges, **options)
    start = tmp_path / "a" / "generator.safetensors"
    recipe = small("generator", "MAGNUSSON", **{"fit.learning_rate": "1e-9"})
    train_generator(store, tmp_path / "b", recipe=recipe, start=start, **judges, **options)
    assert load_checkpoint(tmp_path / "b/generator.safetensors")[1].steps == 1  # another recipe's
    a, b = (weights(tmp_path / run) for run in "ab")
    torch.testing.assert_close(b["face_encoder.0.0.conv.weight"], a["face_encoder.0.0.conv.weight"])
    first = a["decoder.0.0.conv.weight"]
    torch.testing.assert_close(b["decoder.0.0.conv.weight"][:, : first.shape[1]], first)


def test_two_phases_train_one_after_the_other(store, judges, tmp_path):
    steps = {"batch_size": 2, "eval_items": 2, "steps": 1, "device": "cpu", "width": 0.0625}
    for phase, start in (("frames", None), ("windows", tmp_path / "frames")):
        given = judges | ({"start": start / "generator.safetensors"} if start else {})
        train("generator", store, tmp_path / phase, "SEQ+PL", phase=phase, **given, **steps)
        meta = read_meta(tmp_path / phase / "generator.safetensors")
        assert meta.recipe == f"SEQ+PL, {phase}"


def test_who_decides_when_to_stop_is_neither_trained_on_nor_tested(tmp_path):
    store = ClipStore(make_drawn_store(tmp_path / "store", n_people=13, n_sentences=1))
    recipe = small("generator", "SEQ")
    config = replace(recipe.fit, patience=3)
    task = GeneratorTask(Generator(recipe.network), Judges(), recipe, store, config)

    def actors(windows):
        return set(windows.store.clips["actor"].iloc[windows.clip_idx])

    trained, asked = actors(task.data.parts[0]), actors(task.tests[0])
    assert (len(trained), asked) == (10, {"9001", "9011"}) and not trained & asked
    assert "9013" not in trained | asked  # the test person


def test_psnr_by_hand():
    target = torch.zeros(1, 2, 3, 4, 4)
    frames = target.clone()
    frames[:, 0] = 0.1  # mean square 0.01: 20 dB
    torch.testing.assert_close(psnr_db(frames, target), torch.tensor([20.0, 80.0]))


def test_some_frames_of_a_window_are_the_same_frames_everywhere(store):
    torch.manual_seed(3)
    batch = batch_of(make_task(store)[0])
    chosen = draw_frames(2)
    some = with_frames(batch, chosen)
    assert len(chosen) == 2 and chosen == sorted(set(chosen))
    for name in ("mel_windows", "target_frames", "reference_frames"):
        assert torch.equal(some[name], torch.stack([batch[name][:, t] for t in chosen], 1))
    assert some["sync_mel"] is batch["sync_mel"]
    assert draw_frames(None) == draw_frames(5) == [0, 1, 2, 3, 4]
    assert len({draw_frames(1)[0] for _ in range(64)}) == 5


@pytest.fixture(scope="module")
def stopped(store, judges, tmp_path_factory):
    """The folder of a run with judges and a start, stopped after one step; and its options."""
    out, recipe = tmp_path_factory.mktemp("stopped"), small("generator", "PLDA")
    first = train_generator(store, out / "first", recipe=recipe, steps=1, **judges, **QUICK)
    options = QUICK | judges | {"start": first.out / "generator.safetensors", "recipe": recipe}
    train_generator(store, out / "run", steps=1, **options)
    return out / "run", options


@pytest.mark.parametrize("name", ["syncnet", "emotion_disc", "start", "features"])
def test_a_resume_with_another_network_to_learn_from_is_refused(name, store, stopped, tmp_path):
    run, options = stopped
    other = {"features": "random-vgg19"}
    if name != "features":
        model, meta = load_checkpoint(options[name])
        with torch.no_grad():
            next(model.parameters()).add_(1e-3)
        other = {name: tmp_path / f"{name}.safetensors"}
        save_checkpoint(other[name], model, recipe=meta.recipe)
    with pytest.raises(TrainingError, match=f"{name}_sha256 was"):
        train_generator(store, run, steps=2, resume=True, **options | other)


def test_a_resume_with_the_same_network_elsewhere_goes_on(store, stopped, tmp_path):
    run, options = shutil.copytree(stopped[0], tmp_path / "run"), dict(stopped[1])
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(options["syncnet"].read_bytes())
    options["syncnet"] = moved
    assert train_generator(store, run, steps=2, resume=True, **options).step == 2


def test_a_resume_on_a_store_of_the_same_size_but_other_clips_is_refused(store, tmp_path):
    options = {"recipe": small("syncnet", "PAPER"), **QUICK}
    train_syncnet(store, tmp_path / "run", steps=1, **options)
    other = shutil.copytree(store, tmp_path / "other")
    table = (other / "clips.csv").read_text().replace("0" * 64, "1" * 64)
    (other / "clips.csv").write_text(table)
    with pytest.raises(TrainingError, match="stores was"):
        train_syncnet(other, tmp_path / "run", steps=2, resume=True, **options)


def unlabelled(store, folder, *, keep: int = 0):
    """A copy of a store of which only the first clips of each split are labelled."""
    other, left = shutil.copytree(store, folder), {"train": keep, "test": keep}
    table = pd.read_csv(other / "clips.csv", dtype=str, keep_default_na=False)
    for row, split in enumerate(table["split"]):
        left[split] -= 1
        if left[split] < 0:
            table.loc[row, "emotion"] = ""
    table.to_csv(other / "clips.csv", index=False)
    return other


def test_clips_without_labels_are_refused_where_a_recipe_needs_labels(store, judges, tmp_path):
    bare = unlabelled(store, tmp_path / "bare")
    for recipe in ("SEQ", "PLDA", "MAGNUSSON"):
        with pytest.raises(DatasetError, match="labelled") as caught:
            train_generator(
                bare, tmp_path / "run", recipe=small("generator", recipe), **judges, **QUICK
            )
        assert "BASE" in str(caught.value) and not (tmp_path / "run").exists()
    with pytest.raises(DatasetError, match="no clip shows"):
        train_emotion(bare, tmp_path / "run", recipe=small("emotion", "PAPER"), **QUICK)
    recipe = small("generator", "BASE")
    assert train_generator(bare, tmp_path / "b", recipe=recipe, steps=1, **judges, **QUICK).step
    some = unlabelled(store, tmp_path / "some", keep=4)
    task = make_task(some)[0]  # clips with a label serve, the others are left out
    assert len(task.data) == 4 and len(task.tests[0]) == 4
    assert all(task.data.item(0, k)["emotion_idx"] >= 0 for k in range(4))
