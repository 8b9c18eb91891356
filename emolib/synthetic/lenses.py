"""Light on spectacles: the lacquer of their frames, and what their lenses mirror."""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel
from emolib.synthetic.surfaces import smooth

_ONE = np.float32(1)


@kernel
def rim(red, green, blue, nx, ny, nz, lit, open_sky, lights, glow):
    """Linear RGB of a spectacle frame: a lacquered tube of one colour."""
    key = max(np.float32(0), nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2]) * lit
    nh = max(np.float32(0), nx * lights[8, 0] + ny * lights[8, 1] + nz * lights[8, 2])
    nh *= nh
    nh *= nh
    nh *= nh
    gleam = nh * nh * np.float32(0.45) * lit
    for k in range(3):
        base = red if k == 0 else (green if k == 1 else blue)
        room = (
            lights[6, k] * (np.float32(0.6) + np.float32(0.4) * ny) + np.float32(0.6) * lights[4, k]
        )
        glow[k] = base * (key * lights[3, k] + room * open_sky) + gleam * lights[3, k]


@kernel
def glare(lens, x, y, z, lights, glow):
    """Light (3,) that a lens of a table (2, 12) throws to the camera at a sample; 0 beside it.

    A row: centre and the two axes' inverse in samples, depth and its change along both axes, power
    of the outline, where the key light is mirrored, and how strongly.
    """
    for k in range(3):
        glow[k] = np.float32(0)
    for i in range(2):
        dx, dy = x - lens[i, 0], y - lens[i, 1]
        u, v = lens[i, 2] * dx + lens[i, 3] * dy, lens[i, 4] * dx + lens[i, 5] * dy
        if np.abs(u) > _ONE or np.abs(v) > np.float32(1.2):
            continue
        if np.abs(u) ** lens[i, 8] + np.abs(v) ** lens[i, 8] > _ONE:
            continue
        if z > lens[i, 6] + u * lens[i, 7]:  # the nose or hair is nearer
            continue
        across, up = np.abs(u - lens[i, 9]), np.abs(v - lens[i, 10])
        pane = smooth(np.float32(0.34), np.float32(0.24), across)
        pane *= smooth(np.float32(0.50), np.float32(0.40), up)
        pane *= smooth(np.float32(0.00), np.float32(0.06), across)  # a window's cross-bar
        veil = np.float32(0.035) * smooth(np.float32(-0.3), np.float32(1.0), v)
        for k in range(3):
            tint = np.float32(0.9) if k == 0 else _ONE
            glow[k] = lens[i, 11] * (
                pane * lights[3, k] * tint * np.float32(0.10) + veil * lights[6, k]
            )
