"""The paper's figures by number: three files with their origin, or what they wait for."""

import json

import pytest

from emolib.base.errors import ConfigError, DatasetError
from emolib.base.files import file_sha256, results_dir
from emolib.figures.paper import FIGURES, Stored, draw_figure, make_figure, why_waiting

READY = [number for number in FIGURES if why_waiting(number) is None]


@pytest.mark.parametrize("number", READY)
def test_a_figure_is_three_files_that_say_where_they_come_from(number, tmp_path):
    picture = make_figure(number, tmp_path)
    assert picture.name == f"{FIGURES[number].stem}.png"
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".pdf", ".png"]
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


def test_unknown_figures_and_missing_companions_are_named(tmp_path):
    with pytest.raises(ConfigError, match="1 to 11, fig11_real_actor, cremad_1001"):
        why_waiting(12)
    (tmp_path / "windows.json").write_bytes((results_dir() / "windows.json").read_bytes())
    with pytest.raises(DatasetError, match=r"windows\.npz"):
        draw_figure(6, tmp_path)
