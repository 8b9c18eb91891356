"""Picture metrics equal scikit-image, SciPy and closed forms."""

import cv2
import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from emolib.base.errors import ConfigError, MediaError
from emolib.evaluation import visual


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    smooth = rng.integers(0, 256, (4, 8, 8, 3)).repeat(6, 1).repeat(6, 2)  # (4, 48, 48, 3)
    noisy = smooth + rng.normal(0, 12, smooth.shape)
    return smooth.astype(np.uint8), noisy.clip(0, 255).astype(np.uint8)


def test_psnr_equals_scikit_image_and_is_finite_for_equal_frames(clips):
    wanted = [peak_signal_noise_ratio(a, b) for a, b in zip(*clips, strict=True)]
    np.testing.assert_allclose(visual.psnr_db(*clips), wanted, rtol=1e-5)
    assert visual.psnr_db(clips[0], clips[0]).tolist() == [100.0] * 4


def test_ssim_equals_scikit_image(clips):
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    wanted = [
        structural_similarity(a, b, channel_axis=2, data_range=255, **options)
        for a, b in zip(*clips, strict=True)
    ]
    np.testing.assert_allclose(visual.ssim(*clips), wanted, atol=1e-5)
    np.testing.assert_allclose(visual.ssim(clips[0], clips[0]), 1, atol=1e-6)


def test_a_changed_frame_changes_its_own_score_only(clips):
    truth, noisy = clips
    one = truth.copy()
    one[2] = noisy[2]
    assert (visual.psnr_db(one, truth) < 100).tolist() == [False, False, True, False]
    assert (visual.ssim(one, truth) < 0.999).tolist() == [False, False, True, False]
    with pytest.raises(MediaError, match="equal shape"):
        visual.psnr_db(truth, noisy[:2])
    with pytest.raises(MediaError, match="uint8"):
        visual.as_tensor(truth.astype(float))


class Corner(torch.nn.Module):
    """Nine numbers of a picture, by which two sets are compared."""

    name = "corner"

    def forward(self, pictures):
        return pictures.float()[:, :, :2, :2].flatten(1)[:, :9]


def test_the_frechet_distance_equals_scipy():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 200, (60, 16, 16, 3), dtype=np.uint8)
    b = (a[:50] // 2 + rng.integers(0, 90, (50, 16, 16, 3))).astype(np.uint8)
    feats = [visual.features_of(Corner(), clip) for clip in (a, b)]
    ours = visual.frechet_distance(*feats)
    covs = [np.cov(f.T.astype(np.float64)) for f in feats]
    by_scipy = (
        (feats[0].mean(0, dtype=np.float64) - feats[1].mean(0, dtype=np.float64)) ** 2
    ).sum()
    by_scipy += np.trace(covs[0] + covs[1] - 2 * sqrtm(covs[0] @ covs[1]).real)
    assert ours == pytest.approx(by_scipy, rel=1e-6)


def test_fewer_rows_than_features_give_the_same_distance_as_all_of_them():
    rng = np.random.default_rng(4)
    a, b = rng.normal(0, 1, (20, 30)), rng.normal(0.3, 1.4, (26, 30))
    covs = np.cov(a.T), np.cov(b.T)
    wanted = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(sum(covs))
    roots = np.linalg.eigvals(covs[0] @ covs[1]).astype(complex)
    wanted -= 2 * np.sqrt(roots).real.sum()
    assert visual.frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6)
    padded = [np.vstack([x] * 2) for x in (a, b)]  # now more rows than features
    scale = [np.sqrt((2 * len(x) - 1) / (2 * (len(x) - 1))) for x in (a, b)]
    same = [x.mean(0) + (x - x.mean(0)) * s for x, s in zip(padded, scale, strict=True)]
    assert visual.frechet_distance(*same) == pytest.approx(wanted, rel=1e-6)


def test_the_frechet_distance_in_one_dimension_is_the_closed_form():
    a, b = np.random.default_rng(2).normal(0, 1, (2, 400, 1))
    a, b = (a - a.mean()) / a.std(ddof=1), (b - b.mean()) / b.std(ddof=1)
    assert visual.frechet_distance(3 + 2 * a, 7 + 5 * b) == pytest.approx(16 + 9)  # Δm² + Δσ²
    assert visual.frechet_distance(a, a[::-1]) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ConfigError, match="features"):
        visual.frechet_distance(a[:1], b)


def test_only_official_features_are_called_fid():
    official = Corner()
    official.official_fid = True
    assert visual.frechet_name(official) == "FID"
    assert visual.frechet_name(Corner()) == "FFD (corner)"


def test_identity_measures_by_hand():
    a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[3.0, 0.0], [-2.0, 0.0]])
    np.testing.assert_allclose(visual.identity_cosine(a, b), [0.6, -1.0])


def textured(n_frames, speed):
    """A soft pattern that glides by `speed` px a frame."""
    x = np.arange(96)
    rows = [
        128 + 60 * np.sin(0.21 * (x - speed * t))[None, :] + 40 * np.cos(0.17 * x)[:, None]
        for t in range(n_frames)
    ]
    return np.repeat(np.array(rows)[..., None], 3, 3).astype(np.uint8)


def test_motion_is_no_flicker_but_flicker_is():
    still, moving = textured(10, 0.0), textured(10, 2.0)
    flicker = moving.copy()
    flicker[::2] = np.minimum(flicker[::2] + 12.0, 255).astype(np.uint8)
    steady, lively, broken = map(visual.warp_error, (still, moving, flicker))
    assert steady == 0
    assert lively < 2.5  # of a mean frame difference of about 16
    assert np.abs(np.diff(moving.astype(int), axis=0)).mean() > 4 * lively
    assert broken > 3 * lively
    assert visual.relative_flicker(broken, lively) == pytest.approx(broken / lively)
    with pytest.raises(MediaError, match="at least 3"):
        visual.warp_error(still[:2])


def test_blur_takes_detail():
    sharp = np.random.default_rng(2).integers(0, 255, (2, 60, 60, 3), dtype=np.uint8)
    soft = np.stack([cv2.GaussianBlur(picture, (0, 0), 1.0) for picture in sharp])
    assert visual.detail(soft) < 0.3 * visual.detail(sharp)
