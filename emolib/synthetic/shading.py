"""Samples to colours: skin, eyes, teeth, cloth and hair under three lights.

Everything is linear light in single precision; only the last step encodes to 8 bits. Skin wraps light
round its terminator, red furthest, which is what scattering under the surface looks like. A pixel is
shaded once for each surface it shows; hair, one ribbon at a time.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.raster import EMPTY, FAR, kernel

SKIN, EYE, TEETH, TONGUE, CAVITY, LASH, EYE_R = range(7)
KEY, FILL, RIM, KEY_RGB, FILL_RGB, RIM_RGB, SKY, GROUND = range(8)  # rows of a light table (11, 3)
HALF_KEY, HALF_CATCH, HALF_FILL = 8, 9, 10  # half-way to the camera: key, key in the eye, fill
WHITE = 1.5  # linear light that encodes to 255
SAME_SURFACE_DM = 0.08  # samples of one material this close in depth are shaded together

_ONE = np.float32(1)
_MID = np.float32(128)


@kernel
def _clamp(x):
    return min(max(x, np.float32(0)), np.float32(1))


@kernel
def _smooth(low, high, x):
    t = _clamp((x - low) / (high - low))
    return t * t * (np.float32(3) - np.float32(2) * t)


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
            total += wx * wy * (_ONE - _clamp(gap))
    return total * np.float32(0.25)


@kernel
def _skin(texture, u, v, nx, ny, nz, ao, lit, creases, turn, lights, t, glow):
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
    fold = _ONE - np.float32(0.55) * _clamp(crease) * t[10] * to_unit
    green *= fold
    blue *= fold
    red *= np.float32(0.35) + np.float32(0.65) * fold
    ao *= t[12] * to_unit

    key = nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2]
    fill = nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2]
    rim = nx * lights[2, 0] + ny * lights[2, 1] + nz * lights[2, 2]
    soft = _ONE - np.float32(0.85) * cloth
    up = np.float32(0.5) + np.float32(0.5) * ny
    facing = max(nz, np.float32(0))
    edge = _ONE - facing
    edge *= edge
    edge *= edge
    nh = max(np.float32(0), nx * lights[8, 0] + ny * lights[8, 1] + nz * lights[8, 2])
    n2 = nh * nh
    n4 = n2 * n2
    n8 = n4 * n4
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
def _eye(lx, ly, lz, nx, ny, nz, sx, sy, side, lit, iris, eyes, lights, glow):
    """Linear RGB of an eyeball: sclera, iris, pupil, the shadow of the lids, and the catch light.

    (lx, ly, lz) is the place on the ball in units of its radius, before it turned; (sx, sy) in samples.
    """
    e = eyes[side]
    r = np.sqrt(lx * lx + ly * ly)
    front = lz > 0
    limbus = np.float32(0.43)
    # Sclera: off-white, warmer and redder to the corners, darker where the ball curves away.
    corner = _clamp((np.abs(lx) - np.float32(0.45)) * np.float32(1.8))
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
        bright = _ONE + np.float32(0.9) * _clamp(away) * (_ONE - e[8])
        ring = _smooth(np.float32(0.74), np.float32(0.98), reach)
        bright *= _ONE - np.float32(0.72) * ring
        i0, i1, i2 = i0 * bright, i1 * bright, i2 * bright
        hole = _ONE - _smooth(e[8] - np.float32(0.07), e[8] + np.float32(0.05), reach)
        i0 += (np.float32(0.004) - i0) * hole
        i1 += (np.float32(0.004) - i1) * hole
        i2 += (np.float32(0.004) - i2) * hole
        outside = _smooth(np.float32(0.94), np.float32(1.12), reach)
        c0, c1, c2 = i0 + (c0 - i0) * outside, i1 + (c1 - i1) * outside, i2 + (c2 - i2) * outside
    # Lids: their edges are parabolas in samples, y = p + q s + r s^2 with s across the eye.
    s = (sx - e[0]) * e[1]
    upper = e[2] + s * (e[3] + s * e[4])
    lower = e[5] + s * (e[6] + s * e[7])
    below = (sy - upper) * np.abs(e[1])
    above = (lower - sy) * np.abs(e[1])
    shade = np.float32(0.42) + np.float32(0.58) * _smooth(
        np.float32(-0.06), np.float32(0.32), below
    )
    shade *= np.float32(0.72) + np.float32(0.28) * _smooth(
        np.float32(-0.02), np.float32(0.14), above
    )
    key = _clamp(
        (nx * lights[0, 0] + ny * lights[0, 1] + nz * lights[0, 2] + np.float32(0.45))
        / np.float32(1.45)
    )
    up = np.float32(0.5) + np.float32(0.5) * ny
    lit = np.float32(0.7) + np.float32(0.3) * lit
    for k in range(3):
        light = key * lights[3, k] * lit + np.float32(0.6) * lights[4, k]
        light += lights[7, k] + (lights[6, k] - lights[7, k]) * up
        base = c0 if k == 0 else (c1 if k == 1 else c2)
        glow[k] = base * light * shade * np.float32(0.92)
    # Catch light: the key light as a small soft window on the cornea, and a faint one of the fill.
    nh = nx * lights[9, 0] + ny * lights[9, 1] + nz * lights[9, 2]
    spark = _smooth(np.float32(0.972), np.float32(0.990), nh) * np.float32(1.5)
    spark *= _smooth(np.float32(0.0), np.float32(0.08), below)
    nh = nx * lights[10, 0] + ny * lights[10, 1] + nz * lights[10, 2]
    second = _smooth(np.float32(0.965), np.float32(0.99), nh)
    for k in range(3):
        glow[k] += (spark * lights[3, k] + np.float32(0.35) * second * lights[4, k]) * np.float32(
            0.55
        )


@kernel
def light_strands(points, normals, tangents, colour, ao, first, light, shadow, lights, out):
    """Lit colour (N, 3) of hair vertices from `first` on: two shifted highlights along the strand."""
    for i in range(first, points.shape[0]):
        tx, ty, tz = tangents[i, 0], tangents[i, 1], tangents[i, 2]
        nx, ny, nz = normals[i, 0], normals[i, 1], normals[i, 2]
        lx, ly, lz = lights[0, 0], lights[0, 1], lights[0, 2]
        lit = lit_by_key(points[i, 0], points[i, 1], points[i, 2], light, shadow, np.float32(0.10))
        along = tx * lx + ty * ly + tz * lz
        key = _clamp((nx * lx + ny * ly + nz * lz + np.float32(0.35)) / np.float32(1.35))
        diffuse = np.sqrt(max(np.float32(0), _ONE - along * along)) * key
        th = tx * lights[8, 0] + ty * lights[8, 1] + tz * lights[8, 2]
        t1, t2 = th + np.float32(0.10), th - np.float32(0.08)
        s1 = max(np.float32(0), _ONE - t1 * t1)
        s2 = max(np.float32(0), _ONE - t2 * t2)
        s1 = s1 * s1
        s1 = s1 * s1
        s1 = s1 * s1
        s1 = s1 * s1 * s1
        s2 = s2 * s2
        s2 = s2 * s2
        s2 = s2 * s2
        fill = _clamp(
            (nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2] + np.float32(0.5))
            / np.float32(1.5)
        )
        rim = _clamp(nx * lights[2, 0] + ny * lights[2, 1] + nz * lights[2, 2])
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


@kernel
def shade(
    depth, ids, box, screen, world, normals, ao, local, triangles, uv, material, strands, hair_rgb,
    strand, texture, creases, turn, lights, light, shadow, iris, eyes, mouth, backdrop, encode, out,
):  # fmt: skip
    """Colour the pixels of `box` (top, bottom, left, right) into out (H, W, 3) uint8; empty the buffers."""
    n_surface = triangles.shape[0]
    columns = encode.shape[0] - 1
    glow = np.zeros(3, np.float32)
    texel = np.zeros(16, np.float32)
    total = np.zeros(3, np.float32)
    for py in range(box[0], box[1]):
        for px in range(box[2], box[3]):
            if (
                ids[2 * py, 2 * px] == EMPTY and ids[2 * py, 2 * px + 1] == EMPTY
                and ids[2 * py + 1, 2 * px] == EMPTY and ids[2 * py + 1, 2 * px + 1] == EMPTY
            ):  # fmt: skip
                continue
            total[:] = np.float32(0)
            done = 0
            empty = 0
            for s in range(4):
                if done & (1 << s):
                    continue
                y, x = 2 * py + (s >> 1), 2 * px + (s & 1)
                t = ids[y, x]
                if t == EMPTY:
                    empty += 1
                    continue
                if t >= n_surface:
                    a, b, c = (
                        strands[t - n_surface, 0],
                        strands[t - n_surface, 1],
                        strands[t - n_surface, 2],
                    )
                else:
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                share = 1
                if t < n_surface:
                    kind = material[t]
                    for o in range(s + 1, 4):
                        if done & (1 << o):
                            continue
                        oy, ox = 2 * py + (o >> 1), 2 * px + (o & 1)
                        other = ids[oy, ox]
                        if (
                            other >= 0 and other < n_surface and material[other] == kind
                            and np.abs(depth[oy, ox] - depth[y, x]) < np.float32(SAME_SURFACE_DM)
                        ):  # fmt: skip
                            done |= 1 << o
                            share += 1
                cx = np.float32(x) + np.float32(0.5)
                cy = np.float32(y) + np.float32(0.5)
                if share == 4:
                    cx, cy = np.float32(2 * px + 1), np.float32(2 * py + 1)
                x0, y0 = screen[a, 0], screen[a, 1]
                bx, by = screen[b, 0] - x0, screen[b, 1] - y0
                ex, ey = screen[c, 0] - x0, screen[c, 1] - y0
                inverse = _ONE / (bx * ey - ex * by)
                w1 = ((cx - x0) * ey - (cy - y0) * ex) * inverse
                w2 = ((cy - y0) * bx - (cx - x0) * by) * inverse
                if share > 1:
                    w1, w2 = (
                        min(max(w1, np.float32(-0.5)), np.float32(1.5)),
                        min(max(w2, np.float32(-0.5)), np.float32(1.5)),
                    )
                w0 = _ONE - w1 - w2
                if t >= n_surface:
                    across = strand[a, 0] * w0 + strand[b, 0] * w1 + strand[c, 0] * w2
                    grain = np.float32(0.82) + np.float32(0.36) * np.float32(
                        (int(across * np.float32(6) + strand[a, 2]) * 7919 % 17) / 16
                    )
                    for k in range(3):
                        total[k] += grain * (
                            w0 * hair_rgb[a, k] + w1 * hair_rgb[b, k] + w2 * hair_rgb[c, k]
                        )
                    continue
                nx = w0 * normals[a, 0] + w1 * normals[b, 0] + w2 * normals[c, 0]
                ny = w0 * normals[a, 1] + w1 * normals[b, 1] + w2 * normals[c, 1]
                nz = w0 * normals[a, 2] + w1 * normals[b, 2] + w2 * normals[c, 2]
                scale = _ONE / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
                nx, ny, nz = nx * scale, ny * scale, nz * scale
                wx = w0 * world[a, 0] + w1 * world[b, 0] + w2 * world[c, 0]
                wy = w0 * world[a, 1] + w1 * world[b, 1] + w2 * world[c, 1]
                wz = w0 * world[a, 2] + w1 * world[b, 2] + w2 * world[c, 2]
                lit = lit_by_key(wx, wy, wz, light, shadow, np.float32(0.035))
                open_sky = _clamp(w0 * ao[a] + w1 * ao[b] + w2 * ao[c])
                if kind == SKIN:
                    u = w0 * uv[t, 0, 0] + w1 * uv[t, 1, 0] + w2 * uv[t, 2, 0]
                    v = w0 * uv[t, 0, 1] + w1 * uv[t, 1, 1] + w2 * uv[t, 2, 1]
                    _skin(
                        texture, u, v, nx, ny, nz, open_sky, lit, creases, turn, lights, texel, glow
                    )
                elif kind == EYE or kind == EYE_R:
                    lx = w0 * local[a, 0] + w1 * local[b, 0] + w2 * local[c, 0]
                    ly = w0 * local[a, 1] + w1 * local[b, 1] + w2 * local[c, 1]
                    lz = w0 * local[a, 2] + w1 * local[b, 2] + w2 * local[c, 2]
                    side = 0 if kind == EYE else 1
                    _eye(lx, ly, lz, nx, ny, nz, cx, cy, side, lit, iris, eyes, lights, glow)
                elif kind == LASH:
                    glow[:] = np.float32(0.012)
                else:
                    fade = np.exp(
                        min(np.float32(0), wz - mouth[0] + np.float32(0.06)) * np.float32(2.4)
                    )
                    key = _clamp(
                        (
                            nx * lights[0, 0]
                            + ny * lights[0, 1]
                            + nz * lights[0, 2]
                            + np.float32(0.4)
                        )
                        / np.float32(1.4)
                    )
                    gloss = max(np.float32(0), nz)
                    gloss = gloss * gloss
                    gloss = gloss * gloss
                    gloss = gloss * gloss * gloss * gloss
                    r, g, b_ = np.float32(0.26), np.float32(0.045), np.float32(0.04)
                    wet = np.float32(0.02)
                    if kind == TEETH:
                        lx = w0 * local[a, 0] + w1 * local[b, 0] + w2 * local[c, 0]
                        ly = w0 * local[a, 1] + w1 * local[b, 1] + w2 * local[c, 1]
                        cut = np.abs(np.sin(lx * np.float32(34)))
                        gap = _smooth(np.float32(0.0), np.float32(0.3), cut)
                        fade *= np.float32(0.72) + np.float32(0.28) * gap
                        gum = _smooth(np.float32(0.07), np.float32(0.11), ly)
                        r = np.float32(0.86) + (np.float32(0.42) - np.float32(0.86)) * gum
                        g = np.float32(0.80) + (np.float32(0.14) - np.float32(0.80)) * gum
                        b_ = np.float32(0.67) + (np.float32(0.13) - np.float32(0.67)) * gum
                        wet = np.float32(0.10)
                    elif kind == TONGUE:
                        r, g, b_ = np.float32(0.42), np.float32(0.13), np.float32(0.12)
                        wet = np.float32(0.05)
                    for k in range(3):
                        base = r if k == 0 else (g if k == 1 else b_)
                        light_in = (
                            key * (np.float32(0.25) + np.float32(0.75) * lit) * lights[3, k]
                            + np.float32(0.7) * lights[4, k]
                            + lights[7, k]
                        )
                        glow[k] = fade * (
                            base * light_in * np.float32(0.8) + wet * gloss * lit * lights[3, k]
                        )
                for k in range(3):
                    total[k] += np.float32(share) * glow[k]
            for s in range(4):  # leave the buffers as the next frame wants them
                depth[2 * py + (s >> 1), 2 * px + (s & 1)] = FAR
                ids[2 * py + (s >> 1), 2 * px + (s & 1)] = EMPTY
            for k in range(3):
                value = (total[k] + np.float32(empty) * backdrop[py, px, k]) * np.float32(0.25)
                out[py, px, k] = encode[
                    min(columns, int(value * np.float32(columns / WHITE) + np.float32(0.5)))
                ]
