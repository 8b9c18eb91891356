"""LSE: known offsets come back to the frame, and every step equals an independent computation."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from emolib.base.errors import ConfigError, MediaError
from emolib.evaluation import lse_inputs, sync
from emolib.evaluation.lse_inputs import mfcc
from emolib.media.mel import melspectrogram

RATE, PER_FRAME = 16_000, 640


def mfcc_row(whole, m):
    """One row from the formulas, sample by sample: 25 ms from `m / 100` s on."""
    emphasised = [
        whole[i] - 0.97 * (whole[i - 1] if i else 0.0) if i < len(whole) else 0.0
        for i in range(160 * m, 160 * m + 400)
    ]
    n = np.arange(400)
    power = []
    for k in range(257):
        turn = np.exp(-2j * np.pi * k * n / 512)
        power.append(abs((np.array(emphasised) * turn).sum()) ** 2 / 512)
    mel_of = lambda hz: 2595 * math.log10(1 + hz / 700)  # noqa: E731
    corners = [
        math.floor(513 * 700 * (10 ** (mel_of(8000) * i / 27 / 2595) - 1) / RATE) for i in range(28)
    ]
    logs = []
    for j in range(26):
        a, b, c = corners[j : j + 3]
        band = sum((k - a) / (b - a) * power[k] for k in range(a, b))
        band += sum((c - k) / (c - b) * power[k] for k in range(b, c))
        logs.append(math.log(max(band, np.finfo(float).eps)))
    row = [math.log(max(sum(power), np.finfo(float).eps))]
    for q in range(1, 13):
        cosine = sum(v * math.cos(math.pi * q * (2 * j + 1) / 52) for j, v in enumerate(logs))
        row.append((1 + 11 * math.sin(math.pi * q / 22)) * math.sqrt(2 / 26) * cosine)
    return row


def test_mfcc_equals_its_formulas():
    rng = np.random.default_rng(0)
    n = np.arange(1500)
    sound = (0.4 * np.sin(0.3 * n) + 0.1 * rng.standard_normal(1500)).astype(np.float32)
    sound[900:] = 0  # silence must not become minus infinity
    rows = mfcc(sound)
    assert rows.shape == (8, 13)  # 1 + ceil((1500 - 400) / 160)
    whole = np.rint(sound.astype(float) * 32768)
    for m in (0, 3, 7):
        np.testing.assert_allclose(rows[m], mfcc_row(whole, m), rtol=1e-5, atol=1e-4)
    assert mfcc(sound[:100]).shape == (1, 13)


def events(n_frames, seed=0):
    """One number a frame that never repeats its course, in [0, 1]."""
    values = np.random.default_rng(seed).random(n_frames + 4)
    return np.convolve(values, np.ones(2) / 2, "same")[:n_frames]


def bright_frames(levels, size):
    frames = np.zeros((len(levels), size, size, 3), np.uint8)
    frames[:] = np.rint(40 + 200 * levels)[:, None, None, None]
    return frames


def loud_sound(levels):
    """A buzz whose amplitude in each frame is given by `levels`."""
    buzz = np.random.default_rng(9).standard_normal(len(levels) * PER_FRAME)
    return (0.2 * buzz * np.exp(2 * np.repeat(levels, PER_FRAME) - 2)).clip(-1, 1)


class Analytic(nn.Module):
    """Reads brightness off pictures and loudness off sound: each frame's level, normalised."""

    def forward(self, heard, seen):
        if heard.shape[2] == 13:  # MFCC: column 0 is log energy; mel: mean level
            energy = heard[:, 0, 0].unflatten(1, (5, 4)).mean(2) / 4
        else:
            energy = torch.nn.functional.interpolate(heard[:, 0].mean(1, True), 5, mode="linear")[
                :, 0
            ]
        if seen.ndim == 5:
            light = seen.mean((1, 3, 4)) / 200
        else:
            light = seen.unflatten(1, (5, 3)).mean((2, 3, 4)) * 255 / 200
        return self.normed(energy), self.normed(light)

    @staticmethod
    def normed(values):
        values = values - values.mean(1, keepdim=True)
        return nn.functional.normalize(values, dim=1)


@pytest.mark.parametrize("lead", [0, 1, -12, 15, -15])
@pytest.mark.parametrize("which", ["published", "expert"])
def test_a_known_offset_comes_back_to_the_frame(which, lead):
    levels = events(64 + 40)
    seen, heard = levels[20:84], levels[20 + lead : 84 + lead]  # sound `lead` frames early
    sound = loud_sound(heard).astype(np.float32)
    measure, side = {"published": (sync.lse, 224), "expert": (sync.lse_expert, 96)}[which]
    result = measure(Analytic(), bright_frames(seen, side), sound)
    assert result.offset == lead
    assert result.offsets[result.curve.argmin()] == lead
    assert result.confidence > 0.2
    assert result.n_windows == 59
    assert result.at_zero > result.distance + 0.2 if lead else result.at_zero == result.distance


def test_unrelated_sound_has_little_confidence():
    film = bright_frames(events(90), 96)
    right, wrong = (
        sync.lse_expert(Analytic(), film, loud_sound(events(90, seed=seed)).astype(np.float32))
        for seed in (0, 5)
    )
    assert wrong.confidence < 0.5 * right.confidence
    assert wrong.distance > right.distance


def by_hand(video, audio, shift):
    """Distances entry by entry, with zeros beyond the ends."""
    rows = []
    for i in range(len(video)):
        row = []
        for j in range(i - shift, i + shift + 1):
            other = audio[j] if 0 <= j < len(audio) else np.zeros_like(audio[0])
            row.append(
                math.sqrt(sum((v - a + 1e-6) ** 2 for v, a in zip(video[i], other, strict=True)))
            )
        rows.append(row)
    return np.array(rows)


def test_distances_minimum_and_median_equal_a_matrix_made_from_scratch():
    rng = np.random.default_rng(1)
    video, audio = rng.standard_normal((2, 23, 6))
    matrix = by_hand(video, audio, 15)
    tensors = torch.tensor(video, dtype=torch.float32), torch.tensor(audio, dtype=torch.float32)
    np.testing.assert_allclose(sync.distance_matrix(*tensors), matrix, rtol=1e-5)
    result = sync.lse_from_embeddings(*tensors)
    means = [sum(column) / 23 for column in matrix.T]
    assert result.distance == pytest.approx(min(means), rel=1e-5)
    assert result.confidence == pytest.approx(sorted(means)[15] - min(means), rel=1e-4)
    assert result.offset == 15 - means.index(min(means))
    # the mean of each window's own minimum is another, smaller number: order matters
    assert np.mean(matrix.min(axis=1)) < result.distance - 0.1


def test_skipping_the_padding_averages_real_pairs_only():
    rng = np.random.default_rng(2)
    video, audio = rng.standard_normal((2, 20, 4))
    matrix = by_hand(video, audio, 15)
    real = [np.mean([matrix[i, j] for i in range(20) if 0 <= i + j - 15 < 20]) for j in range(31)]
    tensors = torch.tensor(video, dtype=torch.float32), torch.tensor(audio, dtype=torch.float32)
    result = sync.lse_from_embeddings(*tensors, pad="skip")
    np.testing.assert_allclose(result.curve, real, rtol=1e-5)
    short = sync.lse_from_embeddings(tensors[0][:3], tensors[1][:3], pad="skip")
    assert np.isnan(short.curve[:13]).all()
    assert np.isfinite(short.distance)
    with pytest.raises(ConfigError, match="mirror"):
        sync.lse_from_embeddings(*tensors, pad="mirror")


class Deaf(nn.Module):
    """Unit vectors of picture and sound that have nothing to do with each other."""

    def forward(self, heard, seen):
        vectors = torch.randn(2, len(heard), 16)
        return nn.functional.normalize(vectors, dim=2).unbind()


def test_padding_would_call_the_ends_of_short_clips_in_sync_on_the_experts_scale():
    film, sound = bright_frames(events(40), 96), loud_sound(events(40)).astype(np.float32)
    torch.manual_seed(0)
    vectors = sync.expert_embeddings(Deaf(), film, melspectrogram(sound), 35)
    padded = sync.lse_from_embeddings(*vectors, pad="zeros")
    assert abs(padded.offset) >= 13
    assert padded.curve[[0, -1]].mean() < padded.curve[10:21].mean() - 0.1
    torch.manual_seed(0)
    honest = sync.lse_expert(Deaf(), film, sound)
    assert abs(honest.curve[[0, -1]].mean() - honest.curve[10:21].mean()) < 0.06


def test_clips_that_are_too_short_or_misshapen_are_refused():
    assert sync.count_windows(100, 50 * PER_FRAME + 639) == 45
    with pytest.raises(MediaError, match="at least 6 frames"):
        sync.lse(Analytic(), np.zeros((5, 224, 224, 3), np.uint8), np.zeros(16_000, np.float32))
    with pytest.raises(MediaError, match="224"):
        sync.lse(Analytic(), np.zeros((9, 96, 96, 3), np.uint8), np.zeros(16_000, np.float32))
    with pytest.raises(ConfigError, match="audio or mel"):
        sync.lse_expert(Analytic(), np.zeros((9, 96, 96, 3), np.uint8))


def test_crops_take_the_square_of_the_protocol_and_fill_the_outside_with_grey():
    boxes = np.tile([100.0, 60.0, 180.0, 160.0], (20, 1))  # centre 140, 110; half-side 50
    boxes[7] += 30  # one jump: the median removes it
    # x: 140 ± 1.4 · 50; y: 110 - 50 … 110 + 1.8 · 50
    assert lse_inputs.lse_squares(boxes)[7:13].tolist() == [[70, 60, 210, 200]] * 6
    frame = np.zeros((120, 160, 3), np.uint8)
    frame[:, :, 0] = np.arange(160)
    boxes = np.tile([0.0, 20.0, 80.0, 100.0], (30, 1))  # centre 40, 60; s = 40: x -16 … 96
    crops = lse_inputs.lse_crops(np.stack([frame] * 30), boxes)
    assert crops.shape == (30, 224, 224, 3)
    middle = crops[15]  # 112 px become 224: two crop pixels a picture pixel
    assert (middle[:, :30] == 110).all()  # x < 0
    assert (middle[-20:] == 110).all()  # y from 120 on (20 + 112 = 132)
    assert abs(int(middle[50, 2 * (16 + 50), 0]) - 50) <= 1


def test_a_whole_video_is_in_sync_a_pose_becomes_a_tight_box_and_a_gap_has_none():
    levels = events(40)
    frames, boxes = bright_frames(levels, 150), np.tile([30.0, 20.0, 135.0, 125.0], (40, 1))
    sound = loud_sound(levels).astype(np.float32)
    assert sync.lse(Analytic(), lse_inputs.lse_crops(frames, boxes), sound).offset == 0
    boxes = lse_inputs.tight_boxes(np.tile([200.0, 150.0, 100.0, 0.0], (3, 1)))
    np.testing.assert_allclose(boxes[0], [163, 104, 237, 192])
    boxes[1] = np.nan
    with pytest.raises(ConfigError, match="one each"):
        lse_inputs.lse_crops(frames[:3], boxes)
