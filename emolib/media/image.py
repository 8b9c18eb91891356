"""Still pictures: PNG, JPEG, WebP, BMP and TIFF of any depth as 8-bit RGB; strips of frames; the
words "AI-generated" in a picture."""

from __future__ import annotations

import io
import os
import warnings
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from emolib.base.errors import MediaError
from emolib.base.files import atomic_path
from emolib.media.files import MAX_PIXELS, check_file

STRIP_QUALITY = 90
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
    _check_size(data, path)
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


def _check_size(data: np.ndarray, path: str | os.PathLike) -> None:
    """Refuse by its head what claims too many pixels, before they are unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = Image.open(io.BytesIO(data)).size
    except Image.DecompressionBombError as problem:
        limit = f"at most {MAX_PIXELS / 1e6:.0f} million pixels"
        raise MediaError("the picture is too large", file=path, expected=limit) from problem
    except (OSError, ValueError, SyntaxError):  # whether it is a picture, OpenCV tells
        return
    if width * height > MAX_PIXELS:
        raise MediaError(f"{width}×{height} px is too large", file=path)


def save_strip(
    path: str | os.PathLike,
    frames: np.ndarray,
    *,
    n_columns: int = 12,
    quality: int = STRIP_QUALITY,
) -> None:
    """Write frames (N, H, W, 3) uint8 RGB row by row as one `.webp` strip; the rest stays black.

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
