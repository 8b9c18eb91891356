"""Still pictures read: PNG, JPEG, WebP, BMP and TIFF of any depth, as 8-bit RGB."""

from __future__ import annotations

import os

import cv2
import numpy as np

from emolib.base.errors import MediaError
from emolib.media.files import MAX_PIXELS, check_file

HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")


def is_still(path: str | os.PathLike) -> bool:
    """Whether a file is a picture, by its first bytes: names are often wrong."""
    with check_file(path).open("rb") as stream:
        head = stream.read(16)
    return head.startswith(HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def read_still(path: str | os.PathLike) -> np.ndarray:
    """One picture, (H, W, 3) uint8 RGB, turned upright by its EXIF note; alpha lies on white.

    Raises:
        MediaError: not a picture, damaged, or larger than 67 million pixels.
    """
    data = np.fromfile(check_file(path), dtype=np.uint8)
    size = _png_size(data)
    if size and size[0] * size[1] > MAX_PIXELS:
        raise MediaError(f"{size[0]}×{size[1]} px is too large", file=path)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
        whole = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error as problem:
        raise MediaError("the picture cannot be decoded", file=path) from problem
    if picture is None or whole is None:
        raise MediaError(
            "not a readable picture", file=path, expected="png, jpg, webp, bmp or tiff"
        )
    if whole.ndim == 3 and whole.shape[2] == 4 and whole.shape[:2] == picture.shape[:2]:
        alpha = whole[..., 3:].astype(np.float32) / np.iinfo(whole.dtype).max  # (H, W, 1)
        picture = np.round(picture * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return picture


def _png_size(data: np.ndarray) -> tuple[int, int] | None:
    """Width and height from a PNG's head, before a bomb of 10¹⁰ pixels is unpacked."""
    if not data[:8].tobytes().startswith(HEADS[0]) or len(data) < 24:
        return None
    width, height = np.frombuffer(data[16:24].tobytes(), dtype=">u4")
    return int(width), int(height)
