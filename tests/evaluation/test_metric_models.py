"""Which networks measure: by name, by file, or those that are shipped; and what is said of them."""

import shutil

import pytest
from small_world import make_checkpoints

from emolib.base.errors import CheckpointError
from emolib.evaluation.metric_models import load_metric_models
from emolib.evaluation.run import EvaluateSettings
from emolib.models.emotion import EmotionClassifier, EmotionDiscriminator
from emolib.models.syncnet import SyncNet


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    return make_checkpoints(tmp_path_factory.mktemp("networks"))


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty `data/checkpoints`."""
    monkeypatch.setenv("EMOLIB_DATA", str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def tools(metrics=("emotion",), **names):
    return load_metric_models(EvaluateSettings(metrics=metrics, **names))


def test_a_classifier_by_file_says_whether_it_is_independent(networks, shelf):
    judge = tools(classifier=str(networks["classifier"]))
    assert isinstance(judge.instruments.judges[0].net, EmotionClassifier)
    assert any("never trained a generator" in note for note in judge.notes)
    old = tools(classifier=str(networks["emotion"]))
    assert isinstance(old.instruments.judges[0].net, EmotionDiscriminator)
    assert any("not independent" in note for note in old.notes)


def test_by_name_the_independent_one_comes_first(networks, shelf):
    shutil.copy(networks["emotion"], shelf / "mine-emotion.safetensors")
    found = tools(classifier="mine").instruments.judges[0].net
    assert isinstance(found, EmotionDiscriminator)
    shutil.copy(networks["classifier"], shelf / "mine-classifier.safetensors")
    assert isinstance(tools(classifier="mine").instruments.judges[0].net, EmotionClassifier)


def test_what_is_shipped_measures_where_nothing_is_named(networks, shelf):
    bare = tools(("sync", "emotion"))
    assert bare.instruments.judges == () and bare.instruments.expert is None
    assert any("was not measured" in note for note in bare.notes)
    shutil.copy(networks["classifier"], shelf / "lite-classifier.safetensors")
    shutil.copy(networks["expert"], shelf / "lite-syncnet.safetensors")
    full = tools(("sync", "emotion"))
    assert isinstance(full.instruments.judges[0].net, EmotionClassifier)
    assert isinstance(full.instruments.expert, SyncNet)
    assert set(full.sha256) == {"LSE (expert)", "EmoAcc (classifier)"}


def test_other_networks_are_no_classifiers(networks, shelf):
    with pytest.raises(CheckpointError, match="an emotion classifier"):
        tools(classifier=str(networks["expert"]))
    with pytest.raises(CheckpointError, match="no checkpoint of the name 'nobody'"):
        tools(classifier="nobody")
