"""Painting a person: skin, lips, lids, brows, beard and clothes as one texture.

A texel holds 16 bytes: square root of linear RGB; gloss; slope of the static relief (x, y, z); slope of
the creases that expression deepens (x, y, z); crease darkening; cloth; cavity; crease group. Slopes are
in 1/64 around 128.
"""

from __future__ import annotations

import cv2
import numpy as np

from emolib.synthetic import cloth, creases
from emolib.synthetic.hair import scalp_depth
from emolib.synthetic.head import LANDMARKS, load_head
from emolib.synthetic.person import Person
from emolib.synthetic.texels import Texels, blob, distance_to_line, ramp, texels

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
    _beard(t, person, colour, relief, rng, lips)
    _brows(t, person, colour, relief, rng)
    _scalp(t, person, colour, gloss, rng)
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
    points = load_head().canonical[list(LANDMARKS)][:, :2]
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
    width = 0.017 + 0.009 * female + 0.012 * makeup
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
    line = np.exp(-(((t.y + 0.665) / 0.022) ** 2))
    tone = lip * (1 - 0.42 * line[..., None]) * (1 + 0.06 * t.noise(rng, 0.02))[..., None]
    tone *= 1 - 0.25 * ramp(0.15, 0.24, np.abs(t.x))[..., None]
    tone = np.where((t.y > -0.665)[..., None], tone * 0.86, tone)  # the upper lip faces down
    colour += (tone - colour) * (lips * (0.82 + 0.18 * person.skin.makeup))[..., None]
    corner = blob(np.abs(t.x), t.y, (0.235, -0.668), (0.03, 0.02)) * 0.45
    colour *= 1 - corner[..., None]
    gloss += lips * (0.55 + 0.3 * person.skin.makeup - gloss * 0.5)
    lines = t.noise(rng, 0.006, 0.04)
    relief += lips * lines * 0.0011 + 0.004 * lips
    return lips


def _cavities(t: Texels) -> np.ndarray:
    """(S, S) share of ambient light left in small hollows: nostrils, ear, mouth corner, lid fold."""
    nostril = blob(np.abs(t.x), t.y, (0.088, -0.437), (0.042, 0.020)) * (t.z > 0.0)
    return (1 - 0.8 * nostril).astype(np.float32)


def _strokes(t: Texels, starts, ends, bends) -> np.ndarray:
    """(S, S) coverage of many fine hairs drawn between canonical (x, y) points."""
    fine = 3
    canvas = np.zeros((t.size * fine, t.size * fine), np.uint8)
    points = np.stack([t.texel(p[:, 0], p[:, 1]) for p in (starts, bends, ends)], 1)[..., ::-1]
    lines = np.rint(points * fine * 16).astype(np.int32)
    for line in lines:
        cv2.polylines(canvas, [line], False, 255, 1, cv2.LINE_AA, 4)
    return (
        cv2.resize(canvas, (t.size, t.size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    )


def brow_line(person: Person, along):
    """Height (dm) of the brow's middle at places along it, 0 inner end to 1 outer end."""
    b = person.brows
    rise = 0.030 * np.sin(np.clip(along / 0.66, 0, 1) * np.pi / 2)
    fall = (0.055 + b.arch) * np.clip((along - 0.62) / 0.38, 0, 1) ** 1.5
    return 0.120 + b.lift + rise + 0.6 * b.arch * np.sin(np.pi * np.clip(along, 0, 1)) - fall


def _brows(t: Texels, person: Person, colour, relief, rng) -> None:
    """Brows of single hairs over a soft base: thick and low enough to frown with."""
    b = person.brows
    inner, span = 0.098, 0.45 * b.length
    cover = np.zeros(t.x.shape, np.float32)
    shadow = np.zeros(t.x.shape, np.float32)
    for side in (1, -1):
        n = int(330 * b.density)
        along = rng.beta(1.05, 1.15, n)
        body = (
            b.thickness * np.clip(1.1 - 0.75 * along**1.4, 0.2, 1) * np.clip(0.55 + along * 4, 0, 1)
        )
        offset = rng.uniform(-0.5, 0.5, n) * body
        x = side * (inner + span * along)
        y = brow_line(person, along) + offset
        angle = np.interp(along, (0, 0.12, 0.35, 0.7, 1), (1.55, 1.15, 0.5, 0.05, -0.45))
        angle = angle - offset / b.thickness * 0.9 * (along > 0.15) + rng.normal(0, 0.12, n)
        length = rng.uniform(0.045, 0.075, n) * (0.85 + 4 * b.thickness)
        dx, dy = side * np.cos(angle) * length, np.sin(angle) * length
        start = np.stack([x, y], 1) - np.stack([dx, dy], 1) * 0.5
        end = start + np.stack([dx, dy], 1)
        bend = (start + end) / 2 + np.stack([0 * dx, 0.004 + 0 * dy], 1)
        cover = np.maximum(cover, _strokes(t, start, end, bend))
        s = (side * t.x - inner) / span
        middle = brow_line(person, s)
        half = 0.55 * b.thickness * np.clip(1.1 - 0.75 * np.clip(s, 0, 1) ** 1.4, 0.2, 1)
        base = (
            np.exp(-(((t.y - middle) / (half + 1e-3)) ** 4))
            * ramp(-0.06, 0.12, s)
            * ramp(1.05, 0.85, s)
        )
        shadow = np.maximum(shadow, base * (t.z > -0.5))
    paint_ = np.array(b.colour, np.float32)
    amount = np.clip(0.62 * shadow * b.density + 0.75 * cover, 0, 0.97)
    colour += (paint_ * (1 + 0.5 * (1 - cover))[..., None] - colour) * amount[..., None]
    relief += 0.004 * shadow + 0.004 * cover


def _scalp(t: Texels, person: Person, colour, gloss, rng) -> None:
    """Ground of the hair: hair-coloured inside the hairline, thinning out at its edge."""
    depth = scalp_depth(person, t.places) * (t.masks["ears"] < 0.3) - (t.masks["ears"] >= 0.3)
    edge = depth + 0.022 * t.noise(rng, 0.012) + 0.012 * t.noise(rng, 0.04)
    amount = ramp(-0.035, 0.075, edge)
    if person.hair.style == "bald":
        side = ramp(0.55, 0.35, t.y)
        amount = amount * side * 0.35 * (person.skin.stubble > 0.35)
    elif person.hair.style == "buzz":
        amount = amount * (0.72 + 0.12 * t.noise(rng, 0.008))
    grey = 0.7 * person.hair.grey
    tone = np.array(person.hair.colour, np.float32) * (1 - grey) + 0.30 * grey
    shade = (0.75 + 0.12 * t.noise(rng, 0.007, 0.03))[..., None]
    colour += (tone * shade - colour) * np.clip(amount, 0, 1)[..., None]
    gloss *= 1 - 0.8 * np.clip(amount, 0, 1)


def beard_area(t: Texels, style: str) -> np.ndarray:
    """(S, S) where hair grows on a face of this beard style ("full" is also where stubble grows)."""
    ax = np.abs(t.x)
    cheek_line = -0.30 - 0.36 * np.exp(-(((ax - 0.30) / 0.22) ** 2))
    jaw = ramp(cheek_line + 0.04, cheek_line - 0.09, t.y) * ramp(
        -1.45, -1.2, t.y + 0.45 * (t.z + 0.2)
    )
    upper = blob(ax, t.y, (0.11, -0.545), (0.17, 0.055))
    below = ramp(-0.80, -0.85, t.y) * ramp(0.36, 0.24, ax)
    soul = blob(t.x, t.y, (0, -0.82), (0.05, 0.05))
    front = t.z > -0.75
    if style == "moustache":
        return np.clip(1.5 * upper, 0, 1) * front
    if style == "goatee":
        link = blob(ax, t.y, (0.285, -0.70), (0.035, 0.12))
        return np.clip(1.5 * upper + below * (t.y > -1.15) + link + soul, 0, 1) * front
    bare = blob(ax, t.y, (0.13, -0.80), (0.09, 0.03))
    return np.clip(jaw * (1 - 0.8 * bare) + 1.4 * upper + soul, 0, 1) * front


def _beard(t: Texels, person: Person, colour, relief, rng, lips) -> None:
    """Shaved shadow, stubble, and the ground of a beard (its volume is `hair`'s)."""
    skin = person.skin
    if person.sex != "Male":
        return
    free = (1 - lips) * (1 - t.masks["ears"])
    grain = np.clip(0.55 + 0.45 * t.noise(rng, 0.008), 0, 1.4)
    area = beard_area(t, "full") * free
    hair = (
        np.array(person.hair.colour, np.float32) * (1 - 0.7 * person.hair.grey)
        + 0.22 * person.hair.grey
    )
    shade = np.clip(0.10 + 0.34 * skin.stubble, 0, 0.5) * area
    blue = np.array(skin.tone, np.float32) * [0.62, 0.70, 0.80]
    colour += (blue - colour) * (shade * 0.55)[..., None]
    colour += (hair * 1.3 - colour) * np.clip(shade * grain * 0.55, 0, 1)[..., None]
    if skin.beard != "none":
        ground = beard_area(t, skin.beard) * free
        colour += (hair - colour) * np.clip(ground * (0.55 + 0.4 * grain), 0, 0.9)[..., None]
        relief += ground * (0.012 + 0.004 * t.noise(rng, 0.010, 0.03))
