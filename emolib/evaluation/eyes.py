"""How open the eyes are, read from pixels against the person's own open and shut eye.

Mesh lids hardly follow a blink, and how dark a shut eye looks differs from person to person. But
the true clip of a corpus with known lids shows this person's eyes both open and shut, in this
light. Every other clip of the same poses is placed on the line between the two pictures.
"""

from __future__ import annotations

import cv2
import numpy as np

from emolib.base.errors import ConfigError

PATCH = (24, 14)  # width and height in pixels
CORNERS_AT = (0.1, 0.9)  # of the width: where the eye's corners come to lie
MIDDLE_AT = 0.5  # of the height
OPEN, SHUT = 0.85, 0.5  # of the open eye, as the true lids show it


def eye_patches(frames: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Both eyes of every frame, turned level and brought to one size: (T, 2, 14, 24) float32.

    Brightness is taken out: each patch has mean 0, in grey levels.

    Args:
        frames: (T, S, S, 3) uint8 RGB.
        corners: (T, 2, 2, 2) float pixels: two eyes, their left and right corner on the screen,
            x and y.

    Raises:
        ConfigError: not one pair of eyes a frame.
    """
    if corners.shape != (len(frames), 2, 2, 2):
        raise ConfigError(f"corners are {corners.shape}", expected=f"({len(frames)}, 2, 2, 2)")
    width, height = PATCH
    ends = np.array([[at * width, MIDDLE_AT * height] for at in CORNERS_AT])
    patches = np.empty((len(frames), 2, height, width), np.float32)
    for t, frame in enumerate(frames):
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
        for eye in range(2):
            there = _similarity(ends, corners[t, eye].astype(np.float64))
            how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            patches[t, eye] = cv2.warpAffine(
                grey, there, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE
            )
    return patches - patches.mean(axis=(2, 3), keepdims=True)


def eye_openness(
    frames: np.ndarray, true_frames: np.ndarray, corners: np.ndarray, lids: np.ndarray
) -> np.ndarray | None:
    """How open the eyes of each frame are, (T,) float64: 0 as in the true blink, 1 as when open.

    Args:
        frames: (T, S, S, 3) uint8 RGB, the clip to read.
        true_frames: the same poses as they truly are.
        corners: see `eye_patches`, of the true frames.
        lids: (T,) the true openness, from known landmarks.

    Returns:
        None if the true clip has no blink or no open eye to compare with.
    """
    shut, is_open = lids < SHUT, lids > OPEN
    if not shut.any() or not is_open.any():
        return None
    truth = eye_patches(true_frames, corners)
    low, high = truth[shut].mean(axis=0), truth[is_open].mean(axis=0)  # (2, 14, 24) each
    way = high - low
    seen = eye_patches(frames, corners) - low
    return (seen * way).sum(axis=(1, 2, 3)) / max(float((way**2).sum()), 1e-6)


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(2, 3) turn, scale and shift that takes two points (2, 2) to two others."""
    a, b = source[1] - source[0], target[1] - target[0]
    turn = complex(*b) / complex(*a)
    linear = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([linear, target[0] - linear @ source[0]])
