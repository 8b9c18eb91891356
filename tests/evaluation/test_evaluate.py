"""`emolib evaluate` from store to table: numbers, resuming, skipping, refusing."""

import contextlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from small_world import make_checkpoints, make_world
from typer.testing import CliRunner

from emolib import cli
from emolib.base import arrays
from emolib.base.emotions import EMOTIONS
from emolib.base.errors import (
    CheckpointError,
    ConfigError,
    DatasetError,
    EmolibWarning,
    MediaError,
    ResourceError,
)
from emolib.base.results import load_result
from emolib.evaluation import run
from emolib.evaluation.run import EvaluateSettings, evaluate
from emolib.evaluation.stored import RecordLog
from emolib.evaluation.table2 import lines
from emolib.models.checkpoint import save_checkpoint
from emolib.models.syncnet import LseSyncNet, LseSyncNetConfig

CHEAP = EvaluateSettings(metrics=("visual",), limit=3)


@pytest.fixture(autouse=True)
def no_memory(tmp_path_factory, monkeypatch):
    """A cache of each test's own."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    return *make_world(root, actors=("9002",)), make_checkpoints(root)


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory):
    store, corpus, networks = world
    settings = EvaluateSettings(
        limit=6,
        syncnet=str(networks["expert"]),
        classifier=str(networks["classifier"]),
        discriminator=str(networks["emotion"]),
    )
    out = tmp_path_factory.mktemp("out") / "result.json"
    given = {"corpus": corpus, "device": "cpu", "remember": False}
    return evaluate(store, networks["generator"], out, settings, **given)


def test_everything_is_measured_on_all_three_rows(whole):
    numbers = whole.result["numbers"]
    assert (numbers["n_clips"], numbers["n_actors"]) == (6, 1)
    assert numbers["n_frames"] == 6 * 10  # the shorter clip of each pair decides
    shared = {"lse_d_expert", "lse_c_expert", "flicker", "identity_distance", "lip_opening"}
    assert shared <= set(numbers["rows"]["generated"])
    assert shared <= set(numbers["rows"]["truth"])
    for judge in ("expression net", "classifier", "discriminator"):
        assert set(numbers["rows"]["copy"]) > {f"emoacc/{judge}", "frechet", "psnr_db", "ssim"}
    assert numbers["labels"]["frechet"] == "FFD (expression net)"
    assert not any(text == "FID" for text in numbers["labels"].values())
    assert any("Only 1 actor:" in note for note in numbers["notes"])
    mouth = {"mouth_detail", "mouth_colour", "mouth_ssim", "mouth_perceptual", "mouth_psnr_db"}
    assert mouth <= set(numbers["rows"]["generated"]) & set(numbers["rows"]["copy"])
    assert set(numbers["units"]) == {"generated", "truth"}
    assert any("trained no generator" in note for note in numbers["notes"])


def test_truth_is_the_ceiling_and_the_source_has_the_wrong_emotion(whole):
    rows = whole.result["numbers"]["rows"]
    assert rows["truth"]["lip_opening"]["mean"] == 0
    assert rows["truth"]["flicker"]["mean"] == 1
    assert rows["truth"]["closures_kept"]["mean"] == 1
    assert rows["copy"]["psnr_db"]["mean"] < 40
    made = rows["generated"]["transfer_pixels"]["mean"]
    assert 0.95 < made < 1.1  # an untrained composite head gives its reference back
    assert abs(rows["generated"]["progress_pixels"]["mean"]) < 0.1


def test_emoacc_is_what_the_clips_say(whole):
    numbers = whole.result["numbers"]
    table = numbers["clips"]
    for row in ("generated", "truth", "copy"):
        named = table["named"][row]["expression net"]
        right = [a == b for a, b in zip(named, table["emotion"], strict=True)]
        found = numbers["rows"][row]["emoacc/expression net"]
        assert found["mean"] == pytest.approx(np.mean(right))
        assert found["n"] == 6
        assert numbers["emotions"][row]["expression net"]["accuracy"] == found["mean"]
    assert table["generated"]["psnr_db"] == pytest.approx(
        [numbers["rows"]["generated"]["psnr_db"]["mean"]] * 6, rel=0.2
    )


def test_blinks_of_the_truth_are_as_deep_as_they_are(world, whole):
    # the astronaut never blinks: her lids are known to be open throughout
    assert "blink_depth" not in whole.result["numbers"]["rows"]["truth"]


def test_the_result_and_its_tables_are_on_disk_and_nothing_else(whole):
    assert load_result(whole.path) == json.loads(json.dumps(whole.result))
    assert whole.result["record"]["corpus"] == "astronauts"
    assert sorted(p.name for p in whole.path.parent.iterdir()) == [
        "result.json",
        "result.md",
        "result.tex",
    ]
    table = whole.path.with_suffix(".md").read_text(encoding="utf-8")
    assert "| IMPROVED | yes | astronauts test: 6 clips, 1 actors |" in table


def test_the_published_lse_stands_under_its_name_only_on_published_crops(world, tmp_path):
    store, _, networks = world
    network = tmp_path / "lse.safetensors"
    save_checkpoint(network, LseSyncNet(LseSyncNetConfig(width=1 / 16)).eval())
    settings = EvaluateSettings(metrics=("sync",), limit=2, lse_syncnet=str(network))
    filmed, films = make_world(tmp_path / "filmed", actors=("9002",), films=True)
    given = {"device": "cpu"}
    real = evaluate(
        filmed, networks["generator"], tmp_path / "r.json", settings, corpus=films, **given
    )
    rows = real.result["numbers"]["rows"]
    assert {"lse_d", "lse_c", "offset", "in_sync"} <= set(rows["truth"])
    assert real.result["numbers"]["labels"]["lse_d"] == "LSE-D"
    assert "| LSE-D, paper ↓ | LSE-D ↓ |" in real.path.with_suffix(".md").read_text("utf-8")
    # pasted back, an untrained generator's copy is the source but for the cut and paste
    assert rows["generated"]["lse_d"]["mean"] == pytest.approx(
        rows["copy"]["lse_d"]["mean"], rel=0.1
    )
    assert rows["truth"]["lse_d"]["mean"] != rows["copy"]["lse_d"]["mean"]
    silent = evaluate(store, networks["generator"], tmp_path / "s.json", settings, **given)
    assert "lse_d" not in silent.result["numbers"]["rows"]["truth"]
    assert any("sound" in note for note in silent.result["numbers"]["notes"])


def test_aligned_crops_cannot_be_put_back_so_their_lse_has_another_name(world, tmp_path):
    store, corpus, networks = world
    info = json.loads((store / "store.json").read_text())
    turned = tmp_path / "turned"
    shutil.copytree(store, turned)
    info["settings"]["geometry"] = "aligned"
    (turned / "store.json").write_text(json.dumps(info))
    network = tmp_path / "lse.safetensors"
    save_checkpoint(network, LseSyncNet(LseSyncNetConfig(width=1 / 16)).eval())
    settings = EvaluateSettings(metrics=("sync",), limit=1, lse_syncnet=str(network))
    out = tmp_path / "r.json"
    evaluate(turned, networks["generator"], out, settings, corpus=corpus, device="cpu")
    assert "| LSE-D, paper ↓ | LSE-D (crops) ↓ |" in out.with_suffix(".md").read_text("utf-8")


def test_the_second_checkpoint_finds_what_the_first_one_saw(world, tmp_path, monkeypatch):
    store, corpus, networks = world
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    settings = EvaluateSettings(metrics=("visual", "truth", "crowd"), limit=2)
    looked, honest = [], run.extract
    monkeypatch.setattr(run, "extract", lambda *a, **k: looked.append(1) or honest(*a, **k))
    made = {}
    for name in ("generator", "base", "generator"):
        looked.clear()
        out = tmp_path / f"{name}{len(made)}.json"
        made[len(made)] = evaluate(store, networks[name], out, settings, corpus=corpus), len(looked)
    assert [n for _, n in made.values()] == [6, 2, 2]
    first, _, third = (one.result["numbers"] for one, _ in made.values())
    assert first["rows"] == third["rows"]
    looked.clear()
    evaluate(store, networks["base"], tmp_path / "x.json", settings, corpus=corpus, remember=False)
    assert len(looked) == 6


def test_with_the_same_emotion_the_source_differs_in_words_only(world, tmp_path):
    store, _, networks = world
    settings = EvaluateSettings(metrics=("emotion",), limit=3, sources="same_emotion")
    made = evaluate(store, networks["base"], tmp_path / "r.json", settings, device="cpu")
    table = made.result["numbers"]["clips"]
    for clip, source in zip(table["clip"], table["source"], strict=True):
        (actor, words, emotion, _), other = clip.split("_"), source.split("_")
        assert (other[0], other[2]) == (actor, emotion)
        assert other[1] != words


def test_a_clip_is_made_from_its_own_other_half(world, tmp_path):
    store, _, networks = world
    settings = EvaluateSettings(metrics=("real", "visual"), limit=6, sources="same_clip")
    made = evaluate(store, networks["generator"], tmp_path / "r.json", settings, device="cpu")
    numbers = made.result["numbers"]
    assert numbers["clips"]["source"] == numbers["clips"]["clip"]
    assert "self-reconstruction" in numbers["protocol"]
    # an untrained composite head gives its reference back: the other half, with another mouth
    for row in ("generated", "copy"):
        assert 0.5 < numbers["rows"][row]["mouth_ssim"]["mean"] < 0.999
        assert numbers["rows"][row]["mouth_detail"]["mean"] == pytest.approx(1, abs=0.15)
    assert "psnr_db" not in numbers["rows"]["generated"]  # the head has moved since
    assert "progress_units" not in numbers["rows"]["generated"]  # nothing was acted


def test_from_a_calm_clip_face_units_go_where_the_actor_went(world, tmp_path):
    store, _, networks = world
    settings = EvaluateSettings(metrics=("real",), limit=6, sources="neutral")
    out = tmp_path / "r.json"
    made = evaluate(store, networks["generator"], out, settings, device="cpu")
    numbers = made.result["numbers"]
    assert set(numbers["units"]["generated"]) == set(EMOTIONS)
    assert set(numbers["units"]["truth"]) == set(EMOTIONS) - {"NEU"}
    progress = numbers["rows"]["generated"]["progress_units"]
    assert progress["n"] == 5 and abs(progress["mean"]) < 0.3  # it changes nothing yet
    moved = next(iter(numbers["units"]["truth"]["HAP"].values()))
    assert set(moved) == {"mean", "low", "high", "n", "actors"} and abs(moved["mean"]) >= 0.02
    assert "| Unit | ANG | ANG true |" in out.with_suffix(".md").read_text(encoding="utf-8")
    assert any("HAP true" in line for line in lines(made.result))


def test_a_generator_that_makes_no_faces_is_measured_all_the_same(world, tmp_path, monkeypatch):
    store, _, networks = world
    monkeypatch.setattr(run, "regenerate", lambda network, source, *_: np.zeros_like(source))
    settings = EvaluateSettings(metrics=("real", "visual"), limit=1)
    made = evaluate(store, networks["generator"], tmp_path / "r.json", settings, device="cpu")
    rows = made.result["numbers"]["rows"]
    assert [rows[row]["mouth_lost"]["mean"] for row in ("generated", "truth", "copy")] == [1, 0, 0]
    assert "mouth_ssim" not in rows["generated"] and "psnr_db" in rows["generated"]


def test_without_pairs_nothing_is_compared_pixel_by_pixel(world, tmp_path):
    _, _, networks = world
    store, corpus = make_world(tmp_path / "unpaired", actors=("9002",), paired=False)
    settings = EvaluateSettings(metrics=("visual", "truth"), limit=2)
    out = tmp_path / "r.json"
    made = evaluate(store, networks["generator"], out, settings, corpus=corpus, device="cpu")
    numbers = made.result["numbers"]
    assert "at the same pose" not in numbers["protocol"]
    assert any("No pairs" in note for note in numbers["notes"])
    assert set(numbers["rows"]["generated"]) == {
        *("closures_kept", "face_lost", "flicker", "lip_correlation", "lip_opening")
    }
    assert numbers["rows"]["copy"]["flicker"]["mean"] == 1  # there the source is the measure


def test_a_killed_run_goes_on_where_it_was(world, tmp_path, monkeypatch):
    store, _, networks = world
    measured, honest = [], run.measure

    def dies_after_two(material):
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(1)
        return honest(material)

    monkeypatch.setattr(run, "measure", dies_after_two)
    out = tmp_path / "r.json"
    with pytest.raises(KeyboardInterrupt):
        evaluate(store, networks["generator"], out, CHEAP, device="cpu")
    partial = tmp_path / "r.json.partial.jsonl"
    assert len(partial.read_text().splitlines()) == 3
    assert not out.exists()
    with partial.open("a") as stream:
        stream.write('{"clip": "half a li')  # killed while writing
    calls = []
    monkeypatch.setattr(run, "measure", lambda m: calls.append(1) or honest(m))
    resumed = evaluate(store, networks["generator"], out, CHEAP, device="cpu")
    assert len(calls) == 1
    assert not partial.exists()
    calls.clear()
    fresh = evaluate(store, networks["generator"], tmp_path / "f.json", CHEAP, device="cpu")
    assert len(calls) == 3
    assert resumed.result["numbers"] == fresh.result["numbers"]


def test_a_partial_result_of_other_weights_is_not_mixed_in(world, tmp_path, monkeypatch):
    store, _, networks = world
    out = tmp_path / "r.json"
    partial = tmp_path / "r.json.partial.jsonl"
    partial.write_text('{"key": "other"}\n{"clip": "9002_IEO_ANG_XX", "skipped": "no"}\n')
    with pytest.warns(EmolibWarning, match="starting anew"):
        made = evaluate(store, networks["base"], out, CHEAP, device="cpu")
    assert made.skipped == {}
    assert made.result["numbers"]["mask"] == "half"
    assert made.result["numbers"]["emotion_input"] is False


def test_clips_that_fail_are_left_out_and_named(world, tmp_path, monkeypatch):
    store, _, networks = world
    honest = run.measure

    def fails_on_anger(material):
        true, given = (material.frames[row][0, 0, 0] for row in ("truth", "copy"))
        if (true != given).any() and fails_on_anger.left:
            fails_on_anger.left -= 1
            raise MediaError("no face in 10 of 10 frames")
        return honest(material)

    fails_on_anger.left = 2
    monkeypatch.setattr(run, "measure", fails_on_anger)
    command = ["evaluate", "--store", store, "--checkpoint", networks["generator"]]
    command += ["--out", tmp_path / "r.json", "--metrics", "visual", "--limit", 3]
    command += ["--device", "cpu"]
    shown = CliRunner().invoke(cli.app, [str(part) for part in command])
    assert shown.exit_code == cli.SKIPPED, shown.output
    assert shown.output.count("no face in 10 of 10 frames") == 2
    assert "PSNR dB" in shown.output
    assert load_result(tmp_path / "r.json")["numbers"]["n_clips"] == 1
    fails_on_anger.left = 99
    with pytest.raises(DatasetError, match=r"none of 3 clips.*no face"):
        evaluate(store, networks["generator"], tmp_path / "n.json", CHEAP, device="cpu")


def test_without_a_generator_the_clips_themselves_are_measured(world, tmp_path):
    store, corpus, networks = world
    command = ["evaluate", "--store", store, "--out", tmp_path / "r.json", "--corpus", corpus]
    command += ["--syncnet", networks["expert"], "--classifier", networks["classifier"]]
    command += ["--discriminator", "none", "--device", "cpu"]
    shown = CliRunner().invoke(cli.app, [str(part) for part in command])
    assert shown.exit_code == 0, shown.output
    numbers = load_result(tmp_path / "r.json")["numbers"]
    assert set(numbers["rows"]) == {"truth"}
    assert numbers["n_frames"] == 6 * 10 + 6 * 12  # whole clips
    found = set(numbers["rows"]["truth"])
    assert {"lse_d_expert", "emoacc/classifier", "emoacc/expression net", "face_lost"} <= found
    assert not found & {"psnr_db", "flicker", "frechet", "lip_opening", "identity_distance"}
    assert "note: No generator: the clips themselves are measured" in shown.output
    assert "Fréchet" not in shown.output
    with pytest.raises(ConfigError, match="nothing to compare"):
        evaluate(store, None, tmp_path / "n.json", EvaluateSettings(metrics=("crowd",)))
    table = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| ground truth | – | astronauts test: 12 clips, 1 actors |" in table


def test_without_labels_nothing_is_said_of_the_true_emotions(world, tmp_path):
    store, _, networks = world
    blank = tmp_path / "blank"
    shutil.copytree(store, blank)
    table = pd.read_csv(blank / "clips.csv", dtype=str, keep_default_na=False)
    table.assign(emotion="").to_csv(blank / "clips.csv", index=False)
    settings = EvaluateSettings(
        metrics=("emotion", "truth"), limit=1, classifier="none", discriminator="none"
    )
    for checkpoint, rows in ((networks["generator"], 3), (None, 1)):
        out = tmp_path / f"{rows}.json"
        numbers = evaluate(blank, checkpoint, out, settings, device="cpu").result["numbers"]
        assert len(numbers["rows"]) == rows
        assert not any(key.startswith("emoacc") for key in numbers["rows"]["truth"])
        assert any("No labels" in note for note in numbers["notes"])
    asked = load_result(tmp_path / "3.json")["numbers"]
    assert asked["clips"]["emotion"] == list(EMOTIONS)
    assert asked["rows"]["generated"]["emoacc/expression net"]["n"] == 6


@pytest.mark.parametrize("fault", [ResourceError("the disk is full"), OSError(28, "no space")])
def test_a_fault_of_the_machine_stops_the_run_and_is_no_property_of_a_clip(
    world, tmp_path, monkeypatch, fault
):
    store, _, networks = world
    honest, out = run.measure, tmp_path / "r.json"

    def fails_once(material):
        monkeypatch.setattr(run, "measure", honest)
        raise fault

    monkeypatch.setattr(run, "measure", fails_once)
    with pytest.raises(type(fault)):
        evaluate(store, networks["generator"], out, CHEAP, device="cpu")
    made = evaluate(store, networks["generator"], out, CHEAP, device="cpu")
    assert made.skipped == {}
    assert made.result["numbers"]["n_clips"] == 3


def test_a_cache_that_cannot_be_used_loses_no_clip(world, tmp_path, monkeypatch):
    store, _, networks = world
    (tmp_path / "cache").write_text("a file where the cache should be")
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    made = evaluate(store, networks["generator"], tmp_path / "r.json", CHEAP, device="cpu")
    assert made.skipped == {}


def test_a_metric_that_changed_is_measured_anew(world, tmp_path, monkeypatch):
    store, _, networks = world
    looked, honest = [], run.extract
    monkeypatch.setattr(run, "extract", lambda *a, **k: looked.append(1) or honest(*a, **k))
    counts = {}
    for name, code in (("first", "old"), ("again", "old"), ("edited", "new")):
        monkeypatch.setattr(arrays, "code_sha256", lambda *rooms, code=code: code)
        looked.clear()
        evaluate(store, networks["generator"], tmp_path / f"{name}.json", CHEAP, device="cpu")
        counts[name] = len(looked)
    assert counts["again"] == 3  # what was generated is never remembered
    assert counts["first"] == counts["edited"] > 6


def test_records_survive_a_kill_while_the_journal_is_opened(tmp_path, monkeypatch):
    path = tmp_path / "r.partial.jsonl"
    with RecordLog(path, "key") as journal:
        for k in range(50):
            journal.write({"clip": f"{k}"})
    with path.open("a") as stream:
        stream.write('{"clip": "half a li')  # killed while writing

    def killed(*_, **__):
        raise KeyboardInterrupt

    honest = json.dumps
    monkeypatch.setattr(json, "dumps", killed)
    with contextlib.suppress(KeyboardInterrupt):
        RecordLog(path, "key").__enter__()
    monkeypatch.setattr(json, "dumps", honest)
    with RecordLog(path, "key") as again:
        assert len(again.done) == 50
        again.write({"clip": "50"})
    assert len(RecordLog(path, "key").done) == 51


def test_wrong_requests_are_refused_before_any_work(world, tmp_path):
    store, corpus, networks = world
    with pytest.raises(ConfigError, match=r"\.json"):
        evaluate(store, networks["generator"], tmp_path / "r.txt")
    with pytest.raises(ConfigError, match="lips"):
        EvaluateSettings(metrics=("lips",))
    with pytest.raises(ConfigError, match="at least 1"):
        EvaluateSettings(limit=0)
    (tmp_path / "there.json").write_text("{}")
    with pytest.raises(ConfigError, match="overwrite"):
        evaluate(store, networks["generator"], tmp_path / "there.json")
    with pytest.raises(CheckpointError, match="syncnet"):
        evaluate(store, networks["expert"], tmp_path / "r.json", CHEAP)
    with pytest.raises(CheckpointError, match="emotion classifier"):
        settings = EvaluateSettings(metrics=("emotion",), classifier=str(networks["expert"]))
        evaluate(store, networks["generator"], tmp_path / "r.json", settings, device="cpu")
    for truth in (corpus / "VideoFlash").glob("9002*"):
        moved = truth.rename(truth.with_suffix(".away"))
        with pytest.raises(DatasetError, match="not in it"):
            evaluate(store, networks["generator"], tmp_path / "r.json", CHEAP, corpus=corpus)
        moved.rename(truth)
        break
    assert [p.name for p in tmp_path.iterdir()] == ["there.json"]
