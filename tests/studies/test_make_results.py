"""Studies: made once, again when an input changes, and only then."""

import json

import numpy as np
import pytest

from emolib.base.errors import ConfigError, DatasetError
from emolib.base.results import load_result
from emolib.studies import MAKERS, Bench, Maker, make_results, registry

MADE = []


def make_sum(bench):
    """The sizes of the checkpoints that are there."""
    MADE.append(sorted(bench.checkpoints))
    sizes = {name: path.stat().st_size for name, path in bench.checkpoints.items()}
    bench.save("sum.json", sizes, corpus="nothing", profile="tiny")


@pytest.fixture
def house(tmp_path, monkeypatch):
    study = Maker("sum", make_sum, ("sum.json",), checkpoints=("a", "b"), required=("a",))
    monkeypatch.setattr(registry, "MAKERS", {"sum": study})
    MADE.clear()
    for name in ("results", "checkpoints"):
        (tmp_path / name).mkdir()
    return tmp_path


def run(house, said=None, **options):
    say = (said if said is not None else []).append
    folders = {"results": house / "results", "checkpoints": house / "checkpoints"}
    return make_results(**folders, say=say, **options)


def put(house, name, data):
    (house / "checkpoints" / f"{name}.safetensors").write_bytes(data)


def test_a_study_waits_for_its_checkpoint_and_says_so(house):
    said = []
    assert run(house, said) == []
    assert said == ["sum: waits for the checkpoint a"]


def test_a_study_is_made_again_only_when_something_changed(house):
    put(house, "a", b"1")
    assert [run(house), run(house)] == [["sum"], []]
    put(house, "b", b"22")
    assert [run(house), run(house)] == [["sum"], []]
    put(house, "a", b"333")
    assert [run(house), run(house)] == [["sum"], []]
    assert MADE == [["a"], ["a", "b"], ["a", "b"]]
    assert load_result(house / "results" / "sum.json")["numbers"] == {"a": 3, "b": 2}
    (house / "results" / "sum.json").unlink()
    assert run(house) == ["sum"]
    assert run(house, force=True) == ["sum"]


def test_unknown_studies_are_refused_before_anything_is_made(house):
    with pytest.raises(ConfigError, match=r"no study x; expected sum"):
        run(house, names=["sum", "x"])


def test_companions_stay_small(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, 400_000).astype(np.uint8)
    bench = Bench({}, tmp_path)
    with pytest.raises(DatasetError, match=r"big\.npz.*400 KB"):
        bench.save("big.json", {}, arrays={"noise": noise}, corpus="none")
    assert list(tmp_path.iterdir()) == []


def test_a_given_store_matters_and_the_default_does_not(house, monkeypatch):
    study = Maker("sum", make_sum, ("sum.json",), checkpoints=("a",), uses_store=True)
    monkeypatch.setattr(registry, "MAKERS", {"sum": study})
    stores = {}
    monkeypatch.setattr(registry, "read_info", lambda store: stores[store])
    stores[house] = {"settings": {"crop_px": 96}, "counts": {"clips": 1}}
    put(house, "a", b"1")
    assert run(house, store=house) == ["sum"]
    assert run(house) == []  # without a store: what was made from one stays
    stores[house] = {"settings": {"crop_px": 96}, "counts": {"clips": 2}}
    assert run(house, store=house) == ["sum"]


def test_every_study_is_found_and_writes_results_of_its_own():
    assert {"windows", "draws"} <= set(MAKERS)
    names = [name for maker in MAKERS.values() for name in maker.makes]
    assert len(names) == len(set(names))
    assert all(name.endswith(".json") for name in names)
    known = json.loads((registry.results_dir() / registry.MADE_FROM).read_text())
    assert set(known) <= set(MAKERS)
