"""The study: what is accepted, what is kept, and what is said of it."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from emolib import cli
from emolib.base.errors import ResourceError, StudyError
from emolib.base.results import load_result
from emolib.studio import store as storing
from emolib.studio import survey
from emolib.studio.problems import StudioError
from emolib.studio.store import JobStore, read_answers

FULL = {"consent": True, "usability": 4, "design": 5, "functionality": 3, "overall": 4}
OLD = "answered_on,wording,usability,design,functionality,overall,emotion,model,emolib\n"


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "state")
    yield store
    store.close()


def answer(**scores):
    return survey.checked_answer(FULL | scores)


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
        (dict.fromkeys(survey.QUESTIONS), "no question"),
    ],
)
def test_answers_that_are_refused(change, said):
    with pytest.raises(StudioError, match=said):
        survey.checked_answer(FULL | change)


def test_nothing_is_kept_but_four_numbers_the_day_and_what_was_rated(store):
    given = survey.checked_answer(FULL | {"design": None}, emotion="fear", model="lite-generator")
    store.add_answer(given, "a job")
    store.forget("a job")
    with sqlite3.connect(store.folder / "jobs.sqlite3") as db:
        cursor = db.execute("select * from answers")
        assert tuple(name for name, *_ in cursor.description) == (*survey.COLUMNS, "job_id")
        (row,) = cursor.fetchall()
    assert row[1:-2] == ("1", 4, None, 3, 4, "fear", "lite-generator")
    assert row[-1] is None  # a film that is gone leaves no name behind
    assert store.answers() == [given]


def test_one_answer_a_film_and_many_people_at_once_lose_nothing(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: store.add_answer(answer(overall=k % 6), f"{k}"), range(48)))
    assert sorted(a.overall for a in store.answers()) == sorted(k % 6 for k in range(48))
    with pytest.raises(StudioError, match="already"):
        store.add_answer(answer(), "7")
    store.add_answer(answer())
    store.add_answer(answer())  # about no film: nobody knows whose
    assert len(store.answers()) == 50


def test_a_full_table_takes_no_more(store, monkeypatch):
    monkeypatch.setattr(storing, "MAX_ANSWERS", 1)
    store.add_answer(answer())
    with pytest.raises(StudioError, match="no more"):
        store.add_answer(answer())


def test_the_first_versions_answers_are_taken_over_once(tmp_path, caplog):
    lines = [
        "2026-01-02,1,4,5,,4,HAP,lite,0.1.0",
        "2026-01-03,1,9,5,3,4,,,",
        "broken",
        "2026-01-04",
    ]
    (tmp_path / "study.csv").write_text(OLD + "\n".join(lines) + "\n", encoding="utf-8")
    for _ in range(2):
        (kept,) = read_answers(tmp_path)
    assert (kept.answered_on, kept.usability, kept.functionality) == ("2026-01-02", 4, None)
    assert caplog.text.count("cannot be read") == 3
    assert (tmp_path / "study.csv").is_file()


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


def test_the_command_sums_up_and_exports(store, tmp_path):
    store.add_answer(answer())
    store.add_answer(answer(usability=None))
    out, table = tmp_path / "summary.json", tmp_path / "answers.csv"
    given = ["study", str(store.folder), "--out", str(out), "--csv", str(table)]
    shown = CliRunner().invoke(cli.app, given)
    assert shown.exit_code == 0, shown.output
    assert "2 people" in shown.output and "n = 1" in shown.output
    assert load_result(out)["numbers"]["n_answers"] == 2
    header, *rows = table.read_text().splitlines()
    assert header + "\n" == OLD and len(rows) == 2
    assert CliRunner().invoke(cli.app, ["study", str(tmp_path / "nowhere")]).exit_code == 2
    store.close()
    (store.folder / "jobs.sqlite3").write_bytes(b"no database" * 99)
    broken = CliRunner().invoke(cli.app, ["study", str(store.folder), "--out", str(out)])
    assert isinstance(broken.exception, ResourceError)


def test_the_command_says_when_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    shown = CliRunner().invoke(cli.app, ["study"])
    assert shown.exit_code == 0
    assert "no answers yet" in shown.output
    assert not (tmp_path / "results").exists()
