"""Painting a person: skin, lips, lids, brows, beard and clothes as one texture.

A texel holds 16 bytes: square root of linear RGB; gloss; slope of the static relief (x, y, z);
slope of the creases that expression deepens (x, y, z); crease darkening; cloth; cavity; crease
group. Slopes are in 1/64 around 128.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic import cloth, creases
from emolib.synthetic.facial_hair import paint_beard, paint_brows, paint_scalp
from emolib.synthetic.head import LANDMARKS, load_head, ramp
from emolib.synthetic.person import Person
from emolib.synthetic.texels import Texels, blob, distance_to_line, texels

CHANNELS = 16


def paint(person: Person, size: int) -> np.ndarray:
    """The person's texture (size, size, 16) uint8."""
    t = texels(size)
    rng = np.random.default_rng([person.seed, 11])
    colour = _complexion(t, person, rng)
    gloss = _gloss(t, person)
    relief = _relief(t, person, rng)
    _lids(t, person, colour)
    lips = _lips(t, person, colour, gloss, relief, rng)
    cavity = _cavities(t)
    paint_beard(t, person, colour, relief, rng, lips)
    paint_brows(t, person, colour, relief, rng)
    paint_scalp(t, person, colour, gloss, rng)
    furrow, group = creases.furrows(t, rng)
    aged = relief + furrow * 0.55 * max(0.0, person.skin.lines - 0.35)
    covered = cloth.paint_cloth(t, person, rng, colour, aged, gloss, cavity)
    out = np.zeros((size, size, CHANNELS), np.uint8)
    out[..., :3] = np.rint(np.sqrt(np.clip(colour, 0, 1)) * 255)
    out[..., 3] = np.clip(gloss, 0, 1) * 255
    out[..., 4:7] = np.rint(128 + 64 * t.slope(aged))
    bare = (1 - covered)[..., None]
    out[..., 7:10] = np.rint(128 + 64 * t.slope(furrow) * bare)
    out[..., 10] = np.clip(-furrow / 0.018, 0, 1) * 255 * bare[..., 0]
    out[..., 11] = covered * 255
    out[..., 12] = np.clip(cavity, 0, 1) * 255
    out[..., 13] = group
    return out


def _complexion(t: Texels, person: Person, rng) -> np.ndarray:
    """Skin colour (S, S, 3): tone, mottling, blood under thin skin, freckles and moles."""
    skin = person.skin
    tone = np.array(skin.tone, np.float32)
    colour = np.broadcast_to(tone, (*t.x.shape, 3)).copy()
    mottle = 0.035 * t.noise(rng, 0.10) + 0.030 * t.noise(rng, 0.03)
    colour *= (1 + mottle * (0.5 + skin.blemish))[..., None] * np.array([1, 1, 1], np.float32)
    ax = np.abs(t.x)
    blood = (
        0.75 * blob(ax, t.y, (0.43, -0.33), (0.24, 0.20))
        + 0.65 * blob(t.x, t.y, (0, -0.30), (0.12, 0.14)) * (t.z > 0.1)
        + 0.35 * blob(t.x, t.y, (0, -0.95), (0.2, 0.13))
        + 0.45 * blob(ax, t.y, (0.15, -0.42), (0.06, 0.06))
        + 0.8 * t.masks["ears"]
        + 0.25 * blob(ax, t.y, (0.30, 0.02), (0.2, 0.12))
    )
    blood = np.clip(blood * (1 + 0.35 * t.noise(rng, 0.05)), 0, 1.2) * skin.flush
    fair = float(tone[0])
    strength = 0.30 if fair > 0.35 else 0.16
    colour *= 1 + blood[..., None] * strength * np.array([0.12, -0.62, -0.55], np.float32)
    tired = blob(ax, t.y, (0.27, -0.13), (0.17, 0.055)) * (0.35 + 0.5 * skin.lines)
    colour *= 1 - tired[..., None] * np.array([0.16, 0.20, 0.12], np.float32)
    spots = np.clip(t.noise(rng, 0.012) - 1.9, 0, 1.2)  # blemishes
    colour *= 1 - (spots * skin.blemish)[..., None] * np.array([0.03, 0.20, 0.18], np.float32)
    if skin.freckles:
        where = blob(ax, t.y, (0.33, -0.24), (0.33, 0.2)) + blob(t.x, t.y, (0, -0.2), (0.2, 0.2))
        dots = np.clip(t.noise(rng, 0.011) - 0.85, 0, 1) * np.clip(where, 0, 1) * skin.freckles
        colour *= 1 - np.clip(dots, 0, 0.6)[..., None] * np.array([0.45, 0.65, 0.8], np.float32)
    for _ in range(int(rng.integers(0, 6))):  # moles
        at = (rng.uniform(-0.6, 0.6), rng.uniform(-0.95, 0.5))
        mole = blob(t.x, t.y, at, rng.uniform(0.008, 0.014)) * (t.z > -0.5)
        colour *= 1 - 0.5 * mole[..., None] * np.array([0.8, 0.9, 0.95], np.float32)
    if skin.lines > 0.7:  # age spots
        dots = np.clip(t.noise(rng, 0.022) - 1.3, 0, 1) * (skin.lines - 0.6)
        colour *= 1 - dots[..., None] * np.array([0.3, 0.42, 0.5], np.float32)
    return colour


def _gloss(t: Texels, person: Person) -> np.ndarray:
    """(S, S) how oily the skin is: the T-zone most."""
    ax = np.abs(t.x)
    zone = (
        0.35
        + 0.28 * blob(t.x, t.y, (0, -0.2), (0.13, 0.3))
        + 0.22 * blob(t.x, t.y, (0, 0.42), (0.45, 0.2))
        + 0.16 * blob(ax, t.y, (0.42, -0.2), (0.16, 0.14))
        + 0.12 * blob(t.x, t.y, (0, -0.93), (0.15, 0.1))
    )
    dark = 1 - 0.35 * (person.skin.tone[0] < 0.32)  # highlights stand out on dark skin anyway
    return (zone * person.skin.gloss * dark).astype(np.float32)


def _relief(t: Texels, person: Person, rng) -> np.ndarray:
    """(S, S) heights in dm: pores and unevenness."""
    pores = -np.clip(t.noise(rng, 0.007) - 0.4, 0, 2) * 0.00055
    uneven = t.noise(rng, 0.045) * 0.0009 * (0.5 + person.skin.blemish)
    fine = t.noise(rng, 0.018) * 0.0006 * (0.6 + person.skin.lines)
    return (pores + uneven + fine).astype(np.float32)


def lid_edges(samples: int = 24) -> dict[str, np.ndarray]:
    """Polylines (samples, 2) of the average lids' edges: "upper" and "lower", picture-right eye."""
    points = load_head().canonical[LANDMARKS][:, :2]
    out = {}
    for name, chain in (("upper", (42, 43, 44, 45)), ("lower", (42, 47, 46, 45))):
        p = points[list(chain)]
        x = np.linspace(p[0, 0], p[-1, 0], samples)
        out[name] = np.stack([x, np.polyval(np.polyfit(p[:, 0], p[:, 1], 3), x)], 1)
    return out


def _lids(t: Texels, person: Person, colour) -> None:
    """Lash lines, the crease above the eye, and the pink inner corner; eye make-up where worn."""
    ax = np.abs(t.x)
    near = (t.z > -0.35) & (ax < 0.75) & (np.abs(t.y) < 0.35)
    edges = lid_edges()
    makeup = person.skin.makeup
    female = person.sex == "Female"
    gap = {}
    close = np.flatnonzero(near)
    at = np.stack([ax.flat[close], t.y.flat[close]], 1)
    for name, line in edges.items():
        gap[name] = np.full(t.x.shape, 9.0, np.float32)
        gap[name].flat[close], _ = distance_to_line(at, line)
    outer = np.clip((ax - 0.16) / 0.28, 0, 1)
    width = 0.018 + 0.012 * female + 0.012 * makeup
    upper = np.exp(-((gap["upper"] / (width * (0.65 + 0.5 * outer))) ** 2)) * near
    lower = np.exp(-((gap["lower"] / 0.011) ** 2)) * near * (0.35 + 0.3 * outer + 0.4 * makeup)
    dark = np.array(person.brows.colour, np.float32) * 0.35 + 0.004
    for line, strength in ((upper, 0.92), (lower, 0.6)):
        colour += (dark - colour) * np.clip(line * strength, 0, 1)[..., None]
    rim = np.exp(-(((gap["lower"] - 0.016) / 0.010) ** 2)) * near * 0.35  # moist pink rim
    colour += (np.array(person.skin.tone, np.float32) * [1.05, 0.72, 0.7] - colour) * rim[..., None]
    tear = blob(ax, t.y, (0.168, -0.016), (0.022, 0.014)) * near * 0.7
    colour += (
        np.array((0.48, 0.17, 0.15), np.float32) * (0.4 + person.skin.tone[0]) - colour
    ) * tear[..., None]
    socket = blob(ax, t.y, (0.30, 0.075), (0.20, 0.055)) * near  # the lid fold, a little darker
    colour *= 1 - socket[..., None] * np.array([0.16, 0.22, 0.22], np.float32)
    if makeup > 0.35:
        rng = np.random.default_rng([person.seed, 12])
        tint = [(0.16, 0.09, 0.07), (0.10, 0.10, 0.14), (0.22, 0.11, 0.12)][int(rng.integers(3))]
        shadow = blob(ax, t.y, (0.32, 0.06), (0.17, 0.05)) * near * 0.55 * makeup
        colour += (np.array(tint, np.float32) - colour) * shadow[..., None]


def _lips(t: Texels, person: Person, colour, gloss, relief, rng) -> np.ndarray:
    """Lips (S, S) in [0, 1]: soft edge, darker towards the mouth line and corners, fine lines."""
    lips = ramp(0.22, 0.8, t.masks["lips"] + 0.05 * t.noise(rng, 0.012)) * (t.z > -0.3)
    lip = np.array(person.skin.lips, np.float32)
    line = np.exp(-(((t.y + 0.675) / 0.035) ** 2))  # the wet inner lip: darker and redder
    tone = (
        lip
        * (1 - line[..., None] * np.array([0.30, 0.48, 0.46], np.float32))
        * (1 + 0.06 * t.noise(rng, 0.02))[..., None]
    )
    tone *= 1 - 0.25 * ramp(0.15, 0.24, np.abs(t.x))[..., None]
    tone = np.where((t.y > -0.665)[..., None], tone * 0.86, tone)  # the upper lip faces down
    colour += (tone - colour) * (lips * (0.82 + 0.18 * person.skin.makeup))[..., None]
    corner = blob(np.abs(t.x), t.y, (0.235, -0.668), (0.03, 0.02)) * 0.45
    colour *= 1 - corner[..., None]
    gloss += lips * (0.20 + 0.35 * line + 0.3 * person.skin.makeup - gloss * 0.4)
    lines = t.noise(rng, 0.006, 0.04)
    relief += lips * lines * 0.0007 + 0.004 * lips
    return lips


def _cavities(t: Texels) -> np.ndarray:
    """(S, S) share of ambient light left in small hollows: nostrils, ear, mouth corner, lid
    fold."""
    nostril = blob(np.abs(t.x), t.y, (0.088, -0.437), (0.042, 0.020)) * (t.z > 0.0)
    return (1 - 0.8 * nostril).astype(np.float32)
