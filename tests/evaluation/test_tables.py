"""Intervals mean what they say; the table keeps scales apart and says where numbers come from."""

import numpy as np
import pytest

from emolib.errors import ConfigError
from emolib.evaluation import summary, table2, visual
from emolib.evaluation.intervals import Interval, jackknife_interval, mean_interval
from emolib.evaluation.measure import Measured
from emolib.evaluation.report import write_tables


def test_bootstrap_intervals_cover_the_truth_about_as_often_as_they_claim():
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(300):
        found = mean_interval(rng.normal(3, 2, 40), seed=trial, n_draws=300)
        hits += found.low <= 3 <= found.high
    assert 0.89 < hits / 300 < 0.98


def test_a_mean_and_a_share_by_hand():
    assert mean_interval([2.0, 4.0]).mean == 3
    kept = mean_interval([1, 0, 3], weights=[1, 2, 3])
    assert kept.mean == pytest.approx(4 / 6)
    assert 0 <= kept.low < kept.mean < kept.high <= 1
    assert mean_interval([5.0]) == Interval(5, 5, 5, 1)
    assert mean_interval([1.0, 2.0, 4.0], seed=1) == mean_interval([1.0, 2.0, 4.0], seed=1)
    for values, weights in (([], None), ([0.0], [0.0])):
        with pytest.raises(ConfigError, match="at least one"):
            mean_interval(values, weights=weights)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(1).normal(0, 1, 12)
    found = jackknife_interval(lambda i: values[i].mean(), 12, n_blocks=12)
    error = values.std(ddof=1) / np.sqrt(12)
    assert found.high - found.mean == pytest.approx(1.96 * error)
    assert jackknife_interval(lambda i: 1.0 * len(i), 2) == Interval(2, 2, 2, 2)


def record(name, emotion, probs, features, **numbers):
    rows = {
        row: Measured(dict(numbers), {"judge": probs}, features + shift)
        for row, shift in (("generated", 0.5), ("truth", 0.0), ("copy", 2.0))
    }
    return summary.clip_record(name, "other", emotion, rows)


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


def result(method, corpus="people", **metrics):
    row = {
        key: Interval(value, value - 0.1, value + 0.1, 9).as_dict()
        for key, value in metrics.items()
    }
    numbers = {
        "rows": {"generated": row, "truth": {"lse_d_expert": Interval(0.7, 0.6, 0.8, 9).as_dict()}},
        "labels": {"frechet": "FFD (faces)", "emoacc/judge": "EmoAcc (judge) %"},
        "method": method,
        "emotion_input": True,
        "split": "test",
        "n_clips": 9,
        "n_actors": 2,
        "checkpoint_profile": "lite",
        "notes": ["LSE (expert): syncnet."],
    }
    return {"record": {"corpus": corpus}, "numbers": numbers}


def test_ours_never_stands_under_a_published_name():
    ours = {"lse_d": 9.0, "lse_d_expert": 0.8, "frechet": 0.1, "emoacc/judge": 0.5}
    table = table2.table2([result("IMPROVED", **ours)])
    rows = {row.method: row for row in table.rows}
    assert rows["PL + DA"].cells == {"LSE-D": 7.171, "LSE-C": 6.663, "EmoAcc %": 83.2, "FID": 6.04}
    assert rows["PL + DA"].corpus == "CREMA-D, as published"
    assert set(rows["IMPROVED"].cells) == {
        "LSE-D (crops)",
        "LSE-D (expert)",
        "FFD (faces)",
        "EmoAcc (judge) %",
    }
    assert rows["IMPROVED"].cells["EmoAcc (judge) %"].mean == 50
    assert rows["IMPROVED"].profile == "lite"
    published = [line.method for line in table2.TABLE_2 if line.quoted]
    assert published == ["Vougioukas et al. 2019", "Sinha et al. 2022"]


def test_rows_that_results_share_stand_once():
    both = [result("SEQ", lse_d_expert=0.9), result("END", lse_d_expert=1.0)]
    methods = [row.method for row in table2.table2(both).rows]
    assert methods[-3:] == ["SEQ", "END", "ground truth"]
    other = table2.table2([*both, result("SEQ", corpus="others", lse_d_expert=0.9)])
    assert [row.method for row in other.rows].count("ground truth") == 2


def test_markdown_and_latex_hold_every_cell(tmp_path):
    ours = [result("A_B & C", lse_d_expert=0.81, psnr_db=30.0)]
    table = table2.table2(ours)
    text, tex = write_tables([table, table2.beyond_table(ours)], tmp_path / "t.json")
    lines = text.read_text(encoding="utf-8").splitlines()
    widths = [line.count("|") for line in lines if line.startswith("|")]
    assert widths == [len(table.headings) + 1] * (2 + len(table.rows)) + [6] * 4
    assert any("LSE-D (expert) ↓" in line for line in lines)
    assert "| 0.810 [0.710, 0.910] |" in text.read_text(encoding="utf-8")
    source = tex.read_text(encoding="utf-8")
    assert r"A\_B \& C" in source
    assert r"EmoAcc \% $\uparrow$" in source
    assert r"0.810 {\scriptsize [0.710, 0.910]}" in source
    body = [line for line in source.split(r"\end{table}")[0].splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in body} == {len(table.headings) - 1}
    assert "30.00 [29.90, 30.10]" in text.read_text(encoding="utf-8").split("known truth")[1]
    with pytest.raises(ConfigError, match="emolib evaluate"):
        table2.table2([{"record": {}, "numbers": {"loss": 1}}])
