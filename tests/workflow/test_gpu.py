"""Steps that run side by side have a GPU each."""

import subprocess
import sys

import gpu
import pytest
from profiles import HERE

SAY = "import os; print(os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); input()"


@pytest.fixture
def step(tmp_path, monkeypatch):
    """Starts a step; returns the process and the GPUs that it sees."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    started = []

    def start():
        words = [sys.executable, str(HERE / "gpu.py"), "-c", SAY]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(words, **pipes))
        return started[-1], started[-1].stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_each_step_has_a_gpu_of_its_own_until_it_ends(step, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-5")
    (first, one), (_, two) = step(), step()
    assert (one, two) == ("3", "GPU-5")
    assert step()[1] == "3, GPU-5"  # more steps than GPUs: as without this
    first.kill()
    first.wait()
    assert step()[1] == "3"


@pytest.mark.parametrize("given", ["", "2"])
def test_without_a_choice_nothing_changes(step, monkeypatch, given):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    assert [step()[1], step()[1]] == [given, given]


def test_gpus_are_counted_where_none_are_named(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpu.Path, "glob", lambda self, pattern: iter(["nvidia0", "nvidia1"]))
    assert gpu.gpus() == ["0", "1"]
