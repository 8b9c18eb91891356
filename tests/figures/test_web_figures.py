"""Figures 5 and 9: what is drawn of answers and of the page, and what is not."""

import numpy as np

from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.figures.drawings import PAGE_STEPS, page_figure
from emolib.figures.paper import draw_figure, why_waiting
from emolib.figures.study import NOBODY, ratings_figure
from emolib.studio import survey

SCORES = [(4, 3, 4, 4), (5, 4, None, 5), (3, 3, 2, 3)]
ANSWERS = [
    survey.Answer(f"2026-01-0{day}", survey.WORDING, *scores)
    for day, scores in enumerate(SCORES, 1)
]


def texts(fig):
    return [text.get_text() for text in fig.axes[0].texts]


def test_every_answer_and_every_mean_is_in_the_picture():
    summary = survey.summarise(ANSWERS)
    fig = ratings_figure(summary)
    ax = fig.axes[0]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    for one, line in zip(summary["questions"].values(), lines, strict=True):
        assert list(line.get_ydata()) == [one["low"], one["high"]]
    shown = sum(int(text) for text in texts(fig) if "." not in text)
    assert shown == sum(one["n"] for one in summary["questions"].values()) == 11
    assert "functionality\nn = 2" in [label.get_text() for label in ax.get_xticklabels()]


def test_without_answers_the_picture_says_so_and_shows_no_number():
    fig = ratings_figure(survey.summarise([]))
    assert texts(fig) == [NOBODY]
    assert not fig.axes[0].lines and not fig.axes[0].collections


def test_figure_5_waits_for_people_and_is_drawn_from_their_answers(tmp_path):
    assert "emolib study" in why_waiting(5, tmp_path)
    record = run_record(corpus="answers", seed=None)
    save_result(tmp_path / "study_summary.json", survey.summarise(ANSWERS), record)
    told = draw_figure(5, tmp_path).get_supxlabel().replace("\n", " ")
    assert "3 people" in told and "2026-01-01 to 2026-01-03" in told


def test_each_panel_of_the_page_is_named_above_it():
    picture = np.full((300, 500, 3), 250, np.uint8)
    panels = {name: [20 + 150 * k, 40, 120, 200] for k, name in enumerate(PAGE_STEPS)}
    fig = page_figure(picture, panels)
    assert texts(fig) == list(PAGE_STEPS.values())
    assert [text.xy for text in fig.axes[0].texts] == [tuple(p[:2]) for p in panels.values()]
