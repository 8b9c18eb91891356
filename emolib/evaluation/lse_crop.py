"""What the evaluation SyncNet is shown: a square around the face, shifted down, 224 px.

Source: the published evaluation pipeline (method facts §1.7, steps 1 and 2).
Deviation: crops stay in memory; the published pipeline writes them to lossy video files between.
"""

from __future__ import annotations

import cv2
import numpy as np
from torch import nn

from emolib.base.errors import ConfigError
from emolib.evaluation.sync import LSE_PX, LseResult, lse
from emolib.media.faces import CropTransform

CROP_SCALE = 0.40  # room beside the face, as a part of its half-side
FILL = 110  # grey of what lies outside the picture
SMOOTHING = 13  # frames of the median filter over centre and size


def lse_of_video(
    model: nn.Module,
    frames: np.ndarray,
    audio: np.ndarray,
    boxes: np.ndarray,
) -> LseResult:
    """`lse` of a whole video with one tracked face: the published crop, then the protocol.

    Args:
        model: see `lse`.
        frames: (T, H, W, 3) uint8 RGB at 25 frames/s.
        audio: (n,) float at 16 kHz.
        boxes: (T, 4) float: the tracked face in every frame, x0, y0, x1, y1 in pixels, tight
            (hairline to chin), as `tight_boxes` makes them.

    Deviation: the published pipeline drops tracks below 100 frames and faces below 100 px, which
    would drop 99 % of CREMA-D's clips.
    """
    return lse(model, lse_crops(frames, boxes), audio)


def tight_boxes(poses: np.ndarray) -> np.ndarray:
    """Boxes (T, 4) float64 from tracked poses (T, 4): hairline to chin, as the detector of the
    published pipeline draws them."""
    corners = np.stack([CropTransform.from_pose(pose, "tight").corners for pose in poses])
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def lse_crops(frames: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The 224×224 crops of a face track: (T, 224, 224, 3) uint8 RGB.

    With the box's centre (cx, cy), half its longer side s and c = 0.40, the square reaches from
    cx - 1.4 s to cx + 1.4 s and from cy - s to cy + 1.8 s: shifted towards the chin. Centre and
    size are median-filtered over 13 frames; outside the picture is grey 110.

    Args:
        frames: (T, H, W, 3) uint8 RGB.
        boxes: (T, 4) float pixels.

    Raises:
        ConfigError: not one finite box a frame.
    """
    if len(frames) != len(boxes) or not len(frames) or not np.isfinite(boxes).all():
        raise ConfigError(f"{len(boxes)} boxes for {len(frames)} frames", expected="one each")
    crops = [
        cv2.resize(_cut(frame, square), (LSE_PX, LSE_PX))
        for frame, square in zip(frames, lse_squares(boxes), strict=True)
    ]
    return np.stack(crops)


def lse_squares(boxes: np.ndarray) -> np.ndarray:
    """The square of each frame, (T, 4) int pixels x0, y0, x1, y1; may reach outside the picture."""
    from scipy.signal import medfilt

    boxes = np.asarray(boxes, dtype=np.float64)
    kernel = min(SMOOTHING, len(boxes) - 1 + len(boxes) % 2)  # odd, and no longer than the clip
    centre_x, centre_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) / 2
    x, y, s = (medfilt(track, kernel) for track in (centre_x, centre_y, half))
    wide = s * (1 + CROP_SCALE)
    edges = np.stack([x - wide, y - s, x + wide, y + s * (1 + 2 * CROP_SCALE)], axis=1)
    return np.floor(edges).astype(int)


def _cut(frame: np.ndarray, square: np.ndarray) -> np.ndarray:
    """The part of a frame inside a square, grey where there is no frame."""
    H, W = frame.shape[:2]
    x0, y0, x1, y1 = square
    out = np.full((y1 - y0, x1 - x0, 3), FILL, dtype=np.uint8)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, W), min(y1, H)
    if left < right and top < bottom:
        out[top - y0 : bottom - y0, left - x0 : right - x0] = frame[top:bottom, left:right]
    return out
