"""Hair: ribbons of strands grown over the scalp, lying in layers, with air between the strands.

Each ribbon starts at a root inside the hairline, leaves along the style's flow, falls with gravity and
stays outside the head. Beards grow the same way, rooted on the moving face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from emolib.synthetic.head import AXIS_Z_DM, BODY, load_head
from emolib.synthetic.person import Person
from emolib.synthetic.texels import ramp

COVER_ROWS, COVER_COLUMNS = 64, 512
CROWN = np.array([0.0, 1.0, -1.15])

# Hairline: lowest y (dm) that bears hair at an angle from the front (degrees).
_HAIRLINE = (
    (0, 14, 26, 38, 50, 60, 68, 74, 80, 88, 100, 108, 116, 135, 180),
    (
        0.66,
        0.655,
        0.62,
        0.53,
        0.40,
        0.30,
        0.12,
        -0.12,
        -0.16,
        0.16,
        0.20,
        0.05,
        -0.45,
        -0.80,
        -0.85,
    ),
)


@dataclass(frozen=True)
class Style:
    """Ribbon counts and shape. Lengths and widths in dm; reach is (top, sides)."""

    ribbons: int
    steps: int
    top: float
    sides: float
    width: float
    lift: float  # how steeply hair leaves the scalp
    bulk: float  # thickness of the layers
    gravity: float
    curl: float
    flow: str
    settle: float = 0.5  # how far hair that stands up bends back to its layer


STYLES = {
    "bald": Style(0, 2, 0, 0, 0, 0, 0, 0, 0, "crown"),
    "buzz": Style(800, 3, 0.05, 0.04, 0.05, 0.40, 0.012, 0.0, 0.0, "crown"),
    "crop": Style(760, 5, 0.26, 0.11, 0.058, 0.35, 0.06, 0.03, 0.10, "crown"),
    "side": Style(720, 7, 0.55, 0.13, 0.062, 0.45, 0.10, 0.12, 0.04, "part", 0.8),
    "back": Style(680, 7, 0.60, 0.20, 0.062, 0.40, 0.09, 0.02, 0.04, "back", 0.8),
    "curly": Style(900, 7, 0.36, 0.26, 0.06, 0.80, 0.16, 0.02, 0.75, "crown", 0.7),
    "pixie": Style(720, 7, 0.50, 0.32, 0.062, 0.35, 0.08, 0.16, 0.08, "part", 0.8),
    "bob": Style(520, 11, 1.60, 1.30, 0.095, 0.30, 0.12, 0.40, 0.06, "part", 0.8),
    "long": Style(430, 13, 2.60, 2.30, 0.105, 0.30, 0.13, 0.40, 0.10, "part", 0.8),
    "fringe": Style(450, 12, 2.30, 2.00, 0.10, 0.28, 0.12, 0.40, 0.05, "part", 0.8),
    "bun": Style(480, 8, 1.10, 1.10, 0.11, 0.04, 0.03, 0.0, 0.02, "bun", 0.95),
}
BUN = np.array([0.0, 1.08, -1.45])


@dataclass(frozen=True, eq=False)
class Strands:
    """Ribbons as vertices and triangles (numbered from 0). All float32 but for the indices.

    points, tangent, normal, colour: (M, 3); ao, follow: (M,); strand: (M, 3) across, along, own offset in
    `cover`; bind: (M,) int32 head vertex that carries it, or -1; triangles (K, 3) int32;
    cover: (64, 512) uint8.
    """

    points: np.ndarray
    tangent: np.ndarray
    normal: np.ndarray
    colour: np.ndarray
    ao: np.ndarray
    follow: np.ndarray
    strand: np.ndarray
    bind: np.ndarray
    triangles: np.ndarray
    cover: np.ndarray


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


def cover_pattern(curl: float) -> np.ndarray:
    """(64, 512) uint8 map of strands: rows run from root to tip, columns across many ribbons."""
    rng = np.random.default_rng(77)
    columns = np.arange(COVER_COLUMNS)
    place = np.abs((columns % 32) / 15.5 - 1)  # 0 in the middle of a ribbon, 1 at its edges
    tip = 0.97 - 0.28 * place**2 - 0.35 * rng.random(COVER_COLUMNS) ** 2
    gap = rng.random(COVER_COLUMNS) < 0.10 + 0.32 * place**2
    along = np.linspace(0, 1, COVER_ROWS)[:, None]
    open_at = rng.uniform(0.0, 0.6, COVER_COLUMNS)  # a gap opens somewhere along
    solid = (along < tip) & ~(gap & (along > open_at))
    start = rng.uniform(0, 0.10 + 0.1 * curl, COVER_COLUMNS) * (0.3 + place)
    return (solid & (along > start * 0.5)).astype(np.uint8)


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
    weight = weight * np.where(behind, 0.35 if style.top < 1 else 0.55, 1.0)
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
    return _extrude(person, style, rest, normals, p, d, n, length, layer, bangs, rng)


def _extrude(person, style, rest, normals, p, d, n, length, layer, bangs, rng):
    """Walk every ribbon from its root and give it width."""
    head = load_head()
    outer = np.flatnonzero((head.part_of == BODY) & (head.masks["mouth"] < 0.3))
    tree = cKDTree(rest[outer])
    count, steps = len(p), style.steps
    d = d / np.linalg.norm(d, axis=1, keepdims=True)
    bulk = (0.012 + style.bulk * person.hair.volume * layer)[:, None]
    phase = rng.uniform(0, 2 * np.pi, count)
    turns = rng.uniform(1.2, 2.6, count) * (1 if style.curl > 0.3 else 0.8)
    path, out = [p - n * 0.01], [n]
    side_axis = np.cross(d, n)
    for k in range(1, steps):
        t = k / (steps - 1)
        step = (length / (steps - 1))[:, None]
        d = (
            d
            + np.array([0, -style.gravity * (0.35 + t), 0])
            + np.where(bangs[:, None], [[0, -0.28, -0.02]], 0.0)
        )
        if style.flow == "bun":
            d = 0.6 * d + 0.9 * (BUN - path[-1])
        wave = style.curl + (0.12 * person.hair.wave if style.top > 1 else 0.0)
        swing = np.sin(phase + turns * 2 * np.pi * t)[:, None]
        curl = wave * (side_axis * swing + n * np.cos(phase + turns * 2 * np.pi * t)[:, None] * 0.6)
        d = d / np.linalg.norm(d, axis=1, keepdims=True)
        q = path[-1] + (d + curl) * step / np.sqrt(1 + wave)
        _, near = tree.query(q)
        v, vn = rest[outer[near]], normals[outer[near]]
        above = ((q - v) * vn).sum(1, keepdims=True)
        close = np.linalg.norm(q - v, axis=1, keepdims=True) < 0.6
        want = bulk * min(1.0, 0.35 + 1.5 * t)
        push = np.where(close, np.maximum(want - above, 0), 0)
        q = q + vn * push
        into = (d * vn).sum(1, keepdims=True)
        d = np.where((above < want) & close & (into < 0), d - vn * into * 0.9, d)
        high = above > want + 0.02  # what stands up bends over
        d = np.where(high & close, d - vn * np.maximum(into, 0) * style.settle, d)
        if style.gravity > 0.3:  # long hair keeps out of the face
            angle = np.abs(np.arctan2(q[:, 0], q[:, 2] - AXIS_Z_DM))
            face = ((angle < 0.95) & (q[:, 1] < 0.62) & ~bangs)[:, None]
            d = d + np.where(
                face, np.stack([0.9 * np.sign(q[:, 0]), 0 * angle, -0.5 + 0 * angle], 1), 0
            )
        path.append(q)
        out.append(np.where(close, vn, out[-1]))
    path, out = np.stack(path, 1), np.stack(out, 1)
    for _ in range(3 if style.curl < 0.3 else 1):
        path[:, 1:-1] = path[:, :-2] / 4 + path[:, 1:-1] / 2 + path[:, 2:] / 4
    return _ribbons(
        person,
        path,
        out,
        style.width * rng.uniform(0.7, 1.25, count),
        layer,
        -np.ones(count, int),
        rng,
    )


def _ribbons(person, path, out, width, layer, bind, rng, tint=1.0):
    """Two vertices a step across each path (n, steps, 3): the vertex and triangle arrays."""
    count, steps, _ = path.shape
    tangent = np.gradient(path, axis=1)
    tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-9
    out = out / (np.linalg.norm(out, axis=2, keepdims=True) + 1e-9)
    across = np.cross(tangent, out)
    across /= np.linalg.norm(across, axis=2, keepdims=True) + 1e-9
    t = np.linspace(0, 1, steps)
    half = (width[:, None] * (0.55 + 0.45 * np.sin(np.pi * np.clip(t * 0.9 + 0.12, 0, 1))) / 2)[
        ..., None
    ]
    points = np.stack([path - across * half, path + across * half], 2)  # (n, steps, 2, 3)
    base = np.array(person.hair.colour) * tint
    shade = rng.normal(1.0, 0.13, (count, 1)).clip(0.6, 1.5)
    grey = np.clip(
        person.hair.grey * 1.1 + rng.normal(0, 0.22, (count, 1)) * (person.hair.grey > 0), 0, 0.95
    )
    colour = (base * (1 - grey) + np.array([0.36, 0.35, 0.34]) * grey) * shade  # (n, 3)
    tips = 1 + 0.25 * t * (base.max() > 0.05)
    colour = colour[:, None, None] * tips[None, :, None, None] * np.ones((1, 1, 2, 1))
    ao = (0.50 + 0.50 * layer)[:, None] * (0.70 + 0.30 * np.clip(t * 2.5, 0, 1))[None]
    strand = np.zeros((count, steps, 2, 3))
    strand[:, :, 1, 0], strand[..., 1] = 1, t[None, :, None]
    strand[..., 2] = rng.integers(0, COVER_COLUMNS // 32, count)[:, None, None] * 32
    y = points[..., 1]
    follow = np.where((bind >= 0)[:, None, None], 1.0, 0.25 + 0.75 * ramp(-1.7, -0.55, y))
    at = (np.arange(count)[:, None] * steps + np.arange(steps - 1)) * 2
    quad = np.stack([at, at + 1, at + 2, at + 1, at + 3, at + 2], -1).reshape(-1, 3)
    flat = lambda a: np.repeat(a[:, :, None], 2, 2).reshape(-1, *a.shape[2:])  # noqa: E731
    return {
        "points": points.reshape(-1, 3), "tangent": flat(tangent), "normal": flat(out),
        "colour": colour.reshape(-1, 3), "ao": flat(ao), "follow": follow.reshape(-1),
        "strand": strand.reshape(-1, 3), "bind": np.repeat(bind, steps * 2), "triangles": quad,
    }  # fmt: skip


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
    return _ribbons(
        person, path, out, np.full(n, 0.10), rng.uniform(0.4, 1, n), -np.ones(n, int), rng
    )


def _beard(person, rest, normals, rng):
    """Short ribbons on the beard's area, each carried by the nearest vertex of the face."""
    from emolib.synthetic.skin import beard_area  # painted ground and grown hair share one outline
    from emolib.synthetic.texels import texels

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
    steps = 3
    path = np.stack([p + d * length * k / (steps - 1) + n * 0.012 * k for k in range(steps)], 1)
    out = np.repeat(n[:, None], steps, 1)
    return _ribbons(
        person, path, out, np.full(amount, 0.026), rng.uniform(0.3, 1, amount), carrier, rng, 0.8
    )
