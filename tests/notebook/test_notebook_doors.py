"""How notebooks begin and end: the start line, small pictures, the corpus, the last table."""

import io

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from emolib.base.emotions import COLOURS, EMOTIONS
from emolib.base.errors import DatasetError
from emolib.data.corpora import open_corpus
from emolib.figures.style import small_png
from emolib.generate import emotion_weights
from emolib.notebook import checks, data, notebook, widgets
from emolib.notebook.widgets import line, shares_bar, walk_bar


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
    few = small_png(fig, bbox_inches="tight")
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


def test_words_are_escaped():
    assert "&lt;b&gt;" in line("<b>", "bad") and "emolib-bad" in line("x", "bad")
    assert line("") == ""


def test_bars_show_what_there_is():
    one = shares_bar(emotion_weights("HAP"))
    assert one.count("<span") == 1 and "happiness 100%" in one
    even = shares_bar(emotion_weights(mixture=dict.fromkeys(EMOTIONS, 1)))
    assert even.count("<span") == 6 and even.count("17%") == 6
    walk = walk_bar(["NEU", "HAP"])
    assert walk.index(COLOURS["NEU"]) < walk.index(COLOURS["HAP"])
    assert walk_bar(["SAD"]).count(COLOURS["SAD"]) == 2
    assert walk_bar([]) == ""


def test_an_answer_is_judged_and_neither_dots_nor_a_crash_are_errors():
    @checks.exercise
    def check_double(answer):
        return checks.right("yes") if answer(2) == 4 else checks.not_yet("try 2 -> 4")

    assert check_double(None).state == check_double(...).state == "not attempted"
    assert check_double(lambda x: 2 * x)
    assert check_double(lambda x: x).state == "not yet"
    assert "ZeroDivisionError" in check_double(lambda x: x / 0).message
    assert "&lt;script&gt;" in checks.not_yet("<script>")._repr_html_()


def test_a_result_is_made_once_and_then_loaded(tmp_path):
    calls = []

    def run():
        calls.append(1)
        return {"psnr_db": 30.5}

    first = notebook.load_or_run(tmp_path / "r.json", run, corpus="sample", seed=0)
    second = notebook.load_or_run(tmp_path / "r.json", run, corpus="sample", seed=0)
    assert first == second and len(calls) == 1
    assert first["record"]["corpus"] == "sample"
    notebook.load_or_run(tmp_path / "r.json", run, corpus="sample", seed=0, rerun=True)
    assert len(calls) == 2


def test_a_control_redraws_with_its_values():
    drawn = []

    def draw(shift, emotion):
        drawn.append((shift, emotion))
        return plt.figure()

    shift, emotion = widgets.slider("shift", -5, 5, 0), widgets.emotion_buttons()
    widgets.explore(draw, shift=shift, emotion=emotion)
    shift.value = 5
    emotion.value = "SAD"
    assert drawn == [(0, "NEU"), (5, "NEU"), (5, "SAD")]
    assert isinstance(widgets.slider("weight", 0.0, 1.0, 0.5, 0.1).value, float)
