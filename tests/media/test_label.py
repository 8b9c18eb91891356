"""The words in the picture: legible on any ground, sized with it, and nothing else touched."""

import cv2
import numpy as np
import pytest
from film_files import label_box

from emolib.media.image import SEEN, label_frame, label_seen

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
    boxes = {size: label_box(*size) for size in SIZES}
    for (height, width), (x0, y0, x1, y1) in boxes.items():
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    heights = {size: y1 - y0 for size, (_, y0, _, y1) in boxes.items()}
    assert heights[1080, 1920] > 2 * heights[360, 480]


def test_label_survives_scaling_but_not_covering():
    picture = np.random.default_rng(1).integers(60, 200, (90, 120, 3), dtype=np.uint8)
    shown = label_frame(cv2.resize(picture, (960, 720)))
    assert label_seen(cv2.resize(shown, (640, 480), interpolation=cv2.INTER_AREA)) > SEEN
    x0, y0, x1, y1 = label_box(720, 960)
    covered = shown.copy()
    covered[y0:y1, x0:x1] = 90
    assert label_seen(covered) < 0.3
