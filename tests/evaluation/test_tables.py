"""Intervals mean what they say; the table keeps scales apart and says where numbers come from."""

import json

import numpy as np
import pytest
from small_world import a_result
from typer.testing import CliRunner

from emolib import cli
from emolib.base.errors import ConfigError
from emolib.base.files import write_json
from emolib.evaluation import summary, table2, visual
from emolib.evaluation.intervals import Interval, jackknife_interval, left_out, mean_interval
from emolib.evaluation.published import TABLE_1, TABLE_2
from emolib.evaluation.report import Column, Row, Table, write_tables
from emolib.evaluation.tables import table1, write_paper_tables


def test_intervals_cover_the_truth_of_other_people_about_as_often_as_they_claim():
    rng = np.random.default_rng(0)
    actors, hits, naive = np.repeat(np.arange(12), 4), 0, 0
    for trial in range(300):
        clips = np.repeat(rng.normal(3, 2, 12), 4) + rng.normal(0, 1, 48)
        found = mean_interval(clips, actors, seed=trial, n_draws=400)
        hits += found.low <= 3 <= found.high
        each = mean_interval(clips, np.arange(48), seed=trial, n_draws=400)
        naive += each.low <= 3 <= each.high
    assert 0.92 < hits / 300 < 0.985
    assert naive / 300 < 0.75  # what intervals over clips would have claimed is 95 %


def test_a_mean_and_a_share_by_hand():
    people = ["a", "a", "b"]
    assert mean_interval([2.0, 4.0, 6.0], people).mean == 4
    kept = mean_interval([1, 0, 3], people, weights=[1, 2, 3])
    assert kept.mean == pytest.approx(4 / 6)
    assert 0 <= kept.low < kept.mean < kept.high <= 1
    assert (kept.n, kept.actors) == (3, 2)
    assert mean_interval([5.0, 6.0], ["a", "a"]) == Interval(5.5, None, None, 2, 1)
    same = [mean_interval([1.0, 2.0], ["a", "b"], seed=1) for _ in range(2)]
    assert same[0] == same[1]
    for values, weights in (([], None), ([0.0], [0.0])):
        with pytest.raises(ConfigError, match="at least one"):
            mean_interval(values, ["a"] * len(values), weights=weights)


def test_an_actor_counts_once_however_many_clips():
    rng = np.random.default_rng(3)
    means = rng.normal(0, 1, 8)
    few = mean_interval(np.repeat(means, 2), np.repeat(np.arange(8), 2))
    many = mean_interval(np.repeat(means, 20), np.repeat(np.arange(8), 20))
    assert (few.low, few.high) == pytest.approx((many.low, many.high))


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(0, 1, 12)
    whole, left = left_out(lambda i: values[i].mean(), np.arange(12))
    assert left["3"] == pytest.approx(np.delete(values, 3).mean())
    found = jackknife_interval(whole, list(left.values()), 12)
    error = values.std(ddof=1) / np.sqrt(12)
    assert found.high - found.mean == pytest.approx(2.201 * error, rel=1e-4)  # t of 11
    for actors in (["a", "b"], ["a", "a"]):
        whole, left = left_out(lambda i: 1.0 * len(i), actors)
        n_actors = len(set(actors))
        assert jackknife_interval(whole, [*left.values()], 2) == Interval(
            2, None, None, 2, n_actors
        )


def record(name, emotion, probs, features, actor="1", **numbers):
    rows = {
        row: {"numbers": dict(numbers), "probs": {"judge": probs}, "units": None}
        | {"features": (features + shift).astype(np.float16).tolist()}
        for row, shift in (("generated", 0.5), ("truth", 0.0), ("copy", 2.0))
    }
    kept = {"clip": name, "actor": actor, "source": "other", "emotion": emotion, "rows": rows}
    return kept | {"n_frames": len(features)}


def test_clips_become_rows():
    rng = np.random.default_rng(2)
    features = [rng.standard_normal((9, 4)) for _ in range(4)]
    sure = np.eye(6).tolist()
    records = [
        record("a", "ANG", sure[0], features[0], closures=2, closures_kept=2, psnr_db=30.0),
        record("b", "SAD", sure[5], features[1], closures=0, closures_kept=0, psnr_db=20.0),
        record("c", "SAD", sure[4], features[2], closures=6, closures_kept=2),
        record("d", "HAP", sure[3], features[3]),
    ]
    made = summary.summarise(records)["rows"]["generated"]
    assert made["closures_kept"]["mean"] == 0.5
    assert "closures" not in made
    assert (made["psnr_db"]["mean"], made["psnr_db"]["n"]) == (25, 2)
    assert made["emoacc/judge"]["mean"] == 0.75
    stored = summary.crowd_features(records, "generated")
    np.testing.assert_allclose(np.concatenate(stored), np.concatenate(features) + 0.5, rtol=2e-3)
    both = [np.concatenate(summary.crowd_features(records, row)) for row in ("generated", "truth")]
    assert made["frechet"]["mean"] == pytest.approx(visual.frechet_distance(*both))
    assert made["frechet"]["mean"] == pytest.approx(4 * 0.25, rel=0.02)  # a shift in 4 dimensions
    assert "frechet" not in summary.summarise(records)["rows"]["truth"]
    parts = [
        visual.frechet_distance(both[0][i : i + n], both[1][i : i + n])
        for i, n in ((0, 9), (9, 18), (27, 9))
    ]
    assert made["frechet_six"]["mean"] == pytest.approx(np.mean(parts))
    table = summary.clip_table(records)
    assert table["generated"]["psnr_db"] == [30, 20, None, None]
    assert table["named"]["generated"]["judge"] == ["ANG", "SAD", "NEU", "HAP"]
    notes = summary.warnings_of(records, paired=True)
    assert [note.split()[0] for note in notes] == ["Only"]


def test_a_crowd_of_too_few_frames_has_no_distance_and_stops_nothing():
    rng = np.random.default_rng(2)
    sure = np.eye(6).tolist()
    records = [
        record(f"{actor}{code}", code, sure[0], rng.standard_normal((n, 4)), actor=actor)
        for actor, code, n in (("1", "ANG", 9), ("2", "SAD", 1), ("3", "ANG", 9), ("4", "HAP", 1))
    ]
    for part in records[-1]["rows"].values():
        part["features"] = None  # not looked at
    made = summary.summarise(records)["rows"]["generated"]
    assert made["frechet"]["n"] == 3
    both = [summary.crowd_features(records, row) for row in ("generated", "truth")]
    angry = [np.concatenate([side[0], side[2]]) for side in both]
    assert made["frechet_six"]["mean"] == pytest.approx(visual.frechet_distance(*angry))
    for part in records[0]["rows"], records[2]["rows"]:
        for row in part.values():
            row["features"] = None
    assert "frechet" not in summary.summarise(records)["rows"]["generated"]


def result(method, corpus="people", **metrics):
    row = {
        key: Interval(value, value - 0.1, value + 0.1, 9, 2).as_dict()
        for key, value in metrics.items()
    }
    truth = {"lse_d_expert": Interval(0.7, 0.6, 0.8, 9, 2).as_dict()}
    numbers = {"rows": {"generated": row, "truth": truth, "copy": {}}, "split": "test"}
    numbers |= {"labels": {"frechet": "FFD (faces)", "emoacc/judge": "EmoAcc (judge) %"}}
    numbers |= {"n_clips": 9, "n_actors": 2, "checkpoint_profile": "lite"}
    made = a_result(method, notes=["LSE (expert): syncnet."], **numbers)
    made["record"]["corpus"] = corpus
    return made


def row_of(table, method):
    return next(row for row in table.rows if row.texts[0] == method)


def test_ours_stands_beside_the_papers_and_never_under_its_name():
    ours = {"lse_d": 9.0, "lse_d_expert": 0.8, "frechet": 0.1, "emoacc/judge": 0.5}
    table = table2.table2([result("PLDA (weights.sync=0)", **ours), result("IMPROVED", **ours)])
    assert table.headings[4:] == [
        *("LSE-D, paper", "LSE-D (crops)", "LSE-D (expert)", "LSE-C, paper"),
        *("EmoAcc %, paper", "EmoAcc (judge) %", "FID, paper", "FFD (faces)"),
    ]
    both = row_of(table, "PL + DA")
    assert both.cells["EmoAcc %, paper"] == 83.2
    assert both.cells["EmoAcc (judge) %"].mean == 50
    assert both.texts[2:] == ("people test: 9 clips, 2 actors", "lite")
    assert any("PLDA (weights.sync=0)" in note for note in table.notes)
    ours_alone, theirs_alone = row_of(table, "IMPROVED"), row_of(table, "END")
    assert not any("paper" in heading for heading in ours_alone.cells)
    assert all("paper" in heading for heading in theirs_alone.cells)
    assert theirs_alone.texts[2:] == ("–", "–")
    published = [line.method for line in TABLE_2 if line.quoted]
    assert published == ["Vougioukas et al. 2019", "Sinha et al. 2022"]


def test_a_network_without_emotion_is_said_to_be_one():
    deaf = result("WAV2LIP", lse_d_expert=0.9)
    for emotion, told in ((True, []), (False, ["WAV2LIP: no emotion goes in"])):
        deaf["numbers"]["emotion_input"] = emotion
        table = table2.table2([deaf])
        assert [note[:27] for note in table.notes if "no emotion goes in" in note] == told
    assert row_of(table, "Wav2Lip").texts[1] == "no"


def test_rows_that_results_share_stand_once():
    both = [result("SEQ", lse_d_expert=0.9), result("END", lse_d_expert=1.0)]
    methods = [row.texts[0] for row in table2.beyond_table(both).rows]
    assert methods == ["SEQ", "END", "ground truth", "source given back"]
    twice = table2.table2([*both, result("SEQ", corpus="others", lse_d_expert=0.9)])
    names = [row.texts[0] for row in twice.rows]
    assert (names.count("SEQ"), names.count("ground truth")) == (2, 2)
    second = [row for row in twice.rows if row.texts[0] == "SEQ"][1]
    assert set(second.cells) == {"LSE-D (expert)"}  # the paper's numbers stand once


def test_markdown_and_latex_hold_every_cell(tmp_path):
    ours = [result("A_B & C", lse_d_expert=0.81, psnr_db=30.0)]
    table = table2.table2(ours)
    text, tex = write_tables([table, table2.beyond_table(ours)], tmp_path / "t.json")
    lines = text.read_text(encoding="utf-8").splitlines()
    widths = [line.count("|") for line in lines if line.startswith("|")]
    assert widths == [len(table.headings) + 1] * (2 + len(table.rows)) + [6] * 5
    assert any("LSE-D (expert) ↓" in line for line in lines)
    assert "| 0.810 [0.710, 0.910] |" in text.read_text(encoding="utf-8")
    source = tex.read_text(encoding="utf-8")
    assert r"A\_B" in source
    assert r"EmoAcc \%, paper $\uparrow$" in source
    assert r"0.810 {\tiny [0.710, 0.910]}" in source
    body = [line for line in source.split(r"\end{table}")[0].splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in body} == {len(table.headings) - 1}
    assert "30.00 [29.90, 30.10]" in text.read_text(encoding="utf-8").split("known truth")[1]
    with pytest.raises(ConfigError, match="emolib evaluate"):
        table2.table2([{"record": {}, "numbers": {"loss": 1}}])


def test_one_actor_has_no_interval_and_none_is_printed():
    alone = Interval(0.81, None, None, 4, 1)
    table = Table("T", ("who",), (Column("x", "up"),), (Row(("me",), {"x": alone}),))
    assert "| me | 0.81 |" in table.markdown()
    assert "me & 0.81" in table.latex()
    assert table.plain()["rows"] == [{"who": "me", "x": alone.as_dict()}]


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    for stem, recipe, psnr in (
        ("ablation_plda", "PLDA", 25.0),
        ("ablation_improved", "IMPROVED", 30.0),
        ("trial", "IMPROVED", 99.0),
    ):
        write_json(folder / f"{stem}.json", result(recipe, psnr_db=psnr, lse_d_expert=0.9))
    return folder


def test_six_files_with_the_paper_and_ours_and_where_ours_come_from(results, tmp_path):
    written = write_paper_tables(tmp_path / "figures", results)
    names = [f"table{n}{suffix}" for n in (1, 2) for suffix in (".md", ".tex", ".json")]
    assert [path.name for path in written] == names
    text = (tmp_path / "figures/table2.md").read_text("utf-8")
    assert "| PL + DA | yes | people test: 9 clips, 2 actors | lite | 7.171 | 0.900 [" in text
    assert "30.00 [29.90, 30.10]" in text
    assert "99.00" not in text  # a trial is not the ablation
    told = json.loads((tmp_path / "figures/table2.json").read_text("utf-8"))
    assert set(told["results"]) == {"ablation_plda.json", "ablation_improved.json"}
    assert told["results"]["ablation_plda.json"]["record"]["corpus"] == "people"
    plain = {row["Method"]: row for row in told["tables"][0]["rows"]}
    assert plain["PL + DA"]["FID, paper"] == 6.04
    assert plain["PL + DA"]["LSE-D (expert)"]["mean"] == 0.9
    assert "FID, paper" not in plain["IMPROVED"]


def test_the_command_says_what_ours_come_from_or_that_there_is_nothing(results, tmp_path):
    def shown(folder):
        command = ["tables", "--results", str(folder), "--out", str(tmp_path / "out")]
        made = CliRunner().invoke(cli.app, command)
        assert made.exit_code == 0, made.output
        return made.output

    assert "ours from ablation_plda.json, ablation_improved.json" in shown(results)
    (tmp_path / "empty").mkdir()
    assert "only the paper's numbers" in shown(tmp_path / "empty")
    alone = (tmp_path / "out/table2.md").read_text("utf-8")
    assert "| SEQ | yes | – | – | 7.464 | 6.201 | 71.51 | 14.32 |" in alone
    assert "known truth" not in alone


def test_table_1_quotes_and_says_so():
    ours = result("IMPROVED")
    ours["numbers"]["split_by"] = "actor"
    table = table1([ours])
    assert len(table.rows) == len(TABLE_1) + 1
    assert {row.texts[-1] for row in table.rows[:-1]} == {"quoted"}
    assert row_of(table, "Chen et al. 2020").texts[1:4] == ("image", "✗", "✓ †")
    assert row_of(table, "Sinha et al. 2022 *").cells == {
        "EmoAcc %, paper": 75.02,
        "FID, paper": 68.45,
    }
    assert row_of(table, "Das et al. 2020").cells == {}
    mine = row_of(table, "IMPROVED, this project")
    assert mine.texts[2] == "✓ (2 people of people, never seen)"
    assert mine.cells == {}
    for corpus, told in (("people", "not tested"), ("other people", "✓ (2 people of people, n")):
        ours["numbers"] |= {"split_by": "none", "checkpoint_corpus": corpus}
        assert table1([ours]).rows[-1].texts[2].startswith(told)
    ours["numbers"] |= {"split": "all", "split_by": "actor"}
    assert table1([ours]).rows[-1].texts[2].startswith("not tested")
    assert r"$\surd$" in table.latex()
