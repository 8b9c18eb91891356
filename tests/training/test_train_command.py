"""`emolib train` as a user meets it: one line for an error, exit codes, go on where it was."""

import builtins
import threading

import pytest
import torch
from drawn_store import make_drawn_store
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_task import train as train_tiny
from tiny_task import with_step
from typer.testing import CliRunner

from emolib.base.errors import CheckpointError, ConfigError, MissingExtra, TrainingError
from emolib.cli import app
from emolib.training.journal import read_journal
from emolib.training.task import FitResult


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    torch.set_num_threads(1)
    return make_drawn_store(tmp_path_factory.mktemp("drawn") / "store", n_people=2)


def train(store, out, *options):
    fixed = ("--store", str(store), "--out", str(out), "--width", "0.0625", "--device", "cpu")
    return CliRunner().invoke(app, ["train", *options[:1], *fixed, *options[1:]])


def test_train_then_go_on(store, tmp_path):
    options = ("emotion", "--batch-size", "2", "--eval-items", "2", "--steps")
    first = train(store, tmp_path, *options, "1")
    assert first.exit_code == 0 and "step 1 in" in first.stdout and "accuracy" in first.stdout
    assert isinstance(train(store, tmp_path, *options, "2").exception, ConfigError)
    again = train(store, tmp_path, *options, "2", "--resume")
    assert again.exit_code == 0 and "step 2 in" in again.stdout
    other = train(store, tmp_path, *options, "3", "--resume", "--seed", "4")
    assert isinstance(other.exception, TrainingError) and "seed was 0 and is 4" in str(
        other.exception
    )
    events = [row["event"] for row in read_journal(tmp_path) if "event" in row]
    assert events == ["started", "stopped: done", "resumed", "stopped: done"]


def test_an_interrupted_run_exits_as_shells_expect(monkeypatch, tmp_path):
    for name, code in (("SIGINT", 130), ("SIGTERM", 143), ("done", 0), ("time limit", 0)):
        result = FitResult(tmp_path, 7, name, 1.0, {"loss": 0.5})
        monkeypatch.setattr("emolib.training.start.train", lambda *a, r=result, **k: r)
        assert train(tmp_path, tmp_path, "syncnet").exit_code == code


def test_vgg_that_is_not_here_names_file_size_and_place(store, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    found = train(store, tmp_path, "generator", "--recipe", "PLDA", "--features", "vgg19")
    assert isinstance(found.exception, CheckpointError)
    for word in ("vgg19-dcbb9e9d.pth", "548", "sha256", "cache"):
        assert word in str(found.exception)


def test_tensorboard_that_is_not_here_says_how_to_get_it(tmp_path, monkeypatch):
    plain_import = builtins.__import__

    def without_tensorboard(name, *rest, **options):
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return plain_import(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without_tensorboard)
    with pytest.raises(MissingExtra, match="pip install") as found:
        train_tiny(tmp_path, tensorboard=True)
    assert "emolib[tensorboard]" in str(found.value) and "\n" not in str(found.value)


def test_event_files_hold_what_the_log_holds_also_after_a_resume(tmp_path):
    options = {"tensorboard": True, "lr_decay": "constant"}
    train_tiny(tmp_path, steps=25, **options)
    train_tiny(tmp_path, resume=True, **options)
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2
    events = EventAccumulator(str(tmp_path)).Reload()
    rows = read_journal(tmp_path)
    logged = {
        "mse": [(row["step"], row["mse"]) for row in rows if "mse" in row],
        "eval/mean": [(row["step"], row["eval"]["mean"]) for row in rows if "eval" in row],
    }
    for tag, points in logged.items():
        shown = [(one.step, one.value) for one in events.Scalars(tag)]
        assert [step for step, _ in shown] == [step for step, _ in points]
        assert [value for _, value in shown] == pytest.approx([value for _, value in points])


def test_event_files_of_a_run_that_failed_hold_what_was_logged(tmp_path):
    def fails(step, batch, number):
        if number == 13:
            raise RuntimeError("a fault of the machine")
        return step(batch, number)

    train_tiny(tmp_path / "none", steps=6)
    assert not list((tmp_path / "none").glob("events.out.tfevents.*"))  # unless asked for
    threads = threading.active_count()
    with pytest.raises(RuntimeError, match="a fault"):
        train_tiny(tmp_path, with_step(fails), tensorboard=True)
    assert threading.active_count() == threads  # the writer of events has ended
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [one.step for one in events.Scalars("mse")] == [6, 12]


@pytest.mark.parametrize("text", ["-1", "18446744073709551616"])
def test_a_seed_out_of_range_is_one_clear_line(store, tmp_path, text):
    found = train(store, tmp_path, "emotion", "--seed", text)
    assert isinstance(found.exception, ConfigError) and "seed is" in str(found.exception)
    assert not (tmp_path / "log.jsonl").exists()
