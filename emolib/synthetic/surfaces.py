"""Light on surfaces: skin, eyes and hair under three lights and the sky.

Everything is linear light in single precision; only the last step encodes to 8 bits. Skin wraps
light round its terminator, red furthest, which is what scattering under the surface looks like.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel

SKIN, EYE, TEETH, TONGUE, CAVITY, FRAME, EYE_R = range(7)
KEY, FILL, RIM, KEY_RGB, FILL_RGB, RIM_RGB, SKY, GROUND = range(8)  # rows of a light table (11, 3)
HALF_KEY, HALF_CATCH, HALF_FILL = 8, 9, 10  # half-way to the camera: key, key in the eye, fill

_ONE = np.float32(1)
_MID = np.float32(128)


@kernel
def clamp(x):
    return min(max(x, np.float32(0)), np.float32(1))


@kernel
def smooth(low, high, x):
    t = clamp((x - low) / (high - low))
    return t * t * (np.float32(3) - np.float32(2) * t)


@kernel
def dot(table, row, x, y, z):
    return x * table[row, 0] + y * table[row, 1] + z * table[row, 2]


@kernel
def mix(table, a, b, c, w0, w1, w2):
    """The three numbers of a row, between those of a triangle's corners."""
    return (
        w0 * table[a, 0] + w1 * table[b, 0] + w2 * table[c, 0],
        w0 * table[a, 1] + w1 * table[b, 1] + w2 * table[c, 1],
        w0 * table[a, 2] + w1 * table[b, 2] + w2 * table[c, 2],
    )


@kernel
def power8(x):
    x *= x
    x *= x
    return x * x


@kernel
def lit_by_key(x, y, z, light, depth, bias):
    """How much of the key light reaches a point: 0 in shadow, 1 in light, soft between."""
    size = depth.shape[0]
    u = light[0, 0] * x + light[0, 1] * y + light[0, 2] * z + light[0, 3] - np.float32(0.5)
    v = light[1, 0] * x + light[1, 1] * y + light[1, 2] * z + light[1, 3] - np.float32(0.5)
    d = light[2, 0] * x + light[2, 1] * y + light[2, 2] * z + light[2, 3] + bias
    i, j = int(np.floor(u)), int(np.floor(v))
    if i < 1 or j < 1 or i > size - 3 or j > size - 3:
        return _ONE
    fu, fv = u - np.float32(i), v - np.float32(j)
    total = np.float32(0)
    for b in range(3):  # a 2 x 2 box slid by the fraction: 3 x 3 taps
        wy = (_ONE - fv) if b == 0 else (fv if b == 2 else _ONE)
        for a in range(3):
            wx = (_ONE - fu) if a == 0 else (fu if a == 2 else _ONE)
            gap = (depth[j + b, i + a] - d) * np.float32(25)
            total += wx * wy * (_ONE - clamp(gap))
    return total * np.float32(0.25)


@kernel
def skin(texture, u, v, nx, ny, nz, ao, lit, creases, turn, lights, t, glow):
    """Linear RGB of skin or cloth at a texture place; t (16,) is scratch, glow (3,) the result."""
    size = texture.shape[0]
    tx, ty = u * np.float32(size) - np.float32(0.5), v * np.float32(size) - np.float32(0.5)
    ix, iy = int(np.floor(tx)), int(np.floor(ty))
    fx, fy = tx - np.float32(ix), ty - np.float32(iy)
    x0, x1 = ix & (size - 1), (ix + 1) & (size - 1)  # size is a power of two
    y0 = min(max(iy, 0), size - 1)
    y1 = min(max(iy + 1, 0), size - 1)
    w00, w10 = (_ONE - fx) * (_ONE - fy), fx * (_ONE - fy)
    w01, w11 = (_ONE - fx) * fy, fx * fy
    a, b, c, d = texture[y0, x0], texture[y0, x1], texture[y1, x0], texture[y1, x1]
    for k in range(16):
        t[k] = (
            w00 * np.float32(a[k]) + w10 * np.float32(b[k])
            + w01 * np.float32(c[k]) + w11 * np.float32(d[k])
        )  # fmt: skip
    crease = creases[texture[y1 if fy > 0.5 else y0, x1 if fx > 0.5 else x0, 13]]
    to_unit = np.float32(1 / 255)
    red, green, blue = t[0] * to_unit, t[1] * to_unit, t[2] * to_unit
    red, green, blue = red * red, green * green, blue * blue
    shine, cloth = t[3] * to_unit, t[11] * to_unit
    bump = np.float32(1 / 64)
    gx = (t[4] - _MID) * bump + crease * (t[7] - _MID) * bump
    gy = (t[5] - _MID) * bump + crease * (t[8] - _MID) * bump
    gz = (t[6] - _MID) * bump + crease * (t[9] - _MID) * bump
    nx -= turn[0, 0] * gx + turn[0, 1] * gy + turn[0, 2] * gz
    ny -= turn[1, 0] * gx + turn[1, 1] * gy + turn[1, 2] * gz
    nz -= turn[2, 0] * gx + turn[2, 1] * gy + turn[2, 2] * gz
    scale = _ONE / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    fold = _ONE - np.float32(0.55) * clamp(crease) * t[10] * to_unit
    green *= fold
    blue *= fold
    red *= np.float32(0.35) + np.float32(0.65) * fold
    ao *= t[12] * to_unit

    key = dot(lights, KEY, nx, ny, nz)
    fill = dot(lights, FILL, nx, ny, nz)
    rim = dot(lights, RIM, nx, ny, nz)
    soft = _ONE - np.float32(0.85) * cloth
    up = np.float32(0.5) + np.float32(0.5) * ny
    facing = max(nz, np.float32(0))
    edge = _ONE - facing
    edge *= edge
    edge *= edge
    nh = max(np.float32(0), dot(lights, HALF_KEY, nx, ny, nz))
    n8 = power8(nh)
    n16 = n8 * n8
    n48 = n16 * n16 * n16
    shine *= _ONE - np.float32(0.8) * cloth
    gleam = shine * (np.float32(0.07) * n8 + np.float32(0.20) * n16 + np.float32(0.42) * n48)
    gleam *= (
        (_ONE + np.float32(3) * edge) * lit * max(np.float32(0), min(_ONE, key * np.float32(4)))
    )
    sheen = edge * np.float32(0.10) * ao * (np.float32(0.4) + shine)
    lit_red = lit + (np.sqrt(lit) - lit) * np.float32(0.55) * soft
    warm_ao = ao + (np.sqrt(ao) - ao) * np.float32(0.6) * soft
    rim = max(np.float32(0), rim) * ao
    third = rim * (np.float32(0.25) + np.float32(0.75) * edge)
    rim *= edge * np.float32(0.05)
    gleam *= ao
    for k in range(3):
        if k == 0:
            base, shadow, open_sky = red, lit_red, warm_ao
            wrap, share = np.float32(0.42) * soft, _ONE - np.float32(0.296) * soft
        elif k == 1:
            base, shadow, open_sky = green, lit, ao
            wrap, share = np.float32(0.20) * soft, _ONE - np.float32(0.167) * soft
        else:
            base, shadow, open_sky = blue, lit, ao
            wrap, share = np.float32(0.12) * soft, _ONE - np.float32(0.107) * soft
        direct = max(np.float32(0), key + wrap) * share * shadow  # share: 1 / (1 + wrap)
        second = max(np.float32(0), fill + np.float32(0.3) + wrap) * np.float32(0.7) * share
        ambient = lights[7, k] + (lights[6, k] - lights[7, k]) * up
        glow[k] = (
            base
            * (
                direct * lights[3, k] * (np.float32(0.25) + np.float32(0.75) * open_sky)
                + (second * lights[4, k] + ambient) * open_sky
                + third * lights[5, k]
            )
            + gleam * lights[3, k]
            + sheen * lights[6, k]
            + rim * lights[5, k]
        )


@kernel
def eye(lx, ly, lz, nx, ny, nz, sx, sy, side, lit, iris, eyes, lights, glow):
    """Linear RGB of an eyeball: sclera, iris, pupil, the shadow of the lids, and the catch light.

    (lx, ly, lz) is the place on the ball in units of its radius, before it turned; (sx, sy) in
    samples.
    """
    e = eyes[side]
    r = np.sqrt(lx * lx + ly * ly)
    front = lz > 0
    limbus = np.float32(0.43)
    # Sclera: off-white, warmer and redder to the corners, darker where the ball curves away.
    corner = clamp((np.abs(lx) - np.float32(0.45)) * np.float32(1.8))
    c0 = np.float32(0.84) - np.float32(0.12) * corner
    c1 = np.float32(0.79) - (np.float32(0.18) + np.float32(0.25) * e[9]) * corner
    c2 = np.float32(0.76) - (np.float32(0.18) + np.float32(0.25) * e[9]) * corner
    if front and r < np.float32(0.56):
        rows, columns = iris.shape[0], iris.shape[1]
        turn = (np.arctan2(ly, lx) * np.float32(0.15915494) + np.float32(0.5)) * np.float32(rows)
        reach = r / limbus
        row = int(turn) % rows
        column = min(columns - 1, int(reach * np.float32(columns)))
        i0, i1, i2 = iris[row, column, 0], iris[row, column, 1], iris[row, column, 2]
        # The cornea focuses the key light on the far side of the iris.
        away = -(lx * lights[0, 0] + ly * lights[0, 1]) / limbus
        bright = _ONE + np.float32(0.9) * clamp(away) * (_ONE - e[8])
        ring = smooth(np.float32(0.74), np.float32(0.98), reach)
        bright *= _ONE - np.float32(0.72) * ring
        i0, i1, i2 = i0 * bright, i1 * bright, i2 * bright
        hole = _ONE - smooth(e[8] - np.float32(0.07), e[8] + np.float32(0.05), reach)
        i0 += (np.float32(0.004) - i0) * hole
        i1 += (np.float32(0.004) - i1) * hole
        i2 += (np.float32(0.004) - i2) * hole
        outside = smooth(np.float32(0.94), np.float32(1.12), reach)
        c0, c1, c2 = i0 + (c0 - i0) * outside, i1 + (c1 - i1) * outside, i2 + (c2 - i2) * outside
    # Lids: their edges are parabolas in samples, y = p + q s + r s^2 with s across the eye.
    s = (sx - e[0]) * e[1]
    upper = e[2] + s * (e[3] + s * e[4])
    lower = e[5] + s * (e[6] + s * e[7])
    below = (sy - upper) * np.abs(e[1])
    above = (lower - sy) * np.abs(e[1])
    shade = np.float32(0.42) + np.float32(0.58) * smooth(np.float32(-0.06), np.float32(0.32), below)
    shade *= np.float32(0.72) + np.float32(0.28) * smooth(
        np.float32(-0.02), np.float32(0.14), above
    )
    key = clamp((dot(lights, KEY, nx, ny, nz) + np.float32(0.45)) / np.float32(1.45))
    up = np.float32(0.5) + np.float32(0.5) * ny
    lit = np.float32(0.7) + np.float32(0.3) * lit
    for k in range(3):
        light = key * lights[3, k] * lit + np.float32(0.6) * lights[4, k]
        light += lights[7, k] + (lights[6, k] - lights[7, k]) * up
        base = c0 if k == 0 else (c1 if k == 1 else c2)
        glow[k] = base * light * shade * np.float32(0.92)
    # Catch light: the key light as a small soft window on the cornea, and a faint one of the fill.
    nh = dot(lights, HALF_CATCH, nx, ny, nz)
    spark = smooth(np.float32(0.984), np.float32(0.994), nh) * np.float32(1.2)
    spark *= smooth(np.float32(0.0), np.float32(0.08), below)
    nh = dot(lights, HALF_FILL, nx, ny, nz)
    second = smooth(np.float32(0.984), np.float32(0.994), nh)
    for k in range(3):
        glow[k] += (spark * lights[3, k] + np.float32(0.35) * second * lights[4, k]) * np.float32(
            0.55
        )


@kernel
def light_strands(points, normals, tangents, colour, ao, first, light, shadow, lights, out):
    """Lit colour (N, 3) of hair vertices from `first` on: two shifted highlights along the
    strand."""
    for i in range(first, points.shape[0]):
        tx, ty, tz = tangents[i, 0], tangents[i, 1], tangents[i, 2]
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        lx, ly, lz = lights[0, 0], lights[0, 1], lights[0, 2]
        lit = lit_by_key(points[i, 0], points[i, 1], points[i, 2], light, shadow, np.float32(0.10))
        along = tx * lx + ty * ly + tz * lz
        key = clamp((nx * lx + ny * ly + nz * lz + np.float32(0.35)) / np.float32(1.35))
        diffuse = np.sqrt(max(np.float32(0), _ONE - along * along)) * key
        th = dot(lights, HALF_KEY, tx, ty, tz)
        t1, t2 = th + np.float32(0.10), th - np.float32(0.08)
        s1 = max(np.float32(0), _ONE - t1 * t1)
        s2 = max(np.float32(0), _ONE - t2 * t2)
        s1, s2 = power8(s1), power8(s2)
        s1 = s1 * s1 * s1
        fill = clamp((dot(lights, FILL, nx, ny, nz) + np.float32(0.5)) / np.float32(1.5))
        rim = clamp(dot(lights, RIM, nx, ny, nz))
        up = np.float32(0.5) + np.float32(0.5) * ny
        shade = ao[i]
        for k in range(3):
            base = colour[i, k]
            ambient = lights[7, k] + (lights[6, k] - lights[7, k]) * up
            glint = np.float32(0.030) * s1 + np.float32(0.9) * base * s2
            out[i, k] = shade * (
                lit * lights[3, k] * (base * diffuse * np.float32(0.9) + glint * key)
                + base * (fill * lights[4, k] + ambient * np.float32(0.9))
                + (base + np.float32(0.02)) * rim * lights[5, k] * np.float32(0.8)
            )
