"""The room: lights, what is behind the person, and the camera; CREMA-D's studio or a random
place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np

from emolib.synthetic.raster import SAMPLES

FACE_SHARE = 0.43  # of the picture's height that the face (brow of the hair to chin) fills
FACE_DM = 1.62
CAMERA_DM = 18.0  # from the camera to the eyes
EYES_AT = 0.44  # of the picture's height, from the top
BUST_DM = 2.05  # below the eyes: where the picture must end, for there is no body further down
GREEN = (0.028, 0.29, 0.035)  # CREMA-D's screen, linear


@dataclass(frozen=True, eq=False)
class Setting:
    """lights: (11, 3) float32, rows as `surfaces.KEY` ff.; backdrop: (H, W, 3) float32 linear
    light;

    camera: (5,) float32 as `raster.project` wants it; view: (yaw, pitch) of the camera in radians.
    """

    lights: np.ndarray
    backdrop: np.ndarray
    camera: np.ndarray
    view: tuple[float, float]


def build_setting(seed: int, width_px: int, height_px: int, randomise: Collection[str]) -> Setting:
    """The setting of a seed: CREMA-D's studio, but for what is drawn (see `stage.Stage`)."""
    rng = [np.random.default_rng([seed, 31, k]) for k in range(4)]
    view = (0.0, 0.0)
    scale = FACE_SHARE * height_px / FACE_DM
    place = [CAMERA_DM, scale * SAMPLES, width_px * SAMPLES / 2, height_px * SAMPLES * EYES_AT, 0.0]
    if "camera" in randomise:
        r = rng[0]
        place[0] = r.uniform(10, 28)
        place[1] *= r.uniform(0.86, 1.18)
        place[2] += r.normal(0, 0.04) * width_px * SAMPLES
        place[3] += r.normal(0, 0.02) * height_px * SAMPLES
        view = (float(r.normal(0, 0.09)), float(r.normal(0, 0.05)))
    if "distance" in randomise:  # from a phone at arm's length to the far side of a room
        r = rng[3]
        place[0] = float(np.exp(r.uniform(np.log(5.0), np.log(40.0))))
        place[1] *= float(np.exp(r.uniform(np.log(0.50), np.log(1.30))))
        place[3] = max(place[3], height_px * SAMPLES - BUST_DM * place[1])
    return Setting(
        lights=_random_light(rng[1]) if "light" in randomise else studio_light(seed),
        backdrop=(
            _room(rng[2], width_px, height_px)
            if "background" in randomise
            else _screen(width_px, height_px)
        ),
        camera=np.array(place, np.float32),
        view=view,
    )


def studio_light(seed: int = 0) -> np.ndarray:
    """(11, 3) float32: soft key from above the camera's left or right, fill, a weak rim."""
    side = 1.0 if np.random.default_rng([seed, 30]).random() < 0.5 else -1.0
    rows = np.array(
        [
            (-0.34, 0.42, 0.86), (0.75, 0.10, 0.65), (0.75, 0.40, -0.55),
            (0.94, 0.855, 0.75), (0.25, 0.235, 0.215), (0.34, 0.33, 0.32),
            (0.32, 0.305, 0.285), (0.15, 0.135, 0.115),
        ],
        np.float32,
    )  # fmt: skip
    rows[:3, 0] *= side
    return _complete(rows)


def _complete(rows: np.ndarray) -> np.ndarray:
    """Unit directions, and the three directions half-way to the camera that highlights need."""
    rows = np.asarray(rows, np.float64)
    rows[:3] /= np.linalg.norm(rows[:3], axis=1, keepdims=True)
    catch = rows[0] * (1, 0.6, 1) + (0, 0, 1.3)  # lower than the key, or the lid would hide it
    half = np.stack([rows[0] + (0, 0, 1), catch, rows[1] + (0, 0, 1)])
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    return np.concatenate([rows, half]).astype(np.float32)


def _tint(rng, spread: float) -> np.ndarray:
    """A white between candle and sky."""
    warm = rng.normal(0, spread)
    return np.array([1 + 0.5 * warm, 1 + 0.05 * warm, 1 - 0.6 * warm]).clip(0.4, 1.6)


def _random_light(rng) -> np.ndarray:
    side = rng.choice([-1.0, 1.0])
    hard = rng.random() < 0.3  # from one side, with little to fill the shadows
    azimuth = (rng.uniform(0.9, 1.45) if hard else rng.uniform(0.05, 1.0)) * side
    height = rng.uniform(0.05, 0.95)
    key = (np.sin(azimuth), height, np.cos(azimuth))
    fill = (-side * rng.uniform(0.3, 1), rng.uniform(-0.2, 0.4), rng.uniform(0.3, 0.9))
    rim = (-side * rng.uniform(0.5, 1), rng.uniform(0.1, 0.8), -rng.uniform(0.3, 0.8))
    exposure = rng.uniform(0.75, 1.15)
    sky = _tint(rng, 0.2) * rng.uniform(0.16, 0.42)
    rows = [
        key, fill, rim,
        _tint(rng, 0.26) * rng.uniform(0.55, 1.0) * exposure,
        _tint(rng, 0.24) * rng.uniform(0.08, 0.34) * exposure * (0.5 if hard else 1),
        _tint(rng, 0.25) * rng.uniform(0.0, 0.9),
        sky * exposure,
        sky * rng.uniform(0.3, 0.6) * _tint(rng, 0.1) * exposure,
    ]  # fmt: skip
    return _complete(np.array(rows))


def _screen(width_px: int, height_px: int) -> np.ndarray:
    y, x = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    away = np.hypot((x / width_px - 0.5) * 1.2, y / height_px - 0.45)
    return (np.array(GREEN, np.float32) * (1.08 - 0.35 * away**1.5)[..., None]).astype(np.float32)


def _room(rng, width_px: int, height_px: int) -> np.ndarray:
    """A blurred interior: wall, a few boxes and spots of light, out of focus."""
    w, h = 96, 72
    top, bottom = rng.uniform(0.02, 0.6, 3), rng.uniform(0.02, 0.5, 3)
    grey = rng.uniform(0.5, 0.97)
    top, bottom = (c * (1 - grey) + c.mean() * grey for c in (top, bottom))
    image = np.linspace(0, 1, h)[:, None, None] * (bottom - top) + top
    image = np.broadcast_to(image, (h, w, 3)).copy().astype(np.float32)
    for _ in range(int(rng.integers(2, 12))):
        x0, y0 = int(rng.integers(-20, w)), int(rng.integers(-20, h))
        x1, y1 = x0 + int(rng.integers(6, 50)), y0 + int(rng.integers(6, 60))
        tone = rng.uniform(0.01, 0.6) * (0.7 + rng.random(3) * 0.4)
        image[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = tone
    for _ in range(int(rng.integers(0, 5))):
        at = (int(rng.integers(0, w)), int(rng.integers(0, h)))
        tone = [float(c) for c in rng.uniform(0.5, 1.3, 3)]
        cv2.circle(image, at, int(rng.integers(2, 6)), tone, -1)
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(1.2, 5.0)))
    image = cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return np.clip(image, 0.004, 1.4).astype(np.float32)
