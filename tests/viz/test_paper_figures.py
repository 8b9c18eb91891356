"""The paper's figures by number: files with their origin, or what they wait for."""

import json

import pytest

from emolib.errors import ConfigError
from emolib.lab.data import course_store
from emolib.viz.paper import DRAWN, WAITING, make_figure


@pytest.fixture(scope="module")
def store():
    return course_store(workers=1)


@pytest.mark.parametrize("number", sorted(DRAWN))
def test_a_figure_is_three_files_that_say_where_they_come_from(number, store, tmp_path):
    picture = make_figure(number, store, tmp_path, "tiny")
    assert picture.name.startswith(f"fig{number:02d}_")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".pdf", ".png"]
    record = json.loads(picture.with_suffix(".json").read_text())
    assert record["record"]["corpus"] == store.corpus
    assert picture.stat().st_size > 10_000


def test_the_same_figure_is_the_same_file(store, tmp_path):
    first = make_figure(7, store, tmp_path / "a", "tiny")
    again = make_figure(7, store, tmp_path / "b", "tiny")
    for suffix in (".png", ".pdf"):
        assert first.with_suffix(suffix).read_bytes() == again.with_suffix(suffix).read_bytes()


def test_every_figure_of_the_paper_is_drawn_or_says_what_it_waits_for(store, tmp_path):
    assert set(DRAWN) | set(WAITING) == set(range(1, 12))
    assert not set(DRAWN) & set(WAITING)
    with pytest.raises(ConfigError, match="user study"):
        make_figure(5, store, tmp_path, "tiny")
    with pytest.raises(ConfigError, match="1 to 11"):
        make_figure(12, store, tmp_path, "tiny")
    assert list(tmp_path.iterdir()) == []
