"""Painted hair: brows of single strokes, the ground of scalp hair, stubble and beards."""

from __future__ import annotations

import cv2
import numpy as np

from emolib.synthetic.hair import beard_area, scalp_depth
from emolib.synthetic.head import ramp
from emolib.synthetic.person import Person
from emolib.synthetic.texels import Texels


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


def paint_brows(t: Texels, person: Person, colour, relief, rng) -> None:
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


def paint_scalp(t: Texels, person: Person, colour, gloss, rng) -> None:
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


def paint_beard(t: Texels, person: Person, colour, relief, rng, lips) -> None:
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
