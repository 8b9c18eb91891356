"""Hair: ribbons of strands grown over the scalp, lying in layers, with air between the strands.

Each ribbon starts at a root inside the hairline, leaves along the style's flow, falls with
gravity and stays outside the head. Beards grow the same way, rooted on the moving face.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.head import AXIS_Z_DM, BODY, load_head, ramp
from emolib.synthetic.person import Person
from emolib.synthetic.strands import BUN, Strands, Style, cover_pattern, extrude, ribbons
from emolib.synthetic.texels import Texels, blob, texels

CROWN = np.array([0.0, 1.0, -1.15])

# Hairline: lowest y (dm) that bears hair at an angle from the front (degrees).
_HAIRLINE = (
    (0, 14, 26, 38, 50, 60, 68, 74, 80, 88, 100, 108, 116, 135, 180),
    (0.66, 0.655, 0.62, 0.53, 0.4, 0.3, 0.12, -0.12, -0.16, 0.16, 0.2, 0.05, -0.45, -0.8, -0.85),
)

STYLES = {
    "bald": Style(0, 2, 0, 0, 0, 0, 0, 0, 0, "crown"),
    "buzz": Style(800, 3, 0.05, 0.04, 0.05, 0.40, 0.012, 0.0, 0.0, "crown"),
    "crop": Style(760, 5, 0.26, 0.11, 0.058, 0.35, 0.06, 0.03, 0.10, "crown"),
    "side": Style(720, 7, 0.55, 0.13, 0.062, 0.45, 0.10, 0.12, 0.04, "part", 0.8),
    "back": Style(680, 7, 0.60, 0.20, 0.062, 0.40, 0.09, 0.02, 0.04, "back", 0.8),
    "curly": Style(900, 7, 0.36, 0.26, 0.06, 0.80, 0.16, 0.02, 0.75, "crown", 0.7),
    "pixie": Style(720, 7, 0.50, 0.32, 0.062, 0.35, 0.08, 0.16, 0.08, "part", 0.8),
    "bob": Style(400, 10, 1.60, 1.30, 0.10, 0.30, 0.12, 0.40, 0.06, "part", 0.8),
    "long": Style(300, 12, 2.60, 2.30, 0.115, 0.30, 0.13, 0.40, 0.10, "part", 0.8),
    "fringe": Style(310, 11, 2.30, 2.00, 0.11, 0.28, 0.12, 0.40, 0.05, "part", 0.8),
    "bun": Style(480, 8, 1.10, 1.10, 0.11, 0.04, 0.03, 0.0, 0.02, "bun", 0.95),
}


def scalp_depth(person: Person, points: np.ndarray) -> np.ndarray:
    """How far (dm) canonical points lie inside the person's hairline; negative outside."""
    x, y, z = np.moveaxis(points, -1, 0)
    angle = np.degrees(np.abs(np.arctan2(x, z - AXIS_Z_DM)))
    h = person.hair
    line = np.interp(angle, *_HAIRLINE)
    front = np.exp(-((angle / 45) ** 2))
    temple = np.exp(-(((angle - 30) / 13) ** 2))
    peak = 0.03 * np.exp(-((angle / 7) ** 2))
    line = (
        line
        + front * (h.hairline + 0.30 * h.recede**1.5)
        + temple * h.recede * 0.42
        - peak * (1 - h.recede)
    )
    if person.sex == "Female":
        line = line - 0.03 * front + 0.10 * np.exp(-(((angle - 76) / 6) ** 2))
    thin = 0.9 * max(0.0, h.recede - 0.38) * 4
    crown = thin * np.exp(-(((x / 0.33) ** 2) + ((z + 0.75) / 0.5) ** 2)) * (y > 0.8)
    return y - line - crown


def _flow(person: Person, p, n, kind: str):
    """Unit directions (M, 3) in which hair leaves at scalp points p with normals n."""
    if kind == "back":
        d = np.tile([0.0, 0.22, -1.0], (len(p), 1))
        d[:, 0] = -0.15 * p[:, 0]
    elif kind == "bun":
        d = BUN - p
    elif kind == "part":
        at = 0.28 * person.hair.parting
        side = np.tanh((p[:, 0] - at) / 0.05)
        top = ramp(0.35, 0.8, p[:, 1])
        d = np.stack(
            [
                side * (0.75 * top + 0.10),
                -0.3 - 0.7 * (1 - top),
                0.25 - 0.55 * ramp(0.2, -0.9, p[:, 2]),
            ],
            1,
        )
    else:
        d = p - CROWN
        d[:, 1] -= 0.25
    d = d - n * (d * n).sum(1, keepdims=True)
    return d / (np.linalg.norm(d, axis=1, keepdims=True) + 1e-6)


def grow(person: Person, rest: np.ndarray, normals: np.ndarray) -> Strands:
    """The person's hair and beard on rest vertices (N, 3) with normals (N, 3)."""
    style = STYLES[person.hair.style]
    rng = np.random.default_rng([person.seed, 21])
    parts = []
    if style.ribbons:
        parts.append(_scalp(person, style, rest, normals, rng))
        if style.flow == "bun":
            parts.append(_ball(person, rng))
    if person.skin.beard != "none":
        parts.append(_beard(person, rest, normals, rng))
    cover = cover_pattern(style.curl)
    if not parts:
        none = np.zeros((0, 3), np.float32)
        return Strands(none, none, none, none, none[:, 0], none[:, 0], none,
                       np.zeros(0, np.int32), np.zeros((0, 3), np.int32), cover)  # fmt: skip
    start, triangles = 0, []
    for part in parts:
        triangles.append(part["triangles"] + start)
        start += len(part["points"])
    joined = {k: np.concatenate([p[k] for p in parts]) for k in parts[0] if k != "triangles"}
    triangles = np.concatenate(triangles)
    back = joined["normal"][triangles][..., 2].max(1) < -0.7
    high = joined["points"][triangles][..., 1].min(1) > -0.35
    triangles = triangles[~(back & high)]  # never seen, however far a head turns here
    floats = {k: v.astype(np.float32) for k, v in joined.items() if k != "bind"}
    return Strands(
        **floats,
        bind=joined["bind"].astype(np.int32),
        triangles=triangles.astype(np.int32),
        cover=cover,
    )


def _roots(depth_of_triangle, triangles, rest, count, rng):
    """Random places on triangles that bear hair: triangle numbers and barycentric weights."""
    a, b, c = (rest[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * depth_of_triangle
    chosen = rng.choice(len(triangles), count, p=area / area.sum())
    u, v = rng.random(count), rng.random(count)
    flip = u + v > 1
    u[flip], v[flip] = 1 - u[flip], 1 - v[flip]
    return chosen, np.stack([1 - u - v, u, v], 1)[..., None]


def _scalp(person, style, rest, normals, rng):
    head = load_head()
    skin = head.triangles[head.part == BODY]
    middle = head.canonical[skin].mean(1)
    inside = scalp_depth(person, middle)
    ears = head.masks["ears"][skin].max(1)
    behind = np.abs(np.arctan2(middle[:, 0], middle[:, 2] - AXIS_Z_DM)) > 2.4
    weight = ramp(-0.04, 0.05, inside) * (ears < 0.2)
    weight = weight * np.where(behind, 0.35 if style.top < 1 else 0.45, 1.0)
    chosen, w = _roots(weight, skin, rest, style.ribbons, rng)
    p = (rest[skin[chosen]] * w).sum(1)
    home = (head.canonical[skin[chosen]] * w).sum(1)
    n = (normals[skin[chosen]] * w).sum(1)
    keep = scalp_depth(person, home) > rng.normal(0.0, 0.025, len(p))
    p, home, n = p[keep], home[keep], n[keep]
    count = len(p)
    top = ramp(0.25, 0.75, home[:, 1])
    length = (style.sides + (style.top - style.sides) * top) * rng.uniform(0.82, 1.12, count)
    length = length * (person.hair.volume if style.top < 1 else 1.0)
    d = _flow(person, home, n, style.flow)
    d = d + rng.normal(0, 0.03 if style.flow == "bun" else 0.10 + 0.5 * style.curl, (count, 3))
    lift = style.lift * (0.6 + 0.8 * top) * rng.uniform(0.5, 1.3, count)
    if style.flow == "part":  # volume stands up along the parting and the front
        lift = lift + 0.5 * np.exp(-(((home[:, 0] - 0.28 * person.hair.parting) / 0.25) ** 2)) * top
    d = d + n * lift[:, None]
    bangs = np.zeros(count, bool)
    if person.hair.style in ("fringe", "pixie"):
        bangs = (
            (scalp_depth(person, home) < 0.22) & (home[:, 2] > -0.35) & (np.abs(home[:, 0]) < 0.52)
        )
        sweep = -0.35 * person.hair.parting if person.hair.style == "pixie" else 0.0
        d[bangs] = np.array([sweep, -0.55, 0.55]) + rng.normal(0, 0.08, (int(bangs.sum()), 3))
        length[bangs] = rng.uniform(0.40, 0.52, int(bangs.sum()))
    layer = np.sort(rng.uniform(0, 1, count))[::-1]  # outermost first: what they hide costs little
    return extrude(person, style, rest, normals, p, d, n, length, layer, bangs, rng)


def _ball(person, rng):
    """The knot of a bun: ribbons wound round a ball."""
    n, steps = 90, 8
    axis = rng.normal(0, 1, (n, 3)) * [1, 0.35, 0.35] + [0, 0, 0.2]
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    first = np.cross(axis, rng.normal(0, 1, (n, 3)))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(axis, first)
    angle = np.linspace(0, 2.2, steps)[None, :, None]
    out = first[:, None] * np.cos(angle) + second[:, None] * np.sin(angle)
    radius = 0.30 * rng.uniform(0.85, 1.0, n)[:, None, None]
    path = BUN + np.array([0, 0.10, 0.05]) + out * radius
    return ribbons(
        person, path, out, np.full(n, 0.10), rng.uniform(0.4, 1, n), -np.ones(n, int), rng
    )


def beard_area(t: Texels, style: str) -> np.ndarray:
    """(S, S) where hair grows on a face of this beard style ("full" is also where stubble
    grows)."""
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


def _beard(person, rest, normals, rng):
    """Short ribbons on the beard's area, each carried by the nearest vertex of the face."""

    head = load_head()
    t = texels(512)
    area = beard_area(t, person.skin.beard)
    skin = head.triangles[(head.part == BODY)]
    place = head.uv[head.part == BODY].mean(1)
    at = np.clip((place * 512).astype(int) % [512, 10**6], 0, 511)
    weight = ramp(0.25, 0.7, area[at[:, 1], at[:, 0]]) * (head.masks["lips"][skin].max(1) < 0.25)
    weight = np.where(head.canonical[skin][..., 2].mean(1) > -0.8, weight, 0)
    amount = {"moustache": 150, "goatee": 330, "full": 650}[person.skin.beard]
    chosen, w = _roots(weight, skin, rest, amount, rng)
    p = (rest[skin[chosen]] * w).sum(1)
    n = (normals[skin[chosen]] * w).sum(1)
    carrier = skin[chosen, w[..., 0].argmax(1)]
    d = (
        np.array([0, -1.0, 0.1])
        + n * 0.55
        + np.stack([0.5 * np.sign(p[:, 0]) * (p[:, 1] > -0.62), 0 * p[:, 0], 0 * p[:, 0]], 1)
    )
    d += rng.normal(0, 0.15, d.shape)
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    length = rng.uniform(0.06, 0.13, amount)[:, None]
    length *= np.where(p[:, 1:2] > -0.64, 0.6, 1)  # a moustache is trimmed above the lip
    steps = 3
    path = np.stack([p + d * length * k / (steps - 1) + n * 0.012 * k for k in range(steps)], 1)
    out = np.repeat(n[:, None], steps, 1)
    return ribbons(
        person, path, out, np.full(amount, 0.026), rng.uniform(0.3, 1, amount), carrier, rng, 0.8
    )
