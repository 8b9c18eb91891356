"""Many small pictures in one small file: the frames beside a result, as a WebP strip."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from emolib.base.errors import MediaError
from emolib.base.files import atomic_path
from emolib.media.still import read_still

QUALITY = 90


def save_strip(
    path: str | os.PathLike, frames: np.ndarray, *, n_columns: int = 12, quality: int = QUALITY
) -> None:
    """Write frames (N, H, W, 3) uint8 RGB row by row as one `.webp`; the rest stays black.

    Raises:
        MediaError: other frames, or another suffix.
    """
    if frames.ndim != 4 or frames.dtype != np.uint8 or frames.shape[3] != 3 or not len(frames):
        raise MediaError(f"frames are {frames.dtype} {frames.shape}", expected="uint8 (N, H, W, 3)")
    if Path(path).suffix != ".webp":
        raise MediaError("a strip is a WebP picture", file=path, expected="a name in .webp")
    N, H, W, _ = frames.shape
    n_rows = -(-N // n_columns)
    sheet = np.zeros((n_rows * n_columns, H, W, 3), np.uint8)
    sheet[:N] = frames
    sheet = sheet.reshape(n_rows, n_columns, H, W, 3).swapaxes(1, 2)  # (rows, H, columns, W, 3)
    sheet = sheet.reshape(n_rows * H, n_columns * W, 3)
    _, coded = cv2.imencode(".webp", sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    with atomic_path(path) as temporary:
        temporary.write_bytes(coded.tobytes())


def load_strip(path: str | os.PathLike, n_frames: int, side_px: int = 96) -> np.ndarray:
    """The first `n_frames` square frames of a strip: (N, side, side, 3) uint8 RGB, nearly as saved.

    Raises:
        MediaError: missing, damaged, or with fewer frames.
    """
    sheet = read_still(path)
    n_rows, n_columns = sheet.shape[0] // side_px, sheet.shape[1] // side_px
    if (n_rows * side_px, n_columns * side_px) != sheet.shape[:2] or n_rows * n_columns < n_frames:
        raise MediaError(
            f"a strip of {sheet.shape[1]}×{sheet.shape[0]} px",
            file=path,
            expected=f"{n_frames} frames of {side_px} px",
        )
    frames = sheet.reshape(n_rows, side_px, n_columns, side_px, 3).swapaxes(1, 2)
    return frames.reshape(-1, side_px, side_px, 3)[:n_frames]
