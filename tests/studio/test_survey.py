"""The study: what is accepted, what is kept, and what is said of it."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from emolib import cli
from emolib.base.errors import ResourceError, StudyError
from emolib.base.results import load_result
from emolib.studio import store, survey
from emolib.studio.problems import StudioError
from emolib.studio.store import keep_answer, read_answers

FULL = {"usability": 4, "design": 5, "functionality": 3, "overall": 4}
HEADER = "answered_on,wording,usability,design,functionality,overall,emotion,model,emolib"


def answer(**scores):
    return survey.Answer("2026-01-02", **FULL | scores)


def test_nothing_is_kept_but_four_numbers_the_day_and_what_was_rated(tmp_path):
    given = replace(answer(design=None), emotion="fear", model="lite-generator")
    keep_answer(tmp_path, given)
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as db:
        cursor = db.execute("select * from answers")
        assert tuple(name for name, *_ in cursor.description) == survey.COLUMNS
        (row,) = cursor.fetchall()
    assert row[1:-1] == ("1", 4, None, 3, 4, "fear", "lite-generator")
    assert read_answers(tmp_path) == [given]


def test_many_people_at_once_lose_nothing(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: keep_answer(tmp_path, answer(overall=k % 6)), range(48)))
    assert sorted(a.overall for a in read_answers(tmp_path)) == sorted(k % 6 for k in range(48))


def test_a_full_table_takes_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MAX_ANSWERS", 1)
    keep_answer(tmp_path, answer())
    with pytest.raises(StudioError, match="no more"):
        keep_answer(tmp_path, answer())


def test_answers_of_an_earlier_table_stay(tmp_path):
    names = ", ".join(survey.COLUMNS)
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as db:
        db.execute("create table jobs (id text primary key, job_order text)")
        db.execute(f"create table answers ({names}, job_id text unique)")
        db.execute("insert into answers values ('2026-01-02', '1', 4, 5, 3, 4, '', '', '', 'x')")
    keep_answer(tmp_path, answer())
    assert [one.usability for one in read_answers(tmp_path)] == [4, 4]


def test_the_summary_counts_and_averages():
    given = [answer(overall=overall) for overall in (5, 3, 4, None)]
    told = survey.summarise(given)
    overall = told["questions"]["overall"]
    assert told["n_answers"] == 4
    assert overall["n"] == 3 and overall["counts"] == [0, 0, 0, 1, 1, 1]
    assert overall["mean"] == 4 and 0 <= overall["low"] < 4 < overall["high"] <= 5
    assert told["questions"]["design"]["counts"][5] == 4
    assert json.loads(json.dumps(told)) == told


def test_nobody_is_invented(tmp_path):
    told = survey.summarise(read_answers(tmp_path / "nowhere"))
    assert told["n_answers"] == 0
    assert all(one["mean"] is None and one["n"] == 0 for one in told["questions"].values())
    with pytest.raises(StudyError, match="no answers yet"):
        survey.save_summary([], tmp_path / "summary.json")
    assert not list(tmp_path.iterdir())


def test_the_command_sums_up_and_exports(tmp_path):
    state, out, table = (tmp_path / name for name in ("state", "summary.json", "answers.csv"))
    keep_answer(state, answer())
    keep_answer(state, answer(usability=None))
    given = ["study", str(state), "--out", str(out), "--csv", str(table)]
    shown = CliRunner().invoke(cli.app, given)
    assert shown.exit_code == 0, shown.output
    assert "2 people" in shown.output and "n = 1" in shown.output
    assert load_result(out)["numbers"]["n_answers"] == 2
    header, *rows = table.read_text().splitlines()
    assert header == HEADER and len(rows) == 2
    assert CliRunner().invoke(cli.app, ["study", str(tmp_path / "nowhere")]).exit_code == 2
    (state / "jobs.sqlite3").write_bytes(b"no database" * 99)
    broken = CliRunner().invoke(cli.app, ["study", str(state), "--out", str(out)])
    assert isinstance(broken.exception, ResourceError)


def test_the_command_says_when_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    shown = CliRunner().invoke(cli.app, ["study"])
    assert shown.exit_code == 0
    assert "no answers yet" in shown.output
    assert not (tmp_path / "results").exists()
