"""`emolib evaluate` from store to table: numbers, resuming, skipping, refusing."""

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
    MediaError,
    ResourceError,
)
from emolib.base.results import load_result
from emolib.evaluation import run
from emolib.evaluation.run import EvaluateSettings, evaluate
from emolib.evaluation.table2 import lines
from emolib.models.checkpoint import save_checkpoint
from emolib.models.syncnet import LseSyncNet, LseSyncNetConfig

CHEAP = EvaluateSettings(metrics=("visual",), limit=3)
ROWS = ("generated", "truth", "copy")


@pytest.fixture(autouse=True)
def no_memory(tmp_path_factory, monkeypatch):
    """A cache of each test's own."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    return *make_world(root, actors=("9002",)), make_checkpoints(root)


@pytest.fixture
def numbers_of(world, tmp_path):
    """Evaluates a checkpoint of the small world by name into `NAME.json`; its numbers."""

    def made(settings, checkpoint="generator", out="r", store=None, **given):
        weights = world[2][checkpoint] if checkpoint else None
        path = tmp_path / f"{out}.json"
        return evaluate(store or world[0], weights, path, settings, device="cpu", **given)[
            "numbers"
        ]

    return made


@pytest.fixture
def counted(monkeypatch):
    """A function of `run` wrapped so that its calls are counted."""

    def count(name):
        calls, honest = [], getattr(run, name)
        monkeypatch.setattr(run, name, lambda *a, **k: calls.append(1) or honest(*a, **k))
        return calls

    return count


def test_all_three_rows_are_measured_and_truth_is_the_ceiling(world, tmp_path):
    store, corpus, networks = world
    judges = {"syncnet": "expert", "classifier": "classifier", "discriminator": "emotion"}
    settings = EvaluateSettings(limit=6, **{k: str(networks[v]) for k, v in judges.items()})
    out, given = tmp_path / "result.json", {"corpus": corpus, "device": "cpu", "remember": False}
    result = evaluate(store, networks["generator"], out, settings, **given)
    numbers = result["numbers"]
    rows, table, emotions = numbers["rows"], numbers["clips"], numbers["emotions"]
    assert (numbers["n_clips"], numbers["n_actors"]) == (6, 1)
    assert numbers["n_frames"] == 6 * 10  # the shorter clip of each pair decides
    shared = {"lse_d_expert", "lse_c_expert", "flicker", "identity_distance", "lip_opening"}
    assert shared <= set(rows["generated"]) & set(rows["truth"])
    mouth = {"mouth_detail", "mouth_colour", "mouth_ssim", "mouth_perceptual", "mouth_psnr_db"}
    assert mouth <= set(rows["generated"]) & set(rows["copy"])
    for judge in ("expression net", "classifier", "discriminator"):
        assert set(rows["copy"]) > {f"emoacc/{judge}", "frechet", "psnr_db", "ssim"}
    assert numbers["labels"]["frechet"] == "FFD (expression net)"
    assert not any(text == "FID" for text in numbers["labels"].values())
    assert set(numbers["units"]) == {"generated", "truth"}
    for told in ("Only 1 actor:", "trained no generator"):
        assert any(told in note for note in numbers["notes"])

    for metric, ceiling in (("lip_opening", 0), ("flicker", 1), ("closures_kept", 1)):
        assert rows["truth"][metric]["mean"] == ceiling
    assert "blink_depth" not in rows["truth"]  # the astronaut never blinks
    assert rows["copy"]["psnr_db"]["mean"] < 40
    # an untrained composite head gives its reference back
    assert 0.95 < rows["generated"]["transfer_pixels"]["mean"] < 1.1
    assert abs(rows["generated"]["progress_pixels"]["mean"]) < 0.1

    for row in ROWS:
        named, found = table["named"][row]["expression net"], rows[row]["emoacc/expression net"]
        right = [a == b for a, b in zip(named, table["emotion"], strict=True)]
        assert found["mean"] == pytest.approx(np.mean(right))
        assert found["n"] == 6
        assert emotions[row]["expression net"]["accuracy"] == found["mean"]
    mean = rows["generated"]["psnr_db"]["mean"]
    assert table["generated"]["psnr_db"] == pytest.approx([mean] * 6, rel=0.2)

    assert load_result(out) == json.loads(json.dumps(result))
    assert result["record"]["corpus"] == "astronauts"
    names = [f"result{suffix}" for suffix in (".json", ".md", ".tex")]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    told = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "| IMPROVED | yes | astronauts test: 6 clips, 1 actors |" in told


def test_the_published_lse_stands_under_its_name_only_on_published_crops(
    world, numbers_of, tmp_path
):
    save_checkpoint(tmp_path / "lse.safetensors", LseSyncNet(LseSyncNetConfig(width=1 / 16)).eval())
    lse = {"metrics": ("sync",), "lse_syncnet": str(tmp_path / "lse.safetensors")}
    filmed, films = make_world(tmp_path / "filmed", actors=("9002",), films=True)
    real = numbers_of(EvaluateSettings(limit=2, **lse), store=filmed, corpus=films)
    rows = real["rows"]
    assert {"lse_d", "lse_c", "offset", "in_sync"} <= set(rows["truth"])
    assert real["labels"]["lse_d"] == "LSE-D"
    assert "| LSE-D, paper ↓ | LSE-D ↓ |" in (tmp_path / "r.md").read_text("utf-8")
    # pasted back, an untrained generator's copy is the source but for the cut and paste
    copied = rows["copy"]["lse_d"]["mean"]
    assert rows["generated"]["lse_d"]["mean"] == pytest.approx(copied, rel=0.1)
    assert rows["truth"]["lse_d"]["mean"] != copied
    silent = numbers_of(EvaluateSettings(limit=2, **lse), out="silent")
    assert "lse_d" not in silent["rows"]["truth"]
    assert any("sound" in note for note in silent["notes"])

    turned = tmp_path / "turned"  # aligned crops cannot be put back
    shutil.copytree(world[0], turned)
    info = json.loads((turned / "store.json").read_text())
    info["settings"]["geometry"] = "aligned"
    (turned / "store.json").write_text(json.dumps(info))
    numbers_of(EvaluateSettings(limit=1, **lse), store=turned, corpus=world[1], out="a")
    assert "| LSE-D, paper ↓ | LSE-D (crops) ↓ |" in (tmp_path / "a.md").read_text("utf-8")


def test_what_was_seen_of_true_clips_is_remembered_until_the_code_changes(
    world, numbers_of, counted, monkeypatch
):
    settings = EvaluateSettings(metrics=("visual", "truth", "crowd"), limit=2)
    looked, made = counted("extract"), []
    for k, (name, code, remember, n) in enumerate(
        (
            ("generator", "old", True, 6),
            ("base", "old", True, 2),
            ("generator", "old", True, 2),  # what was generated is never remembered
            ("base", "old", False, 6),
            ("generator", "new", True, 6),
        )
    ):
        monkeypatch.setattr(arrays, "code_sha256", lambda *rooms, code=code: code)
        looked.clear()
        given = {"corpus": world[1], "remember": remember}
        made.append(numbers_of(settings, name, str(k), **given))
        assert len(looked) == n
    assert made[0]["rows"] == made[2]["rows"] == made[4]["rows"]


def test_with_the_same_emotion_the_source_differs_in_words_only(numbers_of):
    settings = EvaluateSettings(metrics=("emotion",), limit=3, sources="same_emotion")
    table = numbers_of(settings, "base")["clips"]
    for clip, source in zip(table["clip"], table["source"], strict=True):
        (actor, words, emotion, _), other = clip.split("_"), source.split("_")
        assert (other[0], other[2]) == (actor, emotion)
        assert other[1] != words


def test_a_clip_is_made_from_its_own_other_half(numbers_of):
    settings = EvaluateSettings(metrics=("real", "visual"), limit=6, sources="same_clip")
    numbers = numbers_of(settings)
    assert numbers["clips"]["source"] == numbers["clips"]["clip"]
    assert "self-reconstruction" in numbers["protocol"]
    # an untrained composite head gives its reference back: the other half, with another mouth
    for row in ("generated", "copy"):
        assert 0.5 < numbers["rows"][row]["mouth_ssim"]["mean"] < 0.999
        assert numbers["rows"][row]["mouth_detail"]["mean"] == pytest.approx(1, abs=0.15)
    assert "psnr_db" not in numbers["rows"]["generated"]  # the head has moved since
    assert "progress_units" not in numbers["rows"]["generated"]  # nothing was acted


def test_from_a_calm_clip_face_units_go_where_the_actor_went(numbers_of, tmp_path):
    numbers = numbers_of(EvaluateSettings(metrics=("real",), limit=6, sources="neutral"))
    assert set(numbers["units"]["generated"]) == set(EMOTIONS)
    assert set(numbers["units"]["truth"]) == set(EMOTIONS) - {"NEU"}
    progress = numbers["rows"]["generated"]["progress_units"]
    assert progress["n"] == 5 and abs(progress["mean"]) < 0.3  # it changes nothing yet
    moved = next(iter(numbers["units"]["truth"]["HAP"].values()))
    assert set(moved) == {"mean", "low", "high", "n", "actors"} and abs(moved["mean"]) >= 0.02
    assert "| Unit | ANG | ANG true |" in (tmp_path / "r.md").read_text(encoding="utf-8")
    assert any("HAP true" in line for line in lines(load_result(tmp_path / "r.json")))


def test_a_generator_that_makes_no_faces_is_measured_all_the_same(numbers_of, monkeypatch):
    monkeypatch.setattr(run, "regenerate", lambda network, source, *_: np.zeros_like(source))
    rows = numbers_of(EvaluateSettings(metrics=("real", "visual"), limit=1))["rows"]
    assert [rows[row]["mouth_lost"]["mean"] for row in ROWS] == [1, 0, 0]
    assert "mouth_ssim" not in rows["generated"] and "psnr_db" in rows["generated"]


def test_without_pairs_nothing_is_compared_pixel_by_pixel(numbers_of, tmp_path):
    store, corpus = make_world(tmp_path / "unpaired", actors=("9002",), paired=False)
    settings = EvaluateSettings(metrics=("visual", "truth"), limit=2)
    numbers = numbers_of(settings, store=store, corpus=corpus)
    assert "at the same pose" not in numbers["protocol"]
    assert any("No pairs" in note for note in numbers["notes"])
    known = {"closures_kept", "face_lost", "flicker", "lip_correlation", "lip_opening"}
    assert set(numbers["rows"]["generated"]) == known
    assert numbers["rows"]["copy"]["flicker"]["mean"] == 1  # there the source is the measure


def test_a_killed_run_goes_on_where_it_was(numbers_of, counted, tmp_path, monkeypatch):
    measured, honest = [], run.measure

    def dies_after_two(material):
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(1)
        return honest(material)

    monkeypatch.setattr(run, "measure", dies_after_two)
    with pytest.raises(KeyboardInterrupt):
        numbers_of(CHEAP)
    partial = tmp_path / "r.json.partial"
    assert len([*partial.rglob("*.json")]) == 2
    assert not (tmp_path / "r.json").exists()
    other = partial / "other" / "0.json"  # of other settings or weights: not mixed in
    other.parent.mkdir()
    other.write_text('{"clip": "9002_IEO_ANG_XX", "skipped": "no"}')
    monkeypatch.setattr(run, "measure", honest)
    calls = counted("measure")
    resumed = numbers_of(CHEAP)
    assert len(calls) == 1
    assert not partial.exists()
    calls.clear()
    fresh = numbers_of(CHEAP, out="f")
    assert len(calls) == 3
    assert resumed == fresh


def test_a_network_without_emotion_is_fed_as_it_was_trained(numbers_of):
    numbers = numbers_of(CHEAP, "base")
    assert numbers["mask"] == "half"
    assert numbers["emotion_input"] is False


def test_clips_that_fail_are_left_out_and_named(world, numbers_of, tmp_path, monkeypatch):
    honest = run.measure

    def fails_on_anger(material):
        true, given = (material.frames[row][0, 0, 0] for row in ("truth", "copy"))
        if (true != given).any() and fails_on_anger.left:
            fails_on_anger.left -= 1
            raise MediaError("no face in 10 of 10 frames")
        return honest(material)

    fails_on_anger.left = 2
    monkeypatch.setattr(run, "measure", fails_on_anger)
    command = ["evaluate", "--store", world[0], "--checkpoint", world[2]["generator"]]
    command += ["--out", tmp_path / "r.json", "--metrics", "visual", "--limit", 3]
    command += ["--device", "cpu"]
    shown = CliRunner().invoke(cli.app, [str(part) for part in command])
    assert shown.exit_code == cli.SKIPPED, shown.output
    assert shown.output.count("no face in 10 of 10 frames") == 2
    assert "PSNR dB" in shown.output
    assert load_result(tmp_path / "r.json")["numbers"]["n_clips"] == 1
    fails_on_anger.left = 99
    with pytest.raises(DatasetError, match=r"none of 3 clips.*no face"):
        numbers_of(CHEAP, out="n")


def test_without_a_generator_the_clips_themselves_are_measured(world, numbers_of, tmp_path):
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
        numbers_of(EvaluateSettings(metrics=("crowd",)), None, "n")
    table = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| ground truth | – | astronauts test: 12 clips, 1 actors |" in table


def test_without_labels_nothing_is_said_of_the_true_emotions(world, numbers_of, tmp_path):
    blank = tmp_path / "blank"
    shutil.copytree(world[0], blank)
    table = pd.read_csv(blank / "clips.csv", dtype=str, keep_default_na=False)
    table.assign(emotion="").to_csv(blank / "clips.csv", index=False)
    judges = {"classifier": "none", "discriminator": "none"}
    settings = EvaluateSettings(metrics=("emotion", "truth"), limit=1, **judges)
    bare = numbers_of(settings, None, "bare", store=blank)
    asked = numbers_of(settings, store=blank)
    for numbers, rows in ((asked, 3), (bare, 1)):
        assert len(numbers["rows"]) == rows
        assert not any(key.startswith("emoacc") for key in numbers["rows"]["truth"])
        assert any("No labels" in note for note in numbers["notes"])
    assert asked["clips"]["emotion"] == list(EMOTIONS)
    assert asked["rows"]["generated"]["emoacc/expression net"]["n"] == 6


@pytest.mark.parametrize("fault", [ResourceError("the disk is full"), OSError(28, "no space")])
def test_a_fault_of_the_machine_stops_the_run_and_is_no_property_of_a_clip(
    numbers_of, monkeypatch, fault
):
    honest = run.measure

    def fails_once(material):
        monkeypatch.setattr(run, "measure", honest)
        raise fault

    monkeypatch.setattr(run, "measure", fails_once)
    with pytest.raises(type(fault)):
        numbers_of(CHEAP)
    numbers = numbers_of(CHEAP)
    assert (numbers["skipped"], numbers["n_clips"]) == ({}, 3)


def test_a_cache_that_cannot_be_used_loses_no_clip(numbers_of, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the cache should be")
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    assert numbers_of(CHEAP)["skipped"] == {}


def test_wrong_requests_are_refused_before_any_work(world, numbers_of, tmp_path):
    store, corpus, networks = world
    with pytest.raises(ConfigError, match=r"\.json"):
        evaluate(store, networks["generator"], tmp_path / "r.txt")
    for wrong, said in (({"metrics": ("lips",)}, "lips"), ({"limit": 0}, "at least 1")):
        with pytest.raises(ConfigError, match=said):
            EvaluateSettings(**wrong)
    (tmp_path / "there.json").write_text("{}")
    with pytest.raises(ConfigError, match="overwrite"):
        numbers_of(CHEAP, out="there")
    with pytest.raises(CheckpointError, match="syncnet"):
        numbers_of(CHEAP, "expert")
    wrong = EvaluateSettings(metrics=("emotion",), classifier=str(networks["expert"]))
    with pytest.raises(CheckpointError, match="emotion classifier"):
        numbers_of(wrong)
    film = next((corpus / "VideoFlash").glob("9002*"))
    moved = film.rename(film.with_suffix(".away"))
    with pytest.raises(DatasetError, match="not in it"):
        numbers_of(CHEAP, corpus=corpus)
    moved.rename(film)
    assert [p.name for p in tmp_path.iterdir()] == ["there.json"]
