"""A picture as if painted: broad strokes, harder edges, a weave of canvas.

Stands where a user brings a portrait from a museum: a face whose texture no network here has seen.
The strokes are Kuwahara's filter (1976): each pixel takes the mean of the calmest of the four
squares that meet in it.
"""

from __future__ import annotations

import cv2
import numpy as np

STROKE = 0.006  # of the shorter side: half a stroke's width
CANVAS = 3.5  # grey levels of weave
WARMTH = np.array([1.05, 1.0, 0.88], np.float32)  # old varnish


def strokes(picture: np.ndarray, radius_px: int) -> np.ndarray:
    """Kuwahara's filter of a picture (H, W, 3) float32."""
    size = (radius_px + 1, radius_px + 1)
    grey = picture.mean(axis=2)
    best = np.full(grey.shape, np.inf, np.float32)
    out = picture.copy()
    for x in (0, radius_px):
        for y in (0, radius_px):
            options = {"anchor": (x, y), "borderType": cv2.BORDER_REFLECT}
            mean = cv2.blur(picture, size, **options)
            unrest = cv2.blur(grey * grey, size, **options) - cv2.blur(grey, size, **options) ** 2
            calmer = unrest < best
            best[calmer], out[calmer] = unrest[calmer], mean[calmer]
    return out


def as_painting(picture: np.ndarray, seed: int = 0) -> np.ndarray:
    """A painted version of a picture (H, W, 3) uint8 RGB, of the same size."""
    height, width = picture.shape[:2]
    radius = max(1, round(STROKE * min(height, width)))
    out = strokes(strokes(picture.astype(np.float32), radius), radius)
    soft = cv2.GaussianBlur(out, (0, 0), 2 * radius)
    out = (out + 0.5 * (out - soft)) * WARMTH
    rng = np.random.default_rng(seed)
    threads = rng.normal(0, 1, (height, 1)) + rng.normal(0, 1, (1, width))
    weave = cv2.GaussianBlur(rng.normal(0, 1, (height, width)) + 0.4 * threads, (0, 0), 0.8)
    out += (CANVAS * weave / weave.std())[..., None]
    return np.rint(out.clip(0, 255)).astype(np.uint8)
