"""Rows of talking faces: source on top, a row for each network, truth where it is known."""

import numpy as np
import pytest
from face_scenes import clip_of
from shaken import shake
from studies import talking
from studies.bench import Bench

from emolib.base.errors import DatasetError
from emolib.base.results import load_result
from emolib.figures.drawings import Stored
from emolib.figures.drawings import talking as draw_talking
from emolib.media.image import load_strip
from emolib.models.checkpoint import save_checkpoint
from emolib.models.generator import Generator, GeneratorConfig
from emolib.notebook.data import sample_corpus


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A bench with two tiny networks: the paper's base, without emotion, and ours."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOLIB_PROGRESS", "0")
    found = {}
    for recipe, config in (
        ("WAV2LIP", {"emotion": None, "head": "rgb"}),
        ("IMPROVED", {"head": "composite"}),
    ):
        network = Generator(GeneratorConfig(width=1 / 32, **config))
        shake(network)
        found[recipe] = tmp_path / f"{recipe}.safetensors"
        save_checkpoint(found[recipe], network, recipe=recipe)
    return Bench(tmp_path / "rows.json", found, {}, None, sample_corpus())


def scene(n_frames):
    return np.stack(list(clip_of([(160.0, 120.0, 100.0)] * n_frames)))


def test_every_network_gets_a_row_and_ours_one_for_each_emotion(bench, monkeypatch):
    monkeypatch.setattr(talking, "N_COLUMNS", 2)
    voice = np.random.default_rng(0).normal(0, 0.1, 10 * 640).astype(np.float32)
    subject = talking.Subject(scene(10), voice, "SAD", "a photograph", truth=scene(12))
    talking.make_rows(bench, subject)
    result = load_result(bench.out)
    rows = result["numbers"]["rows"]
    labels = [(row["label"], row["emotion"]) for row in rows]
    assert labels[:4] == [
        ("source", None),
        ("true answer", "SAD"),
        ("WAV2LIP", None),
        ("IMPROVED", "SAD"),
    ]
    assert sorted(code for _, code in labels[4:]) == ["ANG", "HAP", "NEU"]
    assert all(0 <= row["judge_prob"] <= 1 for row in rows if row["emotion"])
    assert result["record"]["corpus"] == "a photograph"
    cells = load_strip(bench.out.with_suffix(".webp"), 2 * len(rows), talking.CELL_PX)
    assert np.abs(cells[0].astype(int) - cells[1]).mean() < 3  # the source stands still
    assert np.abs(cells[0].astype(int) - cells[6]).mean() > 3  # our answer does not look like it
    fig = draw_talking(Stored(bench.out))
    assert len(fig.axes) == 2 * len(rows)
    assert fig.axes[0].get_title() == "frame 0"


def test_a_companion_that_would_make_the_clone_large_is_refused(bench):
    noise = np.random.default_rng(0).integers(0, 255, 400_000).astype(np.uint8)
    with pytest.raises(DatasetError, match=r"rows\.npz.*400 KB"):
        bench.save({}, arrays={"noise": noise}, corpus="none")
    assert not bench.out.with_suffix(".npz").exists()
    assert not bench.out.exists()
