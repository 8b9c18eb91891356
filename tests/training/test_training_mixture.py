"""Several stores in one run: their shares, what each is asked, and what is refused at the start."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_store import make_drawn_store
from tiny_task import same_weights
from typer.testing import CliRunner

from emolib.base.emotions import EMOTIONS
from emolib.base.errors import ConfigError, DatasetError
from emolib.cli import app
from emolib.models.checkpoint import read_meta
from emolib.models.emotion import EmotionDiscriminator, EmotionDiscriminatorConfig
from emolib.models.generator import Generator
from emolib.models.syncnet import SyncNet, SyncNetConfig
from emolib.training.emotion import train_emotion
from emolib.training.generator import GeneratorTask, Judges, train_generator
from emolib.training.journal import read_journal
from emolib.training.loader import PERIOD, Order
from emolib.training.losses import Ramp
from emolib.training.mixture import open_sources
from emolib.training.recipe_types import varied
from emolib.training.recipes import find_recipe
from emolib.training.syncnet import train_syncnet

QUICK = {"batch_size": 4, "eval_items": 6, "device": "cpu", "precision": "fp32"}
SMALL = {"network.width": "0.0625"}


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Labelled and paired people, talkers without labels, and two still faces of each person."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("stores")
    make_drawn_store(folder / "people")
    make_drawn_store(folder / "talkers", emotions=["NEU"], labelled=False, n_frames=40)
    make_drawn_store(
        folder / "stills", n_sentences=1, n_frames=5, emotions=["NEU", "HAP"], silent=1
    )
    return folder


def mixed(stores):
    return [f"{stores / 'people'}:0.5", f"{stores / 'talkers'}:0.3", f"{stores / 'stills'}:0.2"]


def seq(**changes):
    recipe = find_recipe("generator", "SEQ")
    return varied(recipe, SMALL | {"reference": "other_emotion", "unlabelled": "NEU"} | changes)


def task_of(stores, recipe=None, judges=None):
    recipe = recipe or seq()
    generator = Generator(recipe.network)
    return GeneratorTask(generator, judges or Judges(), recipe, mixed(stores), recipe.fit)


def test_each_batch_has_its_share_of_each_store():
    order = Order([30, 50, 7], 40, seed=1, shares=(0.5, 0.35, 0.15))
    parts = [
        np.bincount(np.searchsorted([30, 80], [i for _, i in order.keys(step)], "right"))
        for step in range(PERIOD // 40)
    ]
    assert np.abs(np.array(parts) - [20, 14, 6]).max() <= 1
    assert np.sum(parts, 0).tolist() == [500, 350, 150]


def test_a_mixture_visits_every_window_once_an_epoch_of_its_store_whatever_the_batch():
    shares = (0.7, 0.3)
    one = Order([9, 5], 6, seed=2, shares=shares)
    keys = [key for step in range(20) for key in one.keys(step)]
    for low, high in ((0, 9), (9, 14)):
        mine = [key for key in keys if low <= key[1] < high]
        assert sorted(i for e, i in mine if e == 1) == list(range(low, high))
    two = [Order([9, 5], 3, seed=2, rank=rank, world=2, shares=shares) for rank in (0, 1)]
    assert all(one.keys(s) == two[0].keys(s) + two[1].keys(s) for s in range(9))
    late = iter(Order([9, 5], 6, seed=2, shares=shares, start_step=7))
    assert next(late) == one.keys(7)


def test_each_store_has_its_own_reference_label_and_sound(stores):
    task = task_of(stores)
    people, talkers, stills = task.data.parts
    item = people.item(0, 3)
    assert item["reference_idx"] != item["clip_idx"] and item["start"] == item["reference_start"]
    for index in range(len(talkers)):
        item = talkers.item(1, index)
        assert 2 <= abs(item["start"] - item["reference_start"]) <= 19
        assert item["reference_idx"] == item["clip_idx"] and item["has_sound"]
        assert EMOTIONS[item["emotion_idx"]] == "NEU" and item["emotion"].sum() == 1
    for index in range(len(stills)):
        item = stills.item(1, index)
        assert not item["has_sound"] and item["mel_windows"].max() == -4
        clips = stills.store.clips.iloc[[item["clip_idx"], item["reference_idx"]]]
        assert set(clips["emotion"]) == {"NEU", "HAP"} and clips["actor"].nunique() == 1


def test_the_sync_expert_is_not_asked_about_stills(stores):
    torch.manual_seed(0)
    recipe = replace(seq(), schedule=Ramp(0, 1))
    sync = SyncNet(SyncNetConfig(width=0.0625))
    emotion = EmotionDiscriminator(EmotionDiscriminatorConfig(width=0.0625))
    task = task_of(stores, recipe, Judges(sync, emotion))
    keys = [(0, 0), (0, int(task.data.first[1])), (0, int(task.data.first[2]))]
    batch = torch.utils.data.default_collate([task.data.item(*key) for key in keys])
    torch.manual_seed(1)
    _, parts = task.step(batch, 1)
    silent = {**batch, "has_sound": torch.tensor([False, False, False])}
    torch.manual_seed(1)
    _, none = task.step(silent, 1)
    assert parts["sync"] > 0 and none["sync"] == 0


def test_a_mixture_trains_tells_what_it_learns_from_and_resumes_exactly(stores, tmp_path, capsys):
    options = QUICK | {"recipe": seq(), "steps": 3}
    result = train_generator(mixed(stores), tmp_path / "a", **options)
    told = capsys.readouterr().err
    assert "people: share 0.5, 2 talkers, 1 held out" in told and "stills: share 0.2" in told
    assert {"psnr_db", "people/psnr_db", "talkers/psnr_db"} <= set(result.metrics)
    each = [result.metrics[f"{name}/l1"] for name in ("people", "talkers", "stills")]
    assert result.metrics["l1"] == pytest.approx(np.dot(each, [0.5, 0.3, 0.2]), abs=1e-4)
    assert read_meta(tmp_path / "a" / "generator.safetensors").corpus == "drawn + talkers + stills"
    train_generator(mixed(stores), tmp_path / "b", **options | {"steps": 1, "schedule_steps": 3})
    train_generator(mixed(stores), tmp_path / "b", resume=True, **options)
    assert same_weights(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("name", ["PAPER", "IMPROVED"])
def test_the_sync_expert_learns_from_two_corpora(stores, tmp_path, name):
    recipe = varied(find_recipe("syncnet", name), SMALL)
    two = [f"{stores / 'people'}:0.4", f"{stores / 'talkers'}:0.6"]
    result = train_syncnet(two, tmp_path, recipe=recipe, steps=2, **QUICK)
    assert {"accuracy", "people/accuracy", "talkers/best_offset"} <= set(result.metrics)
    started = read_journal(tmp_path)[0]["settings"]
    assert [one["share"] for one in started["stores"]] == [0.4, 0.6]


def test_emotion_networks_learn_from_two_labelled_stores_and_refuse_an_unlabelled(stores, tmp_path):
    recipe = varied(find_recipe("emotion", "IMPROVED"), SMALL)
    two = [stores / "people", stores / "stills"]
    result = train_emotion(
        two, tmp_path / "run", recipe=recipe, steps=1, **QUICK | {"eval_items": 24}
    )
    assert "people/HAP" in result.metrics and "stills/FEA" not in result.metrics
    with pytest.raises(DatasetError, match=r"talkers.*no labels"):
        train_emotion([stores / "people", stores / "talkers"], tmp_path, recipe=recipe, **QUICK)


def run(out, *stores, options=()):
    words = ["train", "generator", "--recipe", "SEQ", "--out", str(out), "--width", "0.0625"]
    for one in stores:
        words += ["--store", str(one)]
    return CliRunner().invoke(app, [*words, "--steps", "1", *options])


def test_what_cannot_work_is_one_line_before_training_starts(stores, tmp_path):
    people, talkers = stores / "people", stores / "talkers"
    for texts in (
        [f"{people}:0.5", f"{talkers}:0.6"],
        [f"{people}:1", str(talkers)],
        [f"{people}:1.5", f"{talkers}:-0.5"],
    ):
        found = run(tmp_path / "run", *texts)
        assert isinstance(found.exception, ConfigError) and "sum to 1" in str(found.exception)
    for key, value in (("crop_px", 128), ("fps", 30), ("audio_hop_samples", 160)):
        other = shutil.copytree(talkers, tmp_path / key)
        info = json.loads((other / "store.json").read_text())
        info["settings"][key] = value
        if key == "crop_px":
            frames = np.zeros((info["counts"]["frames"], 128, 128, 3), np.uint8)
            np.save(other / "frames.npy", frames)
        (other / "store.json").write_text(json.dumps(info))
        found = run(tmp_path / "run", people, other)
        assert isinstance(found.exception, ConfigError) and f"{key} is {value}" in str(
            found.exception
        )
    found = run(tmp_path / "run", people, talkers)
    assert isinstance(found.exception, DatasetError) and "unlabelled=NEU" in str(found.exception)
    one = make_drawn_store(tmp_path / "one", n_people=1)
    found = run(tmp_path / "run", people, one)
    assert isinstance(found.exception, DatasetError) and "one talker" in str(found.exception)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_colon_in_its_name_is_a_folder(stores, tmp_path):
    odd = shutil.copytree(stores / "people", tmp_path / "a:1")
    (source,) = open_sources(odd)
    assert source.share == 1 and source.store.root == odd
    assert [one.share for one in open_sources([f"{odd}:0.25", f"{odd}:0.75"])] == [0.25, 0.75]
