"""Faults that hours of training meet: each has an answer, and none costs what was done before."""

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from drawn_store import make_drawn_store
from tiny_task import CONFIG, same_weights, train, weights, with_step

from emolib.base.errors import CheckpointError, ConfigError, ResourceError
from emolib.training.emotion import train_emotion
from emolib.training.journal import Journal, read_journal
from emolib.training.recipes import find_recipe
from emolib.training.start import train as start
from emolib.training.state import latest_state, load_state, saved_states, state_path

HERE = Path(__file__).parent
DIES_WRITING = """
import os, signal, sys, tiny_task, torch
whole_save, count = torch.save, [0]
def save(state, file):
    whole_save(state, file)
    count[0] += 1
    if count[0] == 3:
        file.truncate(1000)  # half of it has reached the disk
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
torch.save = save
tiny_task.main(sys.argv[1])
"""


def test_killed_while_writing_a_state_goes_on_from_the_one_before(tmp_path):
    torch.set_num_threads(1)
    train(tmp_path / "whole")
    out = tmp_path / "run"
    child = subprocess.run([sys.executable, "-c", DIES_WRITING, str(out)], cwd=HERE, check=False)
    assert child.returncode == -signal.SIGKILL
    steps = [load_state(path)["step"] for path in saved_states(out)]
    assert steps == [2 * CONFIG.save_every, CONFIG.save_every]  # both whole
    assert len(list(out.glob(".step-*"))) == 1  # the half one, under a hidden name
    train(out, resume=True)
    assert not list(out.glob(".*.pt"))
    assert same_weights(tmp_path / "whole", out)


class Canary:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_state_that_carries_code_is_refused_and_nothing_runs(tmp_path):
    train(tmp_path, steps=10)
    canary = tmp_path / "canary"
    evil = {"format": 1, "step": 11, "x": Canary(canary)}
    torch.save(evil, state_path(tmp_path, 11))
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_state(state_path(tmp_path, 11))
    state_path(tmp_path, 12).write_bytes(pickle.dumps(evil, protocol=2))
    said = []
    assert latest_state(tmp_path, said.append)["step"] == 10
    assert len(said) == 2 and all("state before it" in text for text in said)
    assert not canary.exists()


def test_a_folder_of_unreadable_states_is_an_error_not_a_fresh_start(tmp_path):
    state_path(tmp_path, 5).write_bytes(b"")
    with pytest.raises(CheckpointError, match="0 bytes"):
        latest_state(tmp_path, print)


@pytest.mark.parametrize("version", [1, 99])
def test_a_state_of_another_version_says_so(tmp_path, version):
    torch.save({"format": version, "step": 1}, state_path(tmp_path, 1))
    with pytest.raises(CheckpointError, match=f"format {version}; expected format 3"):
        load_state(state_path(tmp_path, 1))


def test_an_infinite_gradient_is_skipped_though_the_loss_is_finite(tmp_path):
    def steep(step, batch, number):
        loss, parts = step(batch, number)
        if number % 3 == 2:
            loss = loss + (0 * loss).abs().sqrt()
        return loss, parts

    train(tmp_path, with_step(steep), steps=12)
    rows = read_journal(tmp_path)
    skipped = [row["step"] for row in rows if row.get("event", "").startswith("skipped")]
    assert skipped == [2, 5, 8, 11]
    assert all(torch.isfinite(value).all() for value in weights(tmp_path).values())


def test_a_log_that_cannot_be_written_is_one_clear_line(tmp_path):
    journal = Journal(tmp_path, 0)
    journal.path = Path("/dev/full")
    with pytest.raises(ResourceError, match="the log cannot be written"):
        journal.write(1, loss=0.5)


def test_settings_are_refused_before_the_store_is_looked_for(tmp_path):
    nan, nowhere = float("nan"), tmp_path / "nowhere"
    with pytest.raises(ConfigError) as caught:
        start(
            "generator",
            *(nowhere, tmp_path / "run"),
            changes={"weights.sync": "nan", "weights.emotion": "inf", "change_gain": "nan"},
            batch_size=0,
            weight_decay=nan,
        )
    told = str(caught.value)
    for word in ("weights.sync is nan", "change_gain is nan", "weight_decay is nan", "batch_size"):
        assert word in told
    assert not (tmp_path / "run").exists()


def test_an_emotion_that_the_test_split_lacks_is_told(tmp_path, capsys):
    folder = make_drawn_store(tmp_path / "store", n_people=2, n_sentences=1)
    table = (folder / "clips.csv").read_text().splitlines()
    gone = [line.replace(",HAP,XX,test", ",SAD,XX,test") for line in table]
    (folder / "clips.csv").write_text("\n".join(gone) + "\n")
    recipe = replace(find_recipe("emotion", "PAPER"), augment=False)
    recipe = replace(recipe, network=replace(recipe.network, width=0.0625))
    options = {"steps": 1, "batch_size": 2, "eval_items": 6, "device": "cpu"}
    result = train_emotion(folder, tmp_path / "run", recipe=recipe, **options)
    assert "the test split shows no HAP" in capsys.readouterr().err
    assert "HAP" not in result.metrics and "SAD" in result.metrics
