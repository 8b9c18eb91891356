"""Which networks measure: by name, by file, or those that are shipped; and what is said of them."""

import shutil
from unittest import mock

import pytest
import torch
import torch.nn.functional as F
from small_world import make_checkpoints
from torchvision.models import inception, inception_v3

from emolib.base.errors import CheckpointError
from emolib.evaluation import inception as ours
from emolib.evaluation.metric_models import load_metric_models
from emolib.evaluation.run import EvaluateSettings
from emolib.evaluation.visual import frechet_name
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
    assert isinstance(judge.judges[0].net, EmotionClassifier)
    assert any("never trained a generator" in note for note in judge.notes)
    old = tools(classifier=str(networks["emotion"]))
    assert isinstance(old.judges[0].net, EmotionDiscriminator)
    assert any("not independent" in note for note in old.notes)


def test_by_name_the_independent_one_comes_first(networks, shelf):
    shutil.copy(networks["emotion"], shelf / "mine-emotion.safetensors")
    found = tools(classifier="mine").judges[0].net
    assert isinstance(found, EmotionDiscriminator)
    shutil.copy(networks["classifier"], shelf / "mine-classifier.safetensors")
    assert isinstance(tools(classifier="mine").judges[0].net, EmotionClassifier)


def test_what_is_shipped_measures_where_nothing_is_named(networks, shelf):
    bare = tools(("sync", "emotion"))
    assert bare.judges == () and bare.expert is None
    assert any("was not measured" in note for note in bare.notes)
    for name, kind in (("classifier", "classifier"), ("expert", "syncnet")):
        shutil.copy(networks[name], shelf / f"lite-{kind}.safetensors")
    full = tools(("sync", "emotion"))
    assert isinstance(full.judges[0].net, EmotionClassifier)
    assert isinstance(full.expert, SyncNet)
    assert set(full.sha256) == {"LSE (expert)", "EmoAcc (classifier)"}


def test_other_networks_are_no_classifiers(networks, shelf):
    with pytest.raises(CheckpointError, match="an emotion classifier"):
        tools(classifier=str(networks["expert"]))
    with pytest.raises(CheckpointError, match="no checkpoint of the name 'nobody'"):
        tools(classifier="nobody")


def test_pooling_differs_from_torchvision_as_the_2015_graph_does():
    torch.manual_seed(0)
    pictures = torch.rand(1, 3, 40, 40)
    network = ours.FidInception()
    plain = inception_v3(
        weights=None, num_classes=1008, aux_logits=False, init_weights=False, transform_input=False
    ).eval()
    plain.load_state_dict(network.net.state_dict(), strict=False)
    plain.fc = torch.nn.Identity()
    averages, last = F.avg_pool2d, []

    def pool(x, kernel_size, stride, padding):
        last.append(x.shape[-1])
        if len(last) == 9:  # the pooling branch of block 7c
            return F.max_pool2d(x, kernel_size, stride, padding)
        return averages(x, kernel_size, stride, padding, count_include_pad=False)

    with torch.no_grad(), mock.patch.object(inception.F, "avg_pool2d", pool):
        small = F.interpolate(pictures, (299, 299), mode="bilinear", align_corners=False)
        wanted = plain(2 * small - 1)
    assert last == [35, 35, 35, 17, 17, 17, 17, 8, 8]
    with torch.no_grad():
        ours_off = (network(pictures) - wanted).abs().max() / wanted.abs().max()
        theirs_off = (plain(2 * small - 1) - wanted).abs().max() / wanted.abs().max()
    assert ours_off < 1e-4
    assert theirs_off > 0.03  # torchvision's own pooling gives other features


def test_only_the_official_file_makes_it_fid(tmp_path, monkeypatch):
    assert frechet_name(ours.FidInception()) == "FFD (Inception 2015, random weights)"
    monkeypatch.setenv("EMOLIB_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    assert ours.fid_file() is None
    fake = tmp_path / "weights" / ours.FID_FILES[0].name
    fake.parent.mkdir()
    torch.save({"fc.bias": torch.zeros(1008)}, fake)
    assert ours.fid_file()[1] == fake
    with pytest.raises(CheckpointError, match="not the official file"):
        ours.FidInception(fake)
