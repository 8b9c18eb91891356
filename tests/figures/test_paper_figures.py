"""The paper's figures by number: files with their origin, or what they wait for."""

import json

import numpy as np
import pytest

from emolib.base.errors import ConfigError, DatasetError
from emolib.base.files import file_sha256, results_dir
from emolib.base.results import save_result
from emolib.base.runtime import run_record
from emolib.figures.drawings import PAGE_STEPS, page_figure
from emolib.figures.paper import FIGURES, Stored, draw_figure, make_figure, why_waiting
from emolib.figures.study import NOBODY, ratings_figure
from emolib.studio import survey

READY = [number for number in FIGURES if why_waiting(number) is None]


@pytest.mark.parametrize("number", READY)
def test_a_figure_is_files_that_say_where_they_come_from(number, tmp_path):
    picture = make_figure(number, tmp_path)
    made = [".jpg"] if FIGURES[number].picture else [".png", ".pdf"]
    assert picture.name == FIGURES[number].stem + made[0]
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", *made}
    told = json.loads(picture.with_suffix(".json").read_text())
    assert set(told["results"]) == set(FIGURES[number].needs)
    for name, origin in told["results"].items():
        assert origin["sha256"] == file_sha256(results_dir() / name)
        assert origin["record"]["corpus"]
    assert picture.stat().st_size > 10_000


def test_the_caption_names_corpus_profile_and_results():
    text = draw_figure(7).get_supxlabel().replace("\n", " ")
    record = Stored(results_dir() / "draws.json").record
    assert f"[corpus: {record['corpus']}, profile: {record['profile']}]" in text
    assert "From draws.json." in text


def test_the_same_figure_is_the_same_file(tmp_path):
    first, again = (make_figure(7, tmp_path / name) for name in "ab")
    for suffix in (".png", ".pdf"):
        assert first.with_suffix(suffix).read_bytes() == again.with_suffix(suffix).read_bytes()


def test_every_figure_of_the_paper_has_one_place():
    numbers = [key for key in FIGURES if isinstance(key, int)]
    assert numbers == list(range(1, 12))
    assert all(FIGURES[number].stem.startswith(f"fig{number:02}_") for number in numbers)
    stems = [figure.stem for figure in FIGURES.values()]
    assert len(set(stems)) == len(stems)


@pytest.mark.parametrize("number", FIGURES)
def test_a_figure_without_its_result_names_it_and_the_command(number, tmp_path):
    with pytest.raises(ConfigError) as refused:
        make_figure(number, tmp_path / "figures", tmp_path)
    assert FIGURES[number].needs[0] in str(refused.value)
    assert FIGURES[number].made_by in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_accuracy_is_drawn_from_whichever_of_its_evaluations_is_there(tmp_path):
    name = "ablation_seq.json"
    (tmp_path / name).write_bytes((results_dir() / name).read_bytes())
    told = json.loads(make_figure(4, tmp_path, tmp_path).with_suffix(".json").read_text())
    assert set(told["results"]) == {name}
    assert {axes.get_ylabel() for axes in draw_figure(4, tmp_path).axes} == {
        "SEQ\naccuracy %",
        "",
    }
    result = json.loads((tmp_path / name).read_text())
    result["numbers"]["emotions"] = {"generated": {}}
    (tmp_path / name).write_text(json.dumps(result))
    with pytest.raises(ConfigError, match="figure 4: no emotions were judged"):
        draw_figure(4, tmp_path)


def test_unknown_figures_and_missing_companions_are_named(tmp_path):
    with pytest.raises(ConfigError, match="1 to 11, fig11_real_actor, cremad_1001"):
        why_waiting(12)
    (tmp_path / "windows.json").write_bytes((results_dir() / "windows.json").read_bytes())
    with pytest.raises(DatasetError, match=r"windows\.npz"):
        draw_figure(6, tmp_path)


SCORES = [(4, 3, 4, 4), (5, 4, None, 5), (3, 3, 2, 3)]
ANSWERS = [survey.Answer(f"2026-01-0{k}", survey.WORDING, *s) for k, s in enumerate(SCORES, 1)]


def texts(fig):
    return [text.get_text() for text in fig.axes[0].texts]


def test_every_answer_and_every_mean_is_in_the_picture_or_that_there_is_none():
    fig = ratings_figure(survey.summarise([]))
    assert texts(fig) == [NOBODY]
    assert not fig.axes[0].lines and not fig.axes[0].collections
    summary = survey.summarise(ANSWERS)
    fig = ratings_figure(summary)
    ax = fig.axes[0]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    for one, line in zip(summary["questions"].values(), lines, strict=True):
        assert list(line.get_ydata()) == [one["low"], one["high"]]
    shown = sum(int(text) for text in texts(fig) if "." not in text)
    assert shown == sum(one["n"] for one in summary["questions"].values()) == 11
    assert "functionality\nn = 2" in [label.get_text() for label in ax.get_xticklabels()]


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
