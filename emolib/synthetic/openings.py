"""Where a face is open in a frame, for its shading: the lids' edges, the parted lips; the iris."""

from __future__ import annotations

import numpy as np

from emolib.synthetic import mouth
from emolib.synthetic.head import LANDMARKS
from emolib.synthetic.person import Person

_LIDS = (((42, 43, 44, 45), (42, 47, 46, 45)), ((36, 37, 38, 39), (36, 41, 40, 39)))
_UPPER_LIP, _LOWER_LIP = [0, 1, 2, 3, 4], [0, 7, 6, 5, 4]  # of the inner lips' eight points


def eyes(screen: np.ndarray, person: Person) -> np.ndarray:
    """(2, 10) float32: eye centre and scale in samples, upper and lower lid parabola, pupil,
    redness.

    screen: (N, 3) vertices in samples.
    """
    out = np.zeros((2, 10), np.float32)
    for side, (upper, lower) in enumerate(_LIDS):
        a, b = screen[LANDMARKS[upper[0]], 0], screen[LANDMARKS[upper[-1]], 0]
        centre, half = (a + b) / 2, max(abs(b - a) / 2, 1.0)
        out[side, 0], out[side, 1] = centre, 1 / half
        for start, chain in ((2, upper), (5, lower)):  # through the corners and the middle
            points = screen[LANDMARKS[list(chain)], :2]
            level, rise = (points[0, 1] + points[3, 1]) / 2, (points[3, 1] - points[0, 1]) / 2
            s, y = (points[1:3, 0].mean() - centre) / half, points[1:3, 1].mean()
            bend = (level + rise * s - y) / (1 - s * s)
            out[side, start : start + 3] = level - bend, rise, bend
        out[side, 8], out[side, 9] = person.eyes.pupil, person.eyes.redness
    return out


def mouth_table(world: np.ndarray, person: Person) -> np.ndarray:
    """(8, 4) float32 table of `mouth`: where the lips part, and the colours inside.

    Edges and depth (dm) are parabolas over s, -1 and 1 at the corners of the mouth. world: (N, 3)
    vertices in dm.
    """
    out = np.zeros((8, 4), np.float32)
    points = world[LANDMARKS[60:68]]
    x0, x1 = sorted((points[0, 0], points[4, 0]))
    middle, half = (x0 + x1) / 2, max((x1 - x0) / 2, 0.02)
    out[mouth.OPENING, :2] = middle, half
    s = (points[:, 0] - middle) / half
    for row, chain, axis in (
        (mouth.UPPER, _UPPER_LIP, 1),
        (mouth.LOWER, _LOWER_LIP, 1),
        (mouth.DEPTH, list(range(8)), 2),
    ):
        out[row, :3] = np.polyfit(s[chain], points[chain, axis], 2)[::-1]
    teeth = person.teeth
    out[mouth.ENAMEL, :3], out[mouth.GUM, :3] = teeth.enamel, teeth.gums
    out[mouth.FLESH, :3] = np.array(teeth.gums) * (0.85, 0.7, 0.7)
    out[mouth.TONGUE_RGB, :3] = np.array(teeth.gums) * (0.95, 1.05, 1.05)
    return out


def lens_table(world, screen, first: int, person: Person, light: np.ndarray) -> np.ndarray:
    """(2, 12) float32 table of `shading.glare`; zeros where nobody wears glasses.

    world: (N, 3) dm, screen: (N, 3) samples, whose six vertices from `first` on are the lenses';
    light: (3,) direction half-way between the key light and the camera.
    """
    out = np.zeros((2, 12), np.float32)
    glasses = person.glasses
    if glasses is None:
        return out
    for row, k in zip(out, (first, first + 3), strict=True):
        axes = screen[[k + 1, k + 2], :2] - screen[k, :2]
        if abs(np.linalg.det(axes)) < 1:  # seen from its edge
            continue
        across, up = world[k + 1] - world[k], world[k + 2] - world[k]
        row[:2], row[2:6] = screen[k, :2], np.linalg.inv(axes.T).ravel()
        row[6], row[7], row[8] = world[k, 2] + 0.02, across[2], glasses.power
        lean = [light @ axis / (np.linalg.norm(axis) * light[2]) for axis in (across, up)]
        row[9], row[10], row[11] = 1.6 * lean[0], 1.6 * lean[1] + 0.1, glasses.glare
    return out


def paint_iris(person: Person) -> np.ndarray:
    """(96, 24, 3) float32: the iris by angle and radius, with the fibres of this person."""
    colours = person.eyes
    t = np.linspace(0, 1, 24, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng([person.seed, 5]).normal(0, 1, (96, 24, 1)).astype(np.float32)
    for _ in range(6):
        noise[:, 1:-1] = (noise[:, :-2] + 2 * noise[:, 1:-1] + noise[:, 2:]) / 4
    colour = np.array(colours.inner) * (1 - t) + np.array(colours.outer) * t
    return np.clip(colour * (1 + 0.55 * noise), 0.002, 1).astype(np.float32)
