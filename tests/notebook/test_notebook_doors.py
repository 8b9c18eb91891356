"""How notebooks begin and end: the start line, small pictures, the corpus, the last table."""

import io

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from emolib.base.errors import DatasetError
from emolib.data.corpora import open_corpus
from emolib.figures import clips, sound
from emolib.notebook import data, notebook


def test_start_says_where_we_are_and_seeds(capsys):
    profile = notebook.start(seed=3)
    one = np.random.rand()
    notebook.start(seed=3)
    assert np.random.rand() == one
    out = capsys.readouterr().out
    assert profile.name in out and "seed 3" in out and "emolib" in out


def test_pictures_in_notebooks_are_small():
    fig, ax = plt.subplots()
    ax.imshow(np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", bbox_inches="tight")
    few = notebook.small_png(fig)
    assert len(few) < 0.6 * len(buffer.getvalue())
    assert Image.open(io.BytesIO(few)).mode == "P"
    plt.close(fig)


def test_the_last_table_names_its_columns():
    table = notebook.comparison(test_set=("people", "clips", "clips"))
    assert list(table.columns) == ["ours", "paper", "released code"]
    assert list(table.index) == ["test set"]


def test_a_larger_profile_asks_for_its_corpus(monkeypatch):
    monkeypatch.setenv("EMOLIB_PROFILE", "paper")
    monkeypatch.delenv("EMOLIB_CORPUS", raising=False)
    with pytest.raises(DatasetError, match="EMOLIB_CORPUS"):
        data.course_corpus()


def test_the_spoiled_copy_is_spoiled_as_announced(tmp_path):
    names = data.write_spoiled_copy(tmp_path)
    report = open_corpus(tmp_path).verify()
    assert len(names) == 7 and report.n_usable == 4
    assert sorted(report.table()["reason"]) == ["bad_name", "known_bad", "lfs_stub"]


def test_figures_hold_what_they_are_given():
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    faces = rng.uniform(0, 1, (5, 6, 96, 96))
    window = {"faces": faces, "target_frames": faces[:, 3:]}
    mel = rng.uniform(-4, 4, (80, 200))
    made = [
        (clips.masked_input_figure({"half": faces, "full": faces}), 15),
        (clips.augmented_figure([window, window]), 6),
        (clips.pasted_figure(frame, {"hard": frame, "soft": frame}), 4),
        (sound.stages({"a": mel, "b": mel}), 4),  # each with its colour bar
        (sound.sync_pair(faces[:, :3], mel[:, :16], "in sync"), 6),
        (sound.mel_with_windows(mel, 20, {"centred": 57}), 1),
        (sound.frame_and_window(frame, mel, 20, {"centred": 57}), 2),
        (sound.waveform(rng.normal(size=1000), ["k"], np.array([[0.01, 0.03]])), 1),
        (clips.series({"a": mel[0], "b": mel[1]}, truth="a"), 1),
        (clips.share_bars({"x": {"p": 0.5, "q": 1.0}}, title="t", chance=0.2), 1),
    ]
    for fig, n_axes in made:
        assert len(fig.axes) == n_axes
        fig.canvas.draw()
    assert not clips.difference(frame, frame).any()
    plt.close("all")
