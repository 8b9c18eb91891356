"""Runs compared: names, order, verdicts, and what is said of a folder without weights."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.results import load_result
from emolib.evaluation import variants
from emolib.evaluation.variants import compare_runs, gaps_of, named_runs, sentences, weights_of
from emolib.models.checkpoint import save_checkpoint
from emolib.models.generator import Generator, GeneratorConfig


def test_runs_are_named_by_folder_or_by_hand():
    assert named_runs(["runs/l1", "with sync=runs/s"]) == {
        "l1": Path("runs/l1"),
        "with sync": Path("runs/s"),
    }
    with pytest.raises(ConfigError, match="two runs are called 'l1'"):
        named_runs(["a/l1", "b/l1"])


def test_a_run_is_a_folder_with_weights_or_the_weights(tmp_path):
    with pytest.raises(CheckpointError, match="no generator here"):
        weights_of(tmp_path)
    (tmp_path / "generator.safetensors").touch()
    assert weights_of(tmp_path) == weights_of(tmp_path / "generator.safetensors")


@dataclass
class Made:
    result: dict


def test_runs_are_compared_with_the_first_on_the_same_clips(tmp_path, monkeypatch):
    torch.manual_seed(0)
    runs = {}
    for name in ("plain", "more"):
        path = runs[name] = tmp_path / f"{name}.safetensors"
        network = Generator(GeneratorConfig(width=1 / 8))
        save_checkpoint(path, network, recipe="IMPROVED", metrics={"sync_loss": 0.5}, step=200)
    gains, asked = {"plain": 0.0, "more": 1.0}, []

    def evaluate(store, checkpoint, out, settings, *, corpus, device):
        asked.append((settings.limit, settings.seed))
        gain = gains[Path(checkpoint).stem]
        values = [20.0 + gain + 0.01 * k for k in range(12)]
        flicker = [1.0 + (-1) ** (k // 3 + (gain > 0)) * 0.1 for k in range(12)]
        clips = {
            "clip": [f"c{k}" for k in range(12)],
            "actor": [f"a{k // 3}" for k in range(12)],
            "source": ["s"] * 12,
            "emotion": ["HAP"] * 12,
            "generated": {"psnr_db": values, "flicker": flicker},
            "named": {"generated": {}},
        }
        mean = {"mean": 20.0 + gain, "low": 19.0, "high": 22.0, "n": 12}
        rows = {"generated": {"psnr_db": mean}, "copy": {"psnr_db": mean}}
        return Made({"numbers": {"rows": rows, "clips": clips, "n_clips": 12}})

    monkeypatch.setattr(variants, "evaluate", evaluate)
    monkeypatch.setattr(variants, "ClipStore", lambda path: type("S", (), {"corpus": "made up"}))
    out = tmp_path / "r.json"
    compare_runs(runs, tmp_path, out, limit=12)
    numbers = load_result(out)["numbers"]
    assert asked == [(12, 0), (12, 0)]
    assert numbers["plain"]["gaps"] == {}
    assert numbers["more"]["gaps"]["psnr_db"]["verdict"] == "better"
    assert numbers["more"]["gaps"]["flicker"]["verdict"] == "cannot tell"
    assert numbers["more"]["sync_loss"] == 0.5
    assert [row["step"] for row in gaps_of(numbers)] == ["more"]
    assert sentences(numbers) == ["more against plain: better in psnr_db"]
