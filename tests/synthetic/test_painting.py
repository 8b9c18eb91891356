"""A painted picture: flat strokes, edges that stay, the same every time."""

import numpy as np

from emolib.synthetic.painting import as_painting, strokes


def test_strokes_flatten_noise_and_keep_edges():
    picture = np.zeros((60, 80, 3), np.float32)
    picture[:, 40:] = 200
    noisy = picture + np.random.default_rng(0).normal(0, 10, picture.shape).astype(np.float32)
    painted = strokes(noisy, 4)
    assert painted[:, :30].std() < 0.5 * noisy[:, :30].std()
    assert (painted[10:50, 42] - painted[10:50, 37]).min() > 150


def test_a_painting_has_its_size_and_its_seed():
    picture = np.random.default_rng(1).integers(0, 256, (50, 64, 3), dtype=np.uint8)
    given = picture.copy()
    painted = as_painting(picture, seed=3)
    assert painted.shape == picture.shape and painted.dtype == np.uint8
    assert (painted == as_painting(picture, seed=3)).all()
    assert (painted != as_painting(picture, seed=4)).any()
    assert (picture == given).all()
