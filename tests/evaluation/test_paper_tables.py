"""`emolib tables`: six files from the stored evaluations, or what the paper prints alone."""

import json

import pytest
from test_tables import result, row_of
from typer.testing import CliRunner

from emolib import cli
from emolib.evaluation.published import TABLE_1
from emolib.evaluation.tables import table1, write_paper_tables


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    stored = {
        "ablation_plda": result("PLDA", psnr_db=25.0, lse_d_expert=0.9),
        "ablation_improved": result("IMPROVED", psnr_db=30.0, lse_d_expert=0.8),
        "trial": result("IMPROVED", psnr_db=99.0),
    }
    for stem, content in stored.items():
        (folder / f"{stem}.json").write_text(json.dumps(content))
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
    ours["numbers"]["split"] = "all"
    assert table1([ours]).rows[-1].texts[2].startswith("not tested")
    assert r"$\surd$" in table.latex()
