"""Clothes: cloth painted and raised on the shoulders, and collars as their own meshes."""

from __future__ import annotations

import numpy as np

from emolib.synthetic.head import load_head, ramp
from emolib.synthetic.person import Person
from emolib.synthetic.texels import Texels


def neckline(kind: str, x, y, z) -> np.ndarray:
    """How far (dm) a canonical point lies below a garment's neckline; negative above it."""
    base = -1.36 - 0.36 * (z + 0.45)  # around the root of the neck, deeper in front
    if kind == "vneck":
        base = base - 0.04 - 0.55 * np.exp(-np.abs(x) / 0.28) * (z > -0.6)
    elif kind == "turtleneck":
        base = -1.13 - 0.20 * (z + 0.45)
    elif kind in ("collar", "blazer"):
        base = base + 0.02 - 0.22 * np.exp(-((x / 0.16) ** 2)) * (z > -0.6)
    return base - y


def paint_cloth(t: Texels, person: Person, rng, colour, relief, gloss, cavity) -> np.ndarray:
    """Paint the garment into the texture's layers (in place); returns its coverage (S, S)."""
    c = person.clothes
    below = neckline(c.kind, t.x, t.y, t.z)
    covered = ramp(-0.006, 0.006, below)
    weave = t.noise(rng, 0.010) if c.kind != "turtleneck" else np.sin(t.x * 210) * 1.2
    folds = t.noise(rng, 0.16, 0.30)
    main = np.array(c.colour, np.float32) * (1 + 0.018 * weave + 0.05 * folds)[..., None]
    trim = np.array(c.trim, np.float32) * (1 + 0.015 * weave)[..., None]
    rib = ramp(0.085, 0.075, below) if c.kind in ("crew", "vneck") else 0.0 * below
    tone = main * (1 - 0.12 * rib[..., None])
    if c.kind == "blazer":  # a shirt shows between the lapels
        lapel = np.abs(t.x) - 0.06 - 0.30 * np.clip((t.y + 2.6) / 1.2, 0, 1.2)
        inside = ramp(0.012, -0.012, lapel) * (t.z > -0.6)
        edge = np.exp(-((lapel / 0.02) ** 2)) * (t.z > -0.6)
        tone = tone + (trim - tone) * inside[..., None]
        tone = tone * (1 - 0.5 * edge[..., None])
        relief -= inside * covered * 0.02
    elif c.kind == "collar":
        placket = ramp(0.075, 0.065, np.abs(t.x)) * (t.z > -0.6)
        seam = np.exp(-(((np.abs(t.x) - 0.07) / 0.008) ** 2)) * (t.z > -0.6)
        tone = tone * (1 + 0.04 * placket[..., None] - 0.25 * seam[..., None])
    colour += (tone - colour) * covered[..., None]
    stitch = np.exp(-(((below - 0.085) / 0.010) ** 2)) * (rib.max() > 0)
    colour *= 1 - 0.35 * stitch[..., None]
    relief *= 1 - covered
    relief += covered * (0.014 + 0.0006 * weave + 0.018 * folds * ramp(0.1, 0.6, below))
    relief += 0.010 * rib * covered
    gloss *= 1 - covered
    gloss += covered * 0.12
    hem = np.exp(-((np.clip(-below, 0, 1) / 0.05) ** 2)) * (below < 0.006)
    cavity *= 1 - 0.55 * hem  # the cloth's shadow on the neck
    return covered


def raise_cloth(person: Person, rest: np.ndarray, normals: np.ndarray) -> None:
    """Lift the vertices under the garment off the skin, in place."""
    x, y, z = load_head().canonical.T
    below = neckline(person.clothes.kind, x, y, z)
    lift = {"turtleneck": 0.055, "collar": 0.05, "blazer": 0.075}.get(person.clothes.kind, 0.04)
    amount = lift * ramp(-0.02, 0.10, below) * (1 + 0.8 * ramp(0.3, 1.2, below))
    rest += normals * amount[:, None].astype(np.float32)
