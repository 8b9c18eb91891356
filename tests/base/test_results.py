"""A result is written with its record, or not at all."""

import json

import pytest

from emolib.base.errors import DatasetError
from emolib.base.results import load_result, save_result
from emolib.base.runtime import run_record

RECORD = {"corpus": "sample", "profile": "tiny", "seed": 0, "emolib": "0"}


def test_a_result_comes_back_as_it_was_written(tmp_path):
    record = run_record(corpus="sample", seed=3, seconds=1.5)
    written = save_result(tmp_path / "r.json", {"psnr_db": 30.5}, record)
    assert load_result(tmp_path / "r.json") == written
    assert written["record"]["seed"] == 3


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", json.dumps({"numbers": {}}), json.dumps({"record": RECORD})]
)
def test_a_damaged_result_is_named(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DatasetError, match=r"r\.json"):
        load_result(tmp_path / "r.json")
    with pytest.raises(DatasetError, match="no such result"):
        load_result(tmp_path / "absent.json")


def test_a_result_without_its_origin_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="corpus"):
        save_result(tmp_path / "r.json", {}, {"profile": "tiny", "seed": 0, "emolib": "0"})
