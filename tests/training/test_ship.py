"""Shipping: half the size, the whole history, and no word of where things lay."""

import json
import runpy
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from tiny_task import CONFIG, TinyTask

from emolib.base.errors import CheckpointError, ConfigError, DatasetError
from emolib.base.files import project_root
from emolib.base.runtime import command_line
from emolib.models.checkpoint import InputRules, load_checkpoint, save_checkpoint
from emolib.models.emotion import EmotionClassifier, EmotionClassifierConfig
from emolib.models.generator import Generator, GeneratorConfig
from emolib.training import ship as shipping
from emolib.training.fit import fit
from emolib.training.history import corpus_of, minutes_of, portable
from emolib.training.journal import read_journal
from emolib.training.ship import MAX_LOG_BYTES, ship, thinned

COMMAND = "emolib train classifier --store /srv/x/store --out /data/me/runs/c --width 0.25"


def started(event="started", step=0, command=COMMAND, recipe="IMPROVED"):
    record = {"device": "cpu", "precision": "bf16", "processes": 1, "profile": "tiny", "seed": 1789}
    settings = {"recipe": recipe, "batch_size": 8}
    return {"step": step, "event": event, "record": record | {"command": command}} | {
        "settings": settings
    }


def means(step, step_s=0.5):
    return {"step": step, "loss": 1.5, "frames_per_s": 5 * 8 / step_s, "step_s": step_s}


def make_run(folder, network=None, rows=None, **meta):
    folder.mkdir(parents=True)
    network = network or EmotionClassifier(EmotionClassifierConfig(width=1 / 16))
    meta = {"recipe": "IMPROVED", "corpus": "synthetic", "step": 40, "note": ""} | meta
    name = "generator" if isinstance(network, Generator) else "classifier"
    save_checkpoint(folder / f"{name}.safetensors", network, metrics={"accuracy": 0.9}, **meta)
    rows = rows or [
        started(),
        *(means(step) for step in (20, 40)),
        {"step": 40, "eval": {"accuracy": 0.9}},
        {"step": 40, "event": "stopped: done", "seconds": 63.0},
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_run_is_shipped_at_half_the_size_with_its_history(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path / "data"))
    run = make_run(tmp_path / "run")
    made = ship(run, "lite-classifier", note="a test; see /tmp/secret/notes.txt")
    assert made.path == tmp_path / "data" / "checkpoints" / "lite-classifier.safetensors"
    assert made.path.stat().st_size < 0.75 * (run / "classifier.safetensors").stat().st_size
    before, _ = load_checkpoint(run / "classifier.safetensors")
    after, meta = load_checkpoint("lite", "classifier")
    for name, value in before.state_dict().items():
        torch.testing.assert_close(after.state_dict()[name], value, atol=1e-3, rtol=1e-3)
    assert (meta.profile, meta.step, meta.metrics) == ("lite", 40, {"accuracy": 0.9})
    assert meta.note == "a test; see notes.txt"
    (phase,) = meta.training["phases"]
    assert phase["command"] == "emolib train classifier --store store --out c --width 0.25"
    assert (phase["steps"], phase["minutes"], phase["seed"]) == (40, 1.1, 1789)
    log = made.log.read_text()
    assert len(log.splitlines()) == 5 and "/srv" not in log and "/home" not in log
    assert sorted(p.name for p in made.path.parent.iterdir()) == [
        "lite-classifier.log.jsonl",
        "lite-classifier.safetensors",
    ]


def test_runs_that_started_from_each_other_are_told_in_order(tmp_path):
    rules = InputRules("half")
    net = Generator(GeneratorConfig(width=1 / 16, emotion=None))
    first = make_run(tmp_path / "warm", net, inputs=rules)
    second = make_run(
        tmp_path / "main",
        net,
        [started(command="emolib train x", recipe="SEQ"), means(40), means(60)],
        inputs=rules,
        step=40,
    )
    made = ship(second, "g", earlier=[first], out=tmp_path / "out")
    told = made.meta.training
    assert [phase["command"].split()[-1] for phase in told["phases"]] == ["0.25", "x"]
    assert [phase["recipe"] for phase in told["phases"]] == ["IMPROVED", "SEQ"]
    assert told["minutes"] == pytest.approx(1.1 + 0.3)  # 63 s as told; 40 steps of half a second
    assert made.meta.input_rules == rules
    rows = [json.loads(line) for line in made.log.read_text().splitlines()]
    assert [row["phase"] for row in rows] == [0] * 5 + [1] * 2
    assert max(row["step"] for row in rows) == 40  # what came after these weights is left out


def test_what_cannot_be_shipped_leaves_the_shelf_as_it_was(tmp_path, monkeypatch):
    run = make_run(tmp_path / "run")
    out = tmp_path / "out"
    monkeypatch.setattr(shipping, "MAX_BYTES", 10_000)
    with pytest.raises(CheckpointError, match="narrower"):
        ship(run, "x", out=out)
    with pytest.raises(ConfigError, match="0 weights files"):
        ship(tmp_path, "x", out=out)
    save_checkpoint(run / "other.safetensors", EmotionClassifier(EmotionClassifierConfig(1 / 16)))
    with pytest.raises(ConfigError, match="2 weights files"):
        ship(run, "x", out=out)
    untold = make_run(tmp_path / "untold", rows=[started(command=None)])
    with pytest.raises(DatasetError, match="the command that trained"):
        ship(untold, "x", out=out)
    (run / "log.jsonl").unlink()
    with pytest.raises(ConfigError, match="no training log"):
        ship(run / "classifier.safetensors", "x", out=out)
    assert not out.exists() or not list(out.iterdir())


def test_a_long_log_keeps_its_happenings_and_evaluations(tmp_path):
    rows = [started()]
    for step in range(1, 3001):
        rows.append(means(step))
        if step % 1000 == 0:
            rows.append({"step": step, "eval": {"accuracy": step / 3000}})
    text = thinned([rows])
    kept = [json.loads(line) for line in text.splitlines()]
    assert 0.5 * MAX_LOG_BYTES < len(text.encode()) <= MAX_LOG_BYTES
    assert sum("eval" in row for row in kept) == 3 and kept[0]["event"] == "started"
    steps = [row["step"] for row in kept if "loss" in row]
    assert len({b - a for a, b in pairwise(steps)}) == 1  # evenly thinned


def test_minutes_of_a_run_that_was_killed_and_resumed():
    killed = [started(), means(20), means(40)]
    resumed = [started("resumed", 40), means(60), {"step": 60, "event": "stopped: done"}]
    assert minutes_of(killed + resumed) == 0.5  # 60 steps of half a second
    resumed[-1]["seconds"] = 100.0  # evaluations and saving included
    assert minutes_of(killed + resumed) == 2.0


def test_a_run_s_log_tells_seconds_a_step_and_in_all(tmp_path):
    result = fit(TinyTask(), tmp_path, replace(CONFIG, steps=10), device="cpu")
    rows = read_journal(tmp_path)
    assert rows[0]["record"]["command"] is None  # no command line started this
    assert rows[-1]["seconds"] == pytest.approx(result.seconds, abs=0.2)
    assert sum(10 * row["step_s"] for row in rows if "step_s" in row) <= result.seconds
    assert minutes_of(rows) == round(rows[-1]["seconds"] / 60, 1)


def test_the_command_line_is_told_where_it_is_ours(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/x/.venv/bin/emolib", "train", "emotion", "--set", "a=b c"])
    assert command_line() == "emolib train emotion --set 'a=b c'"
    monkeypatch.setattr(sys, "argv", ["/x/site-packages/emolib/cli/__main__.py", "doctor"])
    assert command_line() == "emolib doctor"
    monkeypatch.setattr(sys, "argv", ["/x/bin/pytest", "-q"])
    assert command_line() is None


def test_portable_cuts_folders_and_nothing_else():
    text = "--store /tmp/w/store --syncnet=/a/b/sync/syncnet.safetensors '~/runs/x' C:\\d\\e.json"
    assert portable(text) == "--store store --syncnet=sync/syncnet.safetensors 'x' e.json"
    kept = "frames/s, 1/4, a / b, runs/improved, https://example.org/a/b, α·L1"
    assert portable({"a": [kept, 3, None]}) == {"a": [kept, 3, None]}


def test_a_corpus_tells_the_commands_that_film_it_again():
    about = corpus_of(project_root() / "data" / "sample")
    assert (about["people"], about["clips"], about["seed"]) == (4, 48, 53)
    assert about["commands"] == [
        "emolib synth --out people --actors 4 --first-actor 9001 --sentences IEO,MTI --levels XX"
        " --paired --size 480x360 --fps 25 --seed 53 --quality 34",
        "emolib prepare people --out store",
    ]


def test_another_folder_is_no_corpus(tmp_path):
    with pytest.raises(DatasetError, match="no finished synthetic corpus"):
        corpus_of(tmp_path)


def test_the_script_ships_and_fails_in_one_line(tmp_path, capsys):
    main = runpy.run_path(str(project_root() / "scripts" / "ship_checkpoint.py"))["main"]
    run = make_run(tmp_path / "run")
    assert main([str(run), "lite-x", "--out", str(tmp_path / "out")]) == 0
    assert "step 40, 1.1 minutes" in capsys.readouterr().out
    assert main([str(tmp_path / "nothing"), "lite-x"]) == 1
    assert capsys.readouterr().err.startswith("ship_checkpoint: ")
