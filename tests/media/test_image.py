"""Frames in a strip come back in order, in their colours, nearly as they were."""

import numpy as np
import pytest
from skimage import data, transform

from emolib.base.errors import MediaError
from emolib.media.image import load_strip, save_strip


def faces(n):
    picture = transform.resize(data.astronaut()[:256, 96:352], (96, 96))
    picture = (255 * picture).astype(np.uint8)
    return np.stack([np.roll(picture, 5 * k, axis=1) for k in range(n)])


def test_frames_come_back_in_order_and_colour(tmp_path):
    frames = faces(7)
    save_strip(tmp_path / "s.webp", frames, n_columns=3)
    back = load_strip(tmp_path / "s.webp", 7)
    assert back.shape == frames.shape
    away = np.abs(back.astype(int) - frames).mean((1, 2, 3))
    assert away.max() < 4
    swapped = np.abs(back.astype(int) - frames[..., ::-1]).mean()
    assert swapped > 4 * away.max()


def test_wrong_frames_and_files_are_refused(tmp_path):
    with pytest.raises(MediaError, match=r"float64 \(2, 96, 96, 3\)"):
        save_strip(tmp_path / "s.webp", faces(2) / 255)
    with pytest.raises(MediaError, match="webp"):
        save_strip(tmp_path / "s.png", faces(2))
    save_strip(tmp_path / "s.webp", faces(2), n_columns=2)
    with pytest.raises(MediaError, match="expected 3 frames"):
        load_strip(tmp_path / "s.webp", 3)
