"""Frames in a strip come back in order, in their colours, nearly as they were."""

import cv2
import numpy as np
import pytest
from film_files import label_box
from skimage import data, transform

from emolib.base.errors import MediaError
from emolib.media.image import SEEN, label_frame, label_seen, load_strip, save_strip


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


SIZES = [(96, 96), (361, 479), (360, 480), (1080, 720), (1080, 1920)]


def grounds(height, width):
    """White, black, mid-grey and noise: the hardest grounds for a label."""
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return [np.full((height, width, 3), level, np.uint8) for level in (0, 128, 255)] + [noise]


def luminance(grey):
    """Relative luminance of a grey level 0–255, as in the web contrast rules."""
    return (grey / 255) ** 2.2


@pytest.mark.parametrize("size", SIZES)
def test_label_reads_on_every_ground_and_touches_only_its_box(size):
    x0, y0, x1, y1 = label_box(*size)
    for ground in grounds(*size):
        before = ground.copy()
        shown = label_frame(ground)
        assert (ground == before).all(), "the input was changed"
        inside = shown[y0:y1, x0:x1].mean(axis=2)
        paper, ink = np.percentile(inside, 10), np.percentile(inside, 99.5)
        assert (luminance(ink) + 0.05) / (luminance(paper) + 0.05) > 4.5
        outside = np.ones(size, bool)
        outside[y0:y1, x0:x1] = False
        assert (shown[outside] == ground[outside]).all()
        assert label_seen(shown) > 0.8 > SEEN > label_seen(ground)


def test_label_grows_with_the_picture_and_stays_inside_it():
    heights = {}
    for height, width in SIZES:
        x0, y0, x1, y1 = label_box(height, width)
        assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
        heights[height, width] = y1 - y0
    assert heights[1080, 1920] > 2 * heights[360, 480]


def test_label_survives_scaling_but_not_covering():
    picture = np.random.default_rng(1).integers(60, 200, (90, 120, 3), dtype=np.uint8)
    shown = label_frame(cv2.resize(picture, (960, 720)))
    assert label_seen(cv2.resize(shown, (640, 480), interpolation=cv2.INTER_AREA)) > SEEN
    x0, y0, x1, y1 = label_box(720, 960)
    covered = shown.copy()
    covered[y0:y1, x0:x1] = 90
    assert label_seen(covered) < 0.3
