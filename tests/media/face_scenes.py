"""Pictures and clips with faces in known places, from a public-domain photograph."""

from collections.abc import Iterator

import cv2
import numpy as np
from skimage.data import astronaut

HEAD = np.ascontiguousarray(astronaut()[0:230, 115:335])  # a head and shoulders, 220 wide
HEAD_CENTRE = np.array([109.0, 123.0])  # of the standard face square, in HEAD's pixels
HEAD_SIZE = 124.0


def background(height: int = 240, width: int = 320, seed: int = 0) -> np.ndarray:
    """A quiet, grainy wall."""
    shade = np.linspace(90, 150, width)[None, :, None] * np.ones((height, 1, 3))
    grain = np.random.default_rng(seed).normal(0, 3, (height, width, 1))
    return np.clip(shade + grain, 0, 255).astype(np.uint8)


def put_head(picture: np.ndarray, x: float, y: float, size: float, roll: float = 0) -> np.ndarray:
    """The picture with a head whose face square is centred at (x, y) and `size` px large."""
    scale = size / HEAD_SIZE
    head, centre = HEAD, HEAD_CENTRE
    if scale < 1:  # average before the warp skips pixels
        shrunk = max(1, round(HEAD.shape[1] * scale)), max(1, round(HEAD.shape[0] * scale))
        head = cv2.resize(HEAD, shrunk, interpolation=cv2.INTER_AREA)
        centre = HEAD_CENTRE * [shrunk[0] / HEAD.shape[1], shrunk[1] / HEAD.shape[0]]
        scale = size / (HEAD_SIZE * shrunk[0] / HEAD.shape[1])
    turn = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    shift = np.array([x, y]) - turn @ centre
    matrix = np.column_stack([turn, shift + turn @ [0.5, 0.5] - 0.5])
    height, width = picture.shape[:2]
    moved = cv2.warpAffine(head, matrix, (width, height))
    mask = cv2.warpAffine(np.full(head.shape[:2], 255, np.uint8), matrix, (width, height))
    return np.where(mask[..., None] == 255, moved, picture)


def clip_of(places: list, height: int = 240, width: int = 320) -> Iterator[np.ndarray]:
    """Frames with a head at each place (x, y, size); None for an empty frame."""
    wall = background(height, width)
    for place in places:
        yield wall.copy() if place is None else put_head(wall, *place)
