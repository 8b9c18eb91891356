"""The words "AI-generated" in the picture: for people, who read no metadata.

White letters on a dark box in the lower left corner, sized with the picture, so that they
stay legible on any background and at any resolution, and survive re-encoding and rescaling.
Paper: appendix F (clear labels on manipulated content).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

TEXT = "AI-generated"
HEIGHT = 0.024  # height of a capital letter, as a part of the picture's shorter side
MIN_PX = 9  # but no smaller, as long as the box keeps within MAX_WIDTH
MAX_WIDTH = 0.62  # of the picture's width
PAD = 0.6  # box around the text, in capital heights
BOX_OPACITY = 0.78
BOX, INK = 24.0, 250.0  # grey levels of the box and of the letters
SEEN = 0.6  # correlation from which the label counts as seen
SLACK, BLUR_PX = 3, 0.7  # scaling a picture moves and softens the label by about a pixel


def label_frame(frame: np.ndarray) -> np.ndarray:
    """A copy of a picture (H, W, 3) uint8 RGB with the label in its lower left corner."""
    out = frame.copy()
    opacity, grey = label_patch(frame.shape[0], frame.shape[1])
    rows, columns = _corner(frame.shape, opacity.shape)
    region = out[rows, columns].astype(np.float32)
    blend = region + opacity[..., None] * (grey[..., None] - region)
    out[rows, columns] = np.rint(blend).astype(np.uint8)
    return out


def label_seen(frame: np.ndarray) -> float:
    """How surely a picture (H, W, 3) uint8 carries the label: correlation with it, -1 to 1.

    Values from `SEEN` on mean yes; a picture without it stays near 0.
    """
    grey = label_patch(frame.shape[0], frame.shape[1])[1]
    rows, columns = _corner(frame.shape, grey.shape)
    near = frame[
        max(0, rows.start - SLACK) : rows.stop + SLACK,
        max(0, columns.start - SLACK) : columns.stop + SLACK,
    ]
    near = cv2.GaussianBlur(near.mean(axis=2, dtype=np.float32), (0, 0), BLUR_PX)
    sought = cv2.GaussianBlur(grey, (0, 0), BLUR_PX)
    if near.std() < 1e-3:
        return 0.0
    return float(cv2.matchTemplate(near, sought, cv2.TM_CCOEFF_NORMED).max())


@lru_cache(maxsize=16)
def label_patch(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The label for a picture of this size: opacity and grey level, each (h, w) float32."""
    letter_px = max(MIN_PX, HEIGHT * min(height, width))
    text_w, cap_px = _text_size(100.0)
    letter_px = min(letter_px, MAX_WIDTH * width / (text_w / cap_px + 2 * PAD))
    font = ImageFont.load_default(100.0 * letter_px / cap_px)
    left, top, right, bottom = font.getbbox(TEXT)
    pad = round(PAD * letter_px)
    size = (max(1, round(right - left) + 2 * pad), max(1, round(bottom - top) + 2 * pad))
    drawn = Image.new("L", size, 0)
    ImageDraw.Draw(drawn).text((pad - left, pad - top), TEXT, fill=255, font=font)
    ink = np.asarray(drawn, dtype=np.float32) / 255  # (h, w)
    opacity = BOX_OPACITY + (1 - BOX_OPACITY) * ink
    grey = BOX + (INK - BOX) * ink
    opacity.flags.writeable = grey.flags.writeable = False
    return opacity, grey


def _text_size(font_px: float) -> tuple[float, float]:
    """Width of the text and height of its capitals at this font size, in pixels."""
    font = ImageFont.load_default(font_px)
    left, _, right, _ = font.getbbox(TEXT)
    _, top, _, bottom = font.getbbox("A")
    return right - left, bottom - top


def _corner(picture: tuple[int, ...], patch: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the label, a small margin away from the edges."""
    margin = min(round(0.012 * min(picture[:2])), picture[0] - patch[0], picture[1] - patch[1])
    margin = max(0, margin)
    bottom = picture[0] - margin
    return slice(max(0, bottom - patch[0]), bottom), slice(margin, margin + patch[1])
