"""Rows of talking faces: source on top, a row for each network, truth where it is known."""

import numpy as np
import pytest
from face_scenes import clip_of
from shaken import shake

from emolib.base.results import load_result
from emolib.figures.subjects import talking_rows
from emolib.media.strip import load_strip
from emolib.models.checkpoint import save_checkpoint
from emolib.models.generator import Generator, GeneratorConfig
from emolib.studies import subjects
from emolib.studies.bench import Bench


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A bench with two tiny networks: the paper's base, without emotion, and ours."""
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EMOLIB_PROGRESS", "0")
    found = {}
    for name, recipe, config in (
        ("lite-wav2lip-generator", "WAV2LIP", {"emotion": None, "head": "rgb"}),
        ("lite-generator", "IMPROVED", {"head": "composite"}),
    ):
        network = Generator(GeneratorConfig(width=1 / 32, **config))
        shake(network)
        found[name] = tmp_path / f"{name}.safetensors"
        save_checkpoint(found[name], network, recipe=recipe)
    (tmp_path / "results").mkdir()
    return Bench(found, tmp_path / "results")


def scene(n_frames):
    return np.stack(list(clip_of([(160.0, 120.0, 100.0)] * n_frames)))


def test_every_network_gets_a_row_and_ours_one_for_each_emotion(bench, monkeypatch):
    monkeypatch.setattr(subjects, "N_COLUMNS", 2)
    voice = np.random.default_rng(0).normal(0, 0.1, 10 * 640).astype(np.float32)
    subject = subjects.Subject(scene(10), voice, "SAD", "a photograph", truth=scene(12))
    subjects.make_rows(bench, subject, "rows.json")
    result = load_result(bench.path("rows.json"))
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
    cells = load_strip(bench.path("rows.webp"), 2 * len(rows), subjects.CELL_PX)
    assert np.abs(cells[0].astype(int) - cells[1]).mean() < 3  # the source stands still
    assert np.abs(cells[0].astype(int) - cells[6]).mean() > 3  # our answer does not look like it
    fig = talking_rows(rows, cells, 5)
    assert len(fig.axes) == 2 * len(rows)
    assert fig.axes[0].get_title() == "frame 0"


def test_the_subjects_are_what_the_captions_say(bench):
    who = subjects.test_subject(bench)
    assert who.truth.shape[1:] == who.pictures.shape[1:]
    assert abs(len(who.truth) / 25 - len(who.voice) / 16_000) < 0.05
    assert "synthetic" in who.corpus
