"""Exercise verdicts, stored results, and controls over their whole range."""

import numpy as np
from matplotlib import pyplot as plt

from emolib.figures import sheets, style
from emolib.notebook import checks, notebook, widgets


@checks.exercise
def check_double(answer):
    return checks.right("yes") if answer(2) == 4 else checks.not_yet("try 2 -> 4")


def test_an_untouched_exercise_is_not_an_error():
    assert check_double(None).state == "not attempted"
    assert check_double(...).state == "not attempted"


def test_an_answer_is_judged_and_a_crash_is_explained():
    assert check_double(lambda x: 2 * x)
    assert check_double(lambda x: x).state == "not yet"
    assert "ZeroDivisionError" in check_double(lambda x: x / 0).message


def test_a_verdict_escapes_what_a_reader_typed():
    assert "<b>&lt;" not in checks.not_yet("x").__repr__()
    assert "&lt;script&gt;" in checks.not_yet("<script>")._repr_html_()


def test_a_result_is_made_once_and_then_loaded(tmp_path):
    calls = []

    def run():
        calls.append(1)
        return {"psnr_db": 30.5}

    first = notebook.load_or_run(tmp_path / "r.json", run, corpus="sample", seed=0)
    second = notebook.load_or_run(tmp_path / "r.json", run, corpus="sample", seed=0)
    assert first == second
    assert len(calls) == 1
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


def test_a_sheet_has_a_cell_for_each_picture():
    frames = [np.full((9, 12, 3), i, np.uint8) for i in range(11)]
    rows = [sheets.every_nth(frames), sheets.every_nth(frames, most=2)]
    fig = sheets.contact_sheet(rows, ["a", "b"], ["0", "5", "10"], title="t")
    assert [len(ax.images) for ax in fig.axes] == [1, 1, 1, 1, 1, 0]
    style.caption(fig, "frames", corpus="made here", profile="tiny")
    assert "corpus: made here" in fig._supxlabel.get_text()
    plt.close("all")
