"""FID's own network: torchvision's Inception with the three pooling differences, and its file."""

from unittest import mock

import pytest
import torch
import torch.nn.functional as F
from torchvision.models import inception, inception_v3

from emolib.base.errors import CheckpointError
from emolib.evaluation import inception as ours
from emolib.evaluation.visual import frechet_name


def test_pooling_differs_from_torchvision_as_the_2015_graph_does():
    torch.manual_seed(0)
    pictures = torch.rand(1, 3, 40, 40)
    network = ours.FidInception()
    plain = inception_v3(
        weights=None, num_classes=1008, aux_logits=False, init_weights=False, transform_input=False
    ).eval()
    state = network.net.state_dict()
    renamed = {
        key.replace("branch_pool.conv.conv", "branch_pool.conv")
        .replace("branch_pool.conv.bn", "branch_pool.bn")
        .replace("Mixed_7c.block.", "Mixed_7c."): value
        for key, value in state.items()
    }
    plain.load_state_dict(renamed, strict=False)
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
