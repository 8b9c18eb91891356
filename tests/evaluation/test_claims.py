"""Verdicts follow from the stored numbers: both signs, no difference, too little learned."""

import json

import numpy as np
import pytest
from small_world import RECORD, a_result

from emolib.base.results import save_result
from emolib.evaluation.claims import (
    FAILS,
    HOLDS,
    UNDECIDED,
    UNTESTABLE,
    VERDICTS,
    Claim,
    Evidence,
    Finding,
    earlier,
    leaves_nothing,
    reaches,
)
from emolib.evaluation.claims import beats as beats_test
from emolib.evaluation.claims_report import ONCE, ask, judge, write_claims
from emolib.evaluation.intervals import mean_interval
from emolib.evaluation.stored import difference

PEOPLE = np.repeat([f"90{k:02}" for k in range(10, 22)], 6)
TWO_JUDGES = ("emoacc/classifier", "emoacc/expression net")


def write(folder, name, psnr, *, frechet=5.0, copy=24.0, spread=0.1, named=0.0, copy_named=0.05):
    """An evaluation of 72 clips of 12 people whose PSNR is `psnr` on average."""
    rng = np.random.default_rng(len(name))
    heard = ["HAP" if k % 10 < 10 * named else "SAD" for k in range(72)]
    values = psnr + rng.normal(0, spread, 12).repeat(6) + rng.normal(0, 0.05, 72)

    def row(value):
        return mean_interval(np.full(72, value) + values - values.mean(), PEOPLE).as_dict()

    made = {"psnr_db": mean_interval(values, PEOPLE).as_dict(), "frechet": row(frechet)}
    right = [float(code == "HAP") for code in heard]
    made["emoacc/expression net"] = mean_interval(right, PEOPLE).as_dict()
    given = {"psnr_db": row(copy), "emoacc/expression net": row(copy_named)}
    rows = {"generated": made, "truth": dict.fromkeys(TWO_JUDGES, row(0.5)), "copy": given}
    columns, named = {"psnr_db": values.tolist()}, {"expression net": heard}
    left = {"frechet": {one: frechet + 0.01 * k for k, one in enumerate(np.unique(PEOPLE))}}
    numbers = a_result(name, PEOPLE.tolist(), columns, named, rows=rows, left_out=left)["numbers"]
    save_result(folder / f"ablation_{name.lower()}.json", numbers, RECORD)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "SEQ", 26.0, frechet=9.0)
    write(tmp_path, "PLDA", 27.0, frechet=5.0)
    write(tmp_path, "END", 26.0, spread=2.0)
    write(tmp_path, "PRE", 23.5)
    (tmp_path / "ablation_broken.json").write_text("{")
    return tmp_path


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        (beats_test("PLDA", "SEQ", "psnr_db", 1), HOLDS),
        (beats_test("SEQ", "PLDA", "psnr_db", 1), FAILS),
        (beats_test("END", "SEQ", "psnr_db", 1), UNDECIDED),
        (beats_test("PLDA", "SEQ", "frechet", -1), HOLDS),
        (beats_test("SEQ", "PLDA", "psnr_db", 1, 2.0), HOLDS),
        (beats_test("SEQ", "PLDA", "psnr_db", 1, 0.5), FAILS),
        (reaches("PLDA", "psnr_db", 26.0, 1), HOLDS),
        (reaches("PLDA", "psnr_db", 26.0, -1), FAILS),
        (reaches("PLDA", "emoacc/classifier", 0.9, 1, "truth"), FAILS),
        (reaches("PLDA", "emoacc/classifier", 0.8, 1, "truth", of="truth"), HOLDS),
        (leaves_nothing("full"), HOLDS),  # references are the only input
        (leaves_nothing("half"), UNDECIDED),
    ],
)
def test_a_verdict_is_on_which_side_the_interval_lies(folder, test, verdict):
    found = ask(test, Evidence(folder))
    assert found.verdict == verdict
    assert (found.number is None) == ("the mask" in found.why)


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (beats_test("SEQ-PL", "SEQ", "psnr_db", 1), "not measured yet: SEQ-PL"),
        (beats_test("PRE", "PLDA", "psnr_db", 1), "PRE has learned too little after 9,000 steps"),
        (reaches("SEQ", "flicker", 1.0, 1), "flicker was not measured for SEQ"),
        (reaches("SEQ", "artefacts/green", 4.0, 1), "not measured yet: artefacts/green of SEQ"),
        (earlier("SEQ", "PLDA", "emotion_accuracy", 0.5), "no curve yet: SEQ, PLDA"),
    ],
)
def test_what_is_missing_is_undecided_and_says_what(folder, test, why):
    found = ask(test, Evidence(folder))
    assert (found.verdict, found.number) == (UNDECIDED, None)
    assert why in found.why


@pytest.mark.parametrize(
    ("psnr", "named", "learned"),
    [(25.0, 0.0, True), (22.0, 0.8, True), (22.0, 0.1, False), (24.0, 0.0, False)],
)
def test_a_network_has_learned_by_its_pictures_or_by_its_emotion(tmp_path, psnr, named, learned):
    write(tmp_path, "END", psnr, named=named, copy_named=0.1)
    write(tmp_path, "SEQ", 26.0)
    found = ask(beats_test("SEQ", "END", "psnr_db", 1), Evidence(tmp_path))
    assert ("END has learned too little after 9,000 steps" in found.why) is not learned


def test_artefacts_are_compared_person_by_person(folder):
    people = [f"90{k}" for k in range(10, 22)]
    rng = np.random.default_rng(0)
    base = rng.normal(10, 5, 12)
    methods = {
        "SEQ": {"people": people, "green": base.tolist()},
        "PLDA": {"people": people, "green": (base - 2 + rng.normal(0, 0.5, 12)).tolist()},
    }
    save_result(folder / "artefacts.json", {"methods": methods}, RECORD)
    found = beats_test("PLDA", "SEQ", "artefacts/green", -1)(Evidence(folder))
    assert found.verdict == HOLDS
    assert found.number.actors == 12
    assert -3 < found.number.mean < -1


def test_the_label_under_the_papers_reference_is_a_claim_of_its_own(folder, tmp_path):
    for name in ("SEQ", "PLDA"):
        write(folder, name, 26.0, named=1.0)
        write(folder, f"{name}-SAMECLIP", 26.0, named=0.1)
    row = next(row for row in write_claims(tmp_path / "out", folder) if row["section"] == "4.2")
    assert row["verdict"] == FAILS
    assert {test["verdict"] for test in row["tests"]} == {FAILS}
    assert [round(test["number"]["mean"], 1) for test in row["tests"]] == [0.1, 0.1, -0.9, -0.9]


def test_curves_tell_who_is_earlier_and_the_steps_of_all_phases(folder, tmp_path):
    def curve(at):
        return [{"step": s, "emotion_accuracy": 0.9 if s >= at else 0.1} for s in (100, 200, 9160)]

    save_result(folder / "curves.json", {"SEQ": curve(200), "PLDA": curve(9999)}, RECORD)
    found = earlier("SEQ", "PLDA", "emotion_accuracy", 0.5)(Evidence(folder))
    assert found.verdict == HOLDS
    assert "SEQ at step 150 and PLDA never" in found.why
    write_claims(tmp_path / "out", folder)
    assert "- SEQ: 9,160 steps, 72 clips" in (tmp_path / "out/claims.md").read_text()


def test_every_claim_gets_one_row_with_a_reason(folder, tmp_path):
    found = write_claims(tmp_path / "out", folder)
    told = json.loads((tmp_path / "out/claims.json").read_text())
    assert told["claims"] == found
    assert set(told["results"]) >= {"ablation_seq.json", "ablation_plda.json"}
    sections = {row["section"] for row in found}
    assert sections >= {"3.2.1", "4.3", "5.1", "5.2", "6", "7.1", "7.2", "7.3", "A.1", "A.2", "B"}
    assert len(found) >= 16
    for row in found:
        assert row["verdict"] in VERDICTS
        assert row["tests"] or row["why"]
    by_text = {row["paper"]: row["verdict"] for row in found}
    best = "PLDA's emotion is named right most often of all."
    assert by_text[best] == UNDECIDED  # never measured in this folder
    masked = "Masking the whole face leaves nothing to see, so references alone do as well."
    assert by_text[masked] == HOLDS  # whatever was measured
    table = (tmp_path / "out/claims.md").read_text()
    assert table.count("\n| ") == len(found) + 1
    assert "SEQ: 9,000 steps, 72 clips of 12 people, people" in table


@pytest.fixture
def trained_twice(folder):
    for name, psnr, frechet in (("SEQ-SEED1", 26.5, 9.1), ("PLDA-SEED1", 27.1, 5.0)):
        write(folder, name, psnr, frechet=frechet)
        (folder / f"ablation_{name.lower()}.json").rename(folder / f"run_{name.lower()}.json")
    return folder


def test_trainings_of_the_same_seeds_are_averaged(trained_twice):
    evidence = Evidence(trained_twice)
    first = difference(evidence.runs["PLDA"], evidence.runs["SEQ"], "psnr_db")
    second = evidence.gap("PLDA-SEED1", "SEQ-SEED1", "psnr_db")
    both = evidence.gap("PLDA", "SEQ", "psnr_db")
    assert both.mean == pytest.approx((first.mean + second.mean) / 2)
    assert (second.n, both.n, both.actors) == (72, 144, 12)
    assert evidence.gap("PLDA", "SEQ", "frechet").mean == pytest.approx((-4.0 - 4.1) / 2)
    once = evidence.gap("PLDA", "END", "psnr_db")  # END has no second training
    assert once == difference(evidence.runs["PLDA"], evidence.runs["END"], "psnr_db")
    levels = [evidence.level(run, "psnr_db").mean for run in ("PLDA", "PLDA-SEED1")]
    assert levels == pytest.approx([27.05, 27.1], abs=0.1)
    assert evidence.level("PLDA", "psnr_db", "copy").n == 72  # sources have no trainings
    assert beats_test("PLDA", "SEQ", "psnr_db", 1)(evidence).why.endswith("SEQ (2 trainings)")


def test_a_second_training_tells_which_verdicts_are_firm(trained_twice, tmp_path):
    folder = trained_twice
    write(folder, "PLDA-GAMMA10", 26.6)  # a little less than PLDA
    evidence = Evidence(folder)
    gaps = evidence.retrained("psnr_db")
    assert list(gaps) == ["SEQ", "PLDA"]
    one, two = (gap.mean for gap in gaps.values())
    apart, alone = abs(one - two) / np.sqrt(2), np.hypot(one, two) / 2  # a gap, a single training
    assert evidence.chance("psnr_db") == pytest.approx(12.71 * apart, rel=1e-3)
    assert evidence.chance("psnr_db", gap=False) == pytest.approx(4.303 * alone, rel=1e-3)
    assert evidence.chance("artefacts/green") is None
    assert evidence.chance("psnr_db", trainings=2) == pytest.approx(8.99 * apart, rel=1e-3)
    # PLDA is 1 and .6 dB better than SEQ, and chance is 3.8 dB a seed; 22 dB are beyond it.
    assert beats_test("PLDA", "SEQ", "psnr_db", 1)(evidence).firm is False
    assert beats_test("PLDA", "SEQ", "psnr_db", 1, 4.0)(evidence).firm is True
    assert reaches("PLDA", "psnr_db", 22.0, 1)(evidence).firm is True
    assert reaches("PLDA", "psnr_db", 22.0, 1, "copy")(evidence).firm is None  # no such training
    assert beats_test("END", "SEQ", "psnr_db", 1)(evidence).firm is None  # undecided
    rows = write_claims(tmp_path / "out", folder)
    told = (tmp_path / "out/claims.md").read_text()
    firm = [row for row in rows if row["firm"]]
    assert [row["paper"] for row in firm] == ["SEQ looks better than END."]  # by far the opposite
    assert "does not hold (1 firmly)" in told
    assert "| psnr_db | +0.49 | +0.071 | ±3.8 |" in told
    marked = [line for line in told.splitlines() if line.endswith(f"**holds**, {ONCE} |")]
    assert len(marked) == 1 and f"PLDA minus PLDA-GAMMA10: holds {ONCE}" in marked[0]


@pytest.mark.parametrize(
    ("verdict", "tests", "firm"),
    [
        (HOLDS, [True, True], True),
        (HOLDS, [True, False], False),
        (HOLDS, [True, None], None),
        (FAILS, [True, False], True),
        (FAILS, [False, None], False),
        (UNTESTABLE, [], None),
    ],
)
def test_all_tests_make_a_claim_firm_and_one_is_enough_against_it(folder, verdict, tests, firm):
    found = [lambda _, f=f: Finding(None, verdict, "", f) for f in tests]
    assert judge(Claim("", "", "", tuple(found)), Evidence(folder))["firm"] is firm
