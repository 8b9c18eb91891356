"""The loop: same curve after any death, and a clear word for every fault."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from tiny_task import CONFIG, TinyTask, same_weights, train, weights, with_step

from emolib.base.errors import ConfigError, ResourceError, TrainingError
from emolib.training.fit import fit
from emolib.training.journal import read_journal
from emolib.training.state import load_state, saved_states

HERE = Path(__file__).parent
TIMES = {"frames_per_s", "step_s", "wait_share", "peak_mb"}


def curve(out: Path) -> list[dict]:
    """The log without what depends on the clock."""
    rows = [row for row in read_journal(out) if "event" not in row]
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def same_state(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_state(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_state, a, b))
    return a == b


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    torch.set_num_threads(1)
    return train(out)


@pytest.mark.parametrize("kill_at", [9, 26])
def test_killed_at_any_moment_and_resumed_gives_the_same_weights(uninterrupted, tmp_path, kill_at):
    """SIGKILL, not SIGTERM: nothing in the child can tidy up. A slow child is killed mid-run."""
    slow = (
        "import time, tiny_task, sys\n"
        "step = tiny_task.TinyTask.step\n"
        "def slowly(self, batch, number):\n"
        "    time.sleep(0.02)\n"
        "    print(number, flush=True)\n"
        "    return step(self, batch, number)\n"
        "tiny_task.TinyTask.step = slowly\n"
        "tiny_task.main(sys.argv[1])\n"
    )
    out = tmp_path / "run"
    child = subprocess.Popen(
        [sys.executable, "-c", slow, str(out)], cwd=HERE, stdout=subprocess.PIPE, text=True
    )
    for line in child.stdout:
        if int(line) >= kill_at:
            child.send_signal(signal.SIGKILL)
            break
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    assert 0 < load_state(saved_states(out)[0])["step"] < CONFIG.steps

    result = train(out, resume=True)
    assert same_weights(uninterrupted.out, out)
    assert result.metrics == uninterrupted.metrics
    assert curve(out) == curve(uninterrupted.out)
    a, b = (load_state(saved_states(o)[0]) for o in (uninterrupted.out, out))
    for state in (a, b):  # seconds differ, nothing else may
        state["meter"]["sums"].pop("wait_s")
        state["meter"]["sums"].pop("step_s")
    assert same_state(a, b)


def test_the_run_learns_and_keeps_two_states(uninterrupted):
    losses = [row["loss"] for row in curve(uninterrupted.out) if "loss" in row]
    assert losses[-1] < losses[0]
    assert [p.name for p in saved_states(uninterrupted.out)] == [
        "step-00000040.state.pt",
        "step-00000035.state.pt",
    ]
    assert uninterrupted.stopped == "done" and uninterrupted.step == 40


def test_state_holds_schedule_and_loads_weights_only(uninterrupted):
    state = torch.load(saved_states(uninterrupted.out)[0], weights_only=True)
    assert state["schedule"] == {"opened_step": 8}


@pytest.mark.parametrize(
    "changes", [{"eval_every": 3, "log_every": 2, "save_every": 7}, {"workers": 1}]
)
def test_evaluation_logging_and_workers_do_not_touch_the_curve(uninterrupted, tmp_path, changes):
    train(tmp_path, **changes)
    assert same_weights(uninterrupted.out, tmp_path)


def signalled(name, at):
    """A task that gets a signal in its step `at`."""

    def change(step, batch, number):
        if number == at:
            os.kill(os.getpid(), getattr(signal, name))
            time.sleep(0.01)
        return step(batch, number)

    return with_step(change)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_finishes_the_step_saves_and_says_how_to_go_on(uninterrupted, tmp_path, name):
    said = []
    before = signal.getsignal(signal.SIGINT)
    result = train(tmp_path, signalled(name, 12), say=said.append)
    assert result.stopped == name and result.interrupted and result.step == 13
    assert any("--resume" in text for text in said)
    assert signal.getsignal(signal.SIGINT) is before
    train(tmp_path, resume=True)
    assert curve(tmp_path) == curve(uninterrupted.out)


def test_time_limit_saves_and_ends_well(tmp_path):
    result = train(tmp_path, time_limit_min=1e-6)
    assert (result.stopped, result.step, result.interrupted) == ("time limit", 1, False)
    assert (tmp_path / "tiny.safetensors").exists() and result.metrics
    last = train(tmp_path / "last", steps=1, time_limit_min=1e-6)
    assert last.stopped == "done"  # met by the last step


def test_accumulation_takes_the_same_windows_and_averages(tmp_path):
    """Without BatchNorm and dropout the gradient of two halves is the gradient of the whole."""
    learned = []
    for parts in (1, 2, 4):
        task = TinyTask()
        task.networks["tiny"][1] = torch.nn.Identity()
        task.networks["tiny"][3] = torch.nn.Identity()
        out = tmp_path / str(parts)
        train(out, task, steps=5, accumulate=parts)
        learned.append(weights(out))
    for other in learned[1:]:
        torch.testing.assert_close(learned[0], other, rtol=1e-4, atol=1e-5)


def test_a_poisoned_window_is_skipped_and_leaves_no_trace_in_the_statistics(tmp_path):
    train(tmp_path, TinyTask(poison=(2,)))
    skipped = [r for r in read_journal(tmp_path) if r.get("event", "").startswith("skipped")]
    assert 0 < len(skipped) < CONFIG.steps
    assert all(torch.isfinite(value).all() for value in weights(tmp_path).values())


def test_five_bad_steps_in_a_row_stop_with_a_bundle_and_overwrite_nothing(tmp_path):
    train(tmp_path, steps=10)
    kept = {p.name: p.read_bytes() for p in tmp_path.glob("*.*t*") if p.suffix != ".jsonl"}
    with pytest.raises(TrainingError, match="not finite in 5 steps in a row") as caught:
        train(tmp_path, TinyTask(poison=tuple(range(11))), resume=True)
    assert "learning rate" in str(caught.value) and Path(caught.value.file).exists()
    assert '"windows"' in Path(caught.value.file).read_text()
    assert kept == {name: (tmp_path / name).read_bytes() for name in kept}
    assert len(kept) == 3


def test_all_wrong_settings_are_named_before_any_data_is_touched(tmp_path):
    wrong = replace(CONFIG, batch_size=0, learning_rate=-1.0, precision="fp8", ema_decay=2.0)
    with pytest.raises(ConfigError) as caught:
        fit(object(), tmp_path, wrong, device="cpu")
    assert all(w in str(caught.value) for w in ("batch_size", "learning_rate", "fp8", "ema_decay"))


def test_cuda_where_there_is_none_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="--device cpu"):
        fit(TinyTask(), tmp_path, CONFIG, device="cuda")


def test_a_used_folder_needs_resume_and_the_same_settings(uninterrupted):
    with pytest.raises(ConfigError, match="--resume"):
        train(uninterrupted.out)
    with pytest.raises(TrainingError, match="other settings"):
        train(uninterrupted.out, resume=True, seed=5)


def test_resume_of_a_finished_run_changes_nothing(uninterrupted):
    before = (uninterrupted.out / "tiny.safetensors").read_bytes()
    assert train(uninterrupted.out, resume=True).step == 40
    assert (uninterrupted.out / "tiny.safetensors").read_bytes() == before


def test_out_of_memory_names_values_to_try(tmp_path):
    def full(step, batch, number):
        raise torch.OutOfMemoryError("CUDA: no memory")

    with pytest.raises(ResourceError, match="--accumulate 2") as caught:
        train(tmp_path, with_step(full))
    assert "--batch-size" in str(caught.value)


def test_a_killed_worker_becomes_advice(tmp_path):
    task = TinyTask()
    task.data.item = lambda epoch, index: os.kill(os.getpid(), signal.SIGKILL)
    with pytest.raises(ResourceError, match="--shm-size") as caught:
        train(tmp_path, task, workers=1)
    assert "--workers 0" in str(caught.value)


def test_a_full_disk_keeps_the_old_files(tmp_path, monkeypatch):
    train(tmp_path, steps=10)
    kept = {
        p.name: p.read_bytes() for p in tmp_path.iterdir() if p.suffix in (".pt", ".safetensors")
    }
    real_save = torch.save

    def save_to_full_disk(obj, file):
        with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, every write is ENOSPC
            real_save(obj, full)

    monkeypatch.setattr("emolib.training.state.torch.save", save_to_full_disk)
    with pytest.raises(ResourceError, match="disk is full"):
        train(tmp_path, resume=True)
    assert kept == {name: (tmp_path / name).read_bytes() for name in kept}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".step")]


def test_two_processes_do_not_share_a_folder(tmp_path):
    with FileLock(tmp_path / ".lock"), pytest.raises(ResourceError, match="another"):
        train(tmp_path)


def test_a_damaged_newest_state_falls_back_to_the_one_before(uninterrupted, tmp_path):
    said = []
    train(tmp_path, steps=15)
    newest = saved_states(tmp_path)[0]
    newest.write_bytes(newest.read_bytes()[:1000])
    train(tmp_path, resume=True, say=said.append)
    assert any("cannot be read" in text for text in said)
    assert any("going on from step 10" in text for text in said)


def stumbling(*bad_steps):
    """A task whose loss is not a number at the steps given."""

    def change(step, batch, number):
        loss, parts = step(batch, number)
        return loss * (float("nan") if number in bad_steps else 1), parts

    return with_step(change)


def test_a_last_step_that_is_not_finite_still_leaves_state_and_weights(tmp_path):
    result = train(tmp_path, stumbling(6, 7), steps=8)
    assert (result.stopped, result.step) == ("done", 8) and result.metrics
    assert load_state(saved_states(tmp_path)[0])["step"] == 8
    before = (tmp_path / "tiny.safetensors").read_bytes()
    with pytest.raises(TrainingError, match="5 steps in a row"):  # the count goes on
        train(tmp_path, stumbling(8, 9, 10), resume=True, steps=20)
    assert (tmp_path / "tiny.safetensors").read_bytes() == before


def test_a_run_without_one_finite_step_is_no_result(tmp_path):
    with pytest.raises(TrainingError, match="3 steps in a row"):
        train(tmp_path, stumbling(0, 1, 2), steps=3)
    assert not (tmp_path / "tiny.safetensors").exists() and not saved_states(tmp_path)


def test_weights_that_went_missing_are_written_again(tmp_path):
    train(tmp_path, steps=6)
    file = tmp_path / "tiny.safetensors"
    before = file.read_bytes()
    file.unlink()
    assert train(tmp_path, steps=6, resume=True).stopped == "done"
    assert file.read_bytes() == before


def test_ten_and_ten_steps_are_twenty_bit_for_bit(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(whole, steps=20)
    train(parts, steps=10, schedule_steps=20)
    train(parts, steps=20, resume=True)
    assert same_weights(whole, parts)
    with pytest.raises(TrainingError, match="schedule_steps was 20 and is 40"):
        train(parts, steps=40, schedule_steps=40, resume=True)


def test_steps_beyond_the_schedule_stay_at_its_end_and_say_so(tmp_path):
    said = []
    train(tmp_path, steps=10)
    train(tmp_path, resume=True, say=said.append)
    rates = {row["step"]: row["lr"] for row in read_journal(tmp_path) if "lr" in row}
    assert rates[18] == rates[36] == pytest.approx(CONFIG.learning_rate / 100)
    assert any("ended at step 10" in text for text in said)


def test_what_fits_the_machine_may_change_and_is_told_what_decides_may_not(tmp_path):
    said = []
    train(tmp_path, steps=10)
    for change in ({"eval_every": 4}, {"eval_items": 7}):
        with pytest.raises(TrainingError, match=f"{next(iter(change))} was"):
            train(tmp_path, resume=True, **change)
    train(tmp_path, resume=True, accumulate=2, workers=1, say=said.append)
    assert any("accumulate was 1 and is 2" in text for text in said)


def test_a_signal_in_the_last_step_changes_nothing(uninterrupted, tmp_path):
    result = train(tmp_path, signalled("SIGINT", CONFIG.steps - 1))
    assert (result.stopped, result.metrics) == ("done", uninterrupted.metrics)
    assert curve(tmp_path) == curve(uninterrupted.out)


class Curve(TinyTask):
    """Its evaluations give one number after the other."""

    def __init__(self, *values):
        super().__init__()
        self.values = values

    def evaluate(self, network, step):
        return {"loss": self.values[step // 5 - 1]}


WATCHED = replace(CONFIG, steps=60, eval_every=5, patience=2, ema_decay=None, save_every=3)
VALUES = (5.0, 3.0, float("nan"), 2.0, 2.5, 2.0, 1.0, 9.0)


def test_early_stopping_hands_out_the_best_evaluation_s_weights(tmp_path):
    task, kept = Curve(*VALUES), {}
    save = task.save

    def remember(path, network, step, metrics):
        kept[step] = {k: v.clone() for k, v in network.state_dict().items()}
        save(path, network, step, metrics)

    task.save, said = remember, []
    result = fit(task, tmp_path, WATCHED, device="cpu", say=said.append)
    assert (result.stopped, result.step) == ("no better", 30)  # 25 and 30 were no better than 20
    assert result.metrics == {"loss": 2.0} and any("step 20" in text for text in said)
    found = weights(tmp_path)
    assert all(torch.equal(found[name], kept[20][name]) for name in found)
    again = fit(Curve(*VALUES), tmp_path, WATCHED, resume=True, device="cpu")
    assert (again.stopped, again.step) == ("no better", 30)


def test_early_stopping_decides_the_same_when_the_run_was_interrupted(tmp_path):
    fit(Curve(*VALUES), tmp_path / "a", WATCHED, device="cpu")
    for last in (7, 18, 22, 60):
        config = replace(WATCHED, steps=last, schedule_steps=60)
        result = fit(Curve(*VALUES), tmp_path / "b", config, resume=True, device="cpu")
    assert (result.stopped, result.step) == ("no better", 30)
    assert same_weights(tmp_path / "a", tmp_path / "b")
