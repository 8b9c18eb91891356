"""Runs behind shipped checkpoints: found by kind, told in one line, phases strung together."""

import json

import pytest

from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.models.checkpoint import save_checkpoint
from emolib.models.syncnet import SyncNet, SyncNetConfig
from emolib.notebook.shipped import (
    alphas_over,
    cost_table,
    one_after_another,
    runs_table,
    shipped_runs,
)
from emolib.training.losses import Ramp, Threshold

ROWS = [
    {"step": 0, "event": "started", "settings": {"batch_size": 4}},
    {"step": 20, "decide": 0.69, "frames_per_s": 10.0, "step_s": 2.0},
    {"step": 40, "decide": 0.5, "frames_per_s": 10.0, "step_s": 2.0},
    {"step": 40, "eval": {"accuracy": 0.7}},
    {"step": 40, "eval": {"psnr_db": 30.0, "psnr_copy_db": 28.5}},
]


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    return folder


def put(folder, name, rows=ROWS, training=None):
    net = SyncNet(SyncNetConfig(width=1 / 16))
    save_checkpoint(
        folder / f"{name}.safetensors",
        net,
        recipe="IMPROVED",
        corpus="synthetic",
        profile="lite",
        step=40,
        training=training,
    )
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / f"{name}.log.jsonl").write_text(text + '{"step": 60, "dec')  # cut by a kill


def test_a_run_is_read_with_its_curves(checkpoints):
    put(checkpoints, "lite-syncnet")
    run = shipped_runs("syncnet")["lite-syncnet"]
    assert run.series("decide") == ([20, 40], [0.69, 0.5])
    assert run.evaluations("accuracy") == ([40], [0.7])
    assert run.evaluations("l1") == ([], [])
    assert run.gain_db == ([40], [1.5]) and run.frames_per_s == 10.0
    assert run.minutes == pytest.approx(80 / 60, abs=0.05)
    assert run.told == "IMPROVED; 40 steps in 1.3 minutes; synthetic corpus, profile lite"
    assert shipped_runs("generator") == {} and list(shipped_runs()) == ["lite-syncnet"]


def test_tables_tell_what_was_measured_and_what_is_arithmetic(checkpoints, tmp_path):
    put(checkpoints, "lite-syncnet", training={"minutes": 30.0, "phases": []})
    numbers = {"machine": "one CPU core", "cost": {"PLDA, width 1": 2.0}}
    record = run_record(corpus="synthetic", seed=0)
    save_result(tmp_path / "results" / "train_speed_paper.json", numbers, record)
    runs = shipped_runs().values()
    assert runs_table(runs).loc["lite-syncnet", ["steps", "minutes"]].tolist() == [40, 30.0]
    table = cost_table(runs, 7_200_000)
    assert table.iloc[:, 2].tolist() == [10.0, 2.0]
    assert table.iloc[:, -1].tolist() == [200, 1000]  # hours
    assert table.columns[-1].endswith("extrapolated") and table.iloc[0, 3] == 0.5


def test_logs_without_weights_and_damaged_weights_are_left_out(checkpoints):
    (checkpoints / "gone.log.jsonl").write_text("{}\n")
    (checkpoints / "bad.log.jsonl").write_text("{}\n")
    (checkpoints / "bad.safetensors").write_bytes(b"nothing")
    assert shipped_runs() == {}


def test_steps_go_on_from_one_run_to_the_next():
    rows = [(0, 0), (0, 30), (1, 0), (1, 10), (2, 5)]
    moved = one_after_another([{"phase": p, "step": s} for p, s in rows])
    assert [row["step"] for row in moved] == [0, 30, 30, 40, 45]


@pytest.mark.parametrize(
    ("losses", "rule", "forgets_at", "expected"),
    [
        ([1.0, 0.7, 0.9, 0.9, 0.9], Threshold(0.75), None, [0, 0.02, 0.02, 0.02, 0.02]),
        ([1.0] * 5, Threshold(0.75), None, [0] * 5),
        ([1.0, 0.7, 0.7, 0.7, 0.9], Threshold(0.75), 300, [0, 0.02, 0.02, 0, 0]),
        ([1.0, 0.7, 0.7, 0.7, 0.7], Threshold(0.75), 300, [0, 0.02, 0.02, 0, 0.02]),
        ([9.0] * 5, Ramp(100, 300), None, [0, 0, 0.01, 0.02, 0.02]),
    ],
)
def test_alpha_follows_its_rule(losses, rule, forgets_at, expected):
    found = alphas_over([0, 100, 200, 300, 400], losses, rule, 0.02, forgets_at)
    assert found == pytest.approx(expected)
