"""EmoAcc, its confusion matrix, and judges that look at what they should."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from torch import nn

from emolib.base.errors import ConfigError, MediaError
from emolib.evaluation import emotion
from emolib.evaluation.emotion import ExpressionJudge, WindowJudge, occlusion_map, score_emotions
from emolib.models.face_nets import ExpressionNet


def test_scores_equal_scikit_learn_and_leave_emotions_without_clips_out():
    rng = np.random.default_rng(0)
    intended, probs = rng.integers(0, 6, 200), rng.random((200, 6))
    probs[np.arange(200), intended] += 0.4
    score = score_emotions(probs, intended)
    named = probs.argmax(1)
    assert (score.confusion == confusion_matrix(intended, named, labels=range(6))).all()
    assert score.accuracy == pytest.approx((named == intended).mean())
    assert score.balanced == pytest.approx(balanced_accuracy_score(intended, named))
    assert score.n == score.as_dict()["n"] == 200
    few = score_emotions(np.eye(6)[[3, 3, 0]], np.array([3, 3, 4]))
    assert few.per_emotion == {"HAP": 1.0, "NEU": 0.0}
    assert (few.accuracy, few.balanced) == (pytest.approx(2 / 3), 0.5)
    with pytest.raises(ConfigError, match=r"\(N, 6\)"):
        score_emotions(np.eye(6), np.array([1]))


class LastFrame(nn.Module):
    """Logits from the brightness of a window's last frame: sure of class `level // 40`."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, windows):
        last = (windows[:, -1].mean((1, 2, 3)) * 255 / 40).long()
        self.seen.append(windows.shape)
        return 50.0 * nn.functional.one_hot(last, 6)


def test_a_window_judge_averages_over_the_clip_and_sees_its_end():
    frames = np.zeros((12, 96, 96, 3), np.uint8)
    frames[11] = 5 * 40 + 10  # only the last frame shows class 5
    net = LastFrame()
    probs = WindowJudge(net, "toy").probs(frames)
    assert net.seen == [(3, 5, 3, 96, 96)]  # windows at 0, 5 and, for the end, 7
    np.testing.assert_allclose(probs, [2 / 3, 0, 0, 0, 0, 1 / 3], atol=1e-6)
    with pytest.raises(MediaError, match="at least 5"):
        WindowJudge(net, "toy").probs(frames[:4])


def test_the_expression_judge_drops_surprise_and_renormalises():
    net = ExpressionNet.load()
    frames = np.random.default_rng(0).integers(0, 256, (7, 96, 96, 3), dtype=np.uint8)
    probs = ExpressionJudge(net, stride=3).probs(frames)
    assert probs.sum() == pytest.approx(1)
    pictures = torch.from_numpy(frames[[0, 3, 6]]).permute(0, 3, 1, 2).float() / 255
    seven = net(pictures).softmax(1).double()  # neutral, happy, sad, angry, fearful, disgusted, …
    six = seven[:, [3, 5, 4, 1, 0, 2]]
    np.testing.assert_allclose(probs, (six / six.sum(1, keepdim=True)).mean(0), atol=1e-6)


class LooksAt(nn.Module):
    """Says emotion 2 the more, the brighter one place is."""

    def __init__(self, rows, columns):
        super().__init__()
        self.place = (..., rows, columns)

    def forward(self, frames):
        bright = frames[self.place].mean((1, 2, 3, 4))  # (B,)
        return torch.nn.functional.one_hot(torch.tensor(2), 6) * 10 * bright[:, None]


@pytest.fixture
def frames():
    torch.manual_seed(0)
    frames = 0.2 * torch.rand(5, 3, 96, 96)
    frames[..., 60:84, 36:60] += 0.7  # something bright where the judge looks
    return frames


def test_the_map_is_highest_where_the_judge_looks(frames):
    heat = occlusion_map(LooksAt(slice(60, 84), slice(36, 60)), frames, 2)
    assert heat.shape == (7, 7)
    assert divmod(int(heat.argmax()), 7) == (5, 3)  # the square from row 60, column 36
    assert heat[5, 3] > 0.5 and heat[:3].abs().max() < 1e-5
    other = occlusion_map(LooksAt(slice(60, 84), slice(36, 60)), frames, 0)
    assert other[5, 3] < 0  # what speaks for one emotion speaks against the others


def test_a_cover_has_the_mean_colour_and_leaves_the_rest(frames):
    other = emotion.covered(frames, 10, 20, 8)
    changed = (other != frames).any(1).any(0)
    assert changed[10:18, 20:28].all() and changed.sum() == 64
    torch.testing.assert_close(other[..., 12, 22], frames.mean((-2, -1)))
    with pytest.raises(ConfigError, match="97 px"):
        occlusion_map(LooksAt(slice(0, 1), slice(0, 1)), frames, 0, side=97)
