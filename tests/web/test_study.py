"""The study: what is accepted, what is kept, and what is said of it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from emolib import cli
from emolib.base.errors import ResourceError, StudyError
from emolib.base.results import load_result
from emolib.web import study

FULL = {"consent": True, "usability": 4, "design": 5, "functionality": 3, "overall": 4}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "answers.csv"


def answer(**scores):
    return study.validate(FULL | scores)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"consent": False}, "consent"),
        ({"consent": "true"}, "consent"),
        ({"consent": 1}, "consent"),
        ({"design": 6}, "design"),
        ({"design": -1}, "0 to 5"),
        ({"design": 3.0}, "whole number"),
        ({"design": True}, "whole number"),
        ({"design": "=1+1"}, "scale"),
        ({"name": "Ada"}, "unknown field"),
        (dict.fromkeys(study.QUESTIONS), "no question"),
    ],
)
def test_answers_that_are_refused(change, said):
    with pytest.raises(StudyError, match=said):
        study.validate(FULL | change)


def test_nothing_is_kept_but_four_numbers_the_day_and_what_was_rated(file):
    given = study.validate(FULL | {"design": None}, emotion="fear", model="lite-generator")
    study.append(given, file)
    header, line = file.read_text().splitlines()
    assert header == (
        "answered_on,wording,usability,design,functionality,overall,emotion,model,emolib"
    )
    assert line.split(",")[1:-1] == ["1", "4", "", "3", "4", "fear", "lite-generator"]
    assert study.read(file).answers == (given,)


def test_many_people_at_once_lose_nothing(file):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: study.append(answer(overall=k % 6), file), range(48)))
    found = study.read(file)
    assert not found.skipped
    assert sorted(a.overall for a in found.answers) == sorted(k % 6 for k in range(48))


def test_a_line_cut_short_costs_only_itself(file):
    study.append(answer(), file)
    with file.open("ab") as stream:
        stream.write(b"2026-01-02,1,5,5")
    study.append(answer(overall=1), file)
    found = study.read(file)
    assert [a.overall for a in found.answers] == [4, 1]
    assert len(found.skipped) == 1 and "line 3" in found.skipped[0]


@pytest.mark.parametrize(
    "line", ["2026-13-01,1,1,1,1,1", "2026-01-01,1,9,1,1,1", "x", "a,b,c,d,e,f"]
)
def test_damaged_lines_are_named(file, line):
    study.append(answer(), file)
    file.write_text(file.read_text() + line + "\n")
    found = study.read(file)
    assert len(found.answers) == 1
    assert found.skipped[0].startswith("line 3")


def test_another_csv_is_left_alone(tmp_path):
    other = tmp_path / "grades.csv"
    other.write_text("name,grade\nAda,1\n")
    before = other.read_bytes()
    with pytest.raises(StudyError, match="not a study file"):
        study.append(answer(), other)
    with pytest.raises(StudyError, match="not a study file"):
        study.read(other)
    assert other.read_bytes() == before


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(ResourceError, match="cannot be kept"):
        study.append(answer(), tmp_path / "taken" / "answers.csv")


def test_a_full_file_takes_no_more(file, monkeypatch):
    study.append(answer(), file)
    monkeypatch.setattr(study, "MAX_BYTES", 10)
    with pytest.raises(StudyError, match="new study file"):
        study.append(answer(), file)


def test_the_summary_counts_and_averages(file):
    for overall in (5, 3, 4, None):
        study.append(answer(overall=overall), file)
    told = study.summarise(study.read(file).answers)
    overall = told["questions"]["overall"]
    assert told["n_answers"] == 4
    assert overall["n"] == 3 and overall["counts"] == [0, 0, 0, 1, 1, 1]
    assert overall["mean"] == 4 and 0 <= overall["low"] < 4 < overall["high"] <= 5
    assert told["questions"]["design"]["counts"][5] == 4
    assert json.loads(json.dumps(told)) == told


def test_nobody_is_invented(file, tmp_path):
    told = study.summarise(study.read(file).answers)
    assert told["n_answers"] == 0
    assert all(one["mean"] is None and one["n"] == 0 for one in told["questions"].values())
    with pytest.raises(StudyError, match="no answers yet"):
        study.save_summary(study.read(file), tmp_path / "summary.json")
    assert not (tmp_path / "summary.json").exists()


def test_the_command_sums_up(file, tmp_path):
    study.append(answer(), file)
    study.append(answer(usability=None), file)
    out = tmp_path / "summary.json"
    shown = CliRunner().invoke(cli.app, ["study", str(file), "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "2 people" in shown.output and "n = 1" in shown.output
    assert load_result(out)["numbers"]["n_answers"] == 2
    file.write_text(file.read_text() + "broken\n")
    assert CliRunner().invoke(cli.app, ["study", str(file), "--out", str(out)]).exit_code == 3
    missing = CliRunner().invoke(cli.app, ["study", str(tmp_path / "nowhere.csv")])
    assert missing.exit_code == 2


def test_the_command_says_when_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    shown = CliRunner().invoke(cli.app, ["study"])
    assert shown.exit_code == 0
    assert "no answers yet" in shown.output
    assert not (tmp_path / "results").exists()
