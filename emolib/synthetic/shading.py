"""Samples to pixels: every surface that a pixel shows is coloured once, and the parts are averaged.
Also what spectacles show: the lacquer of their frames, and what their lenses mirror.

Everything is linear light; only the last step encodes to 8 bits. Hair is coloured ribbon by ribbon.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel
from emolib.synthetic.mouth import mouth
from emolib.synthetic.raster import EMPTY, FAR
from emolib.synthetic.surfaces import (
    EYE,
    EYE_R,
    FRAME,
    SKIN,
    clamp,
    dot,
    eye,
    lit_by_key,
    mix,
    power8,
    skin,
    smooth,
)

WHITE = 1.5  # linear light that encodes to 255
SAME_SURFACE_DM = 0.08  # samples of one material this close in depth are shaded together
LEAST_LIGHT = np.float32(0.12)  # folds throw light at each other
_ONE = np.float32(1)


@kernel
def rim(red, green, blue, nx, ny, nz, lit, open_sky, lights, glow):
    """Linear RGB of a spectacle frame: a lacquered tube of one colour."""
    key = max(np.float32(0), dot(lights, 0, nx, ny, nz)) * lit
    nh = power8(max(np.float32(0), dot(lights, 8, nx, ny, nz)))
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


@kernel
def shade(
    depth, ids, box, screen, world, normals, ao, local, triangles, uv, material, strands, hair_rgb,
    strand, texture, creases, turn, lights, light, shadow, iris, eyes, lips, lens, backdrop, encode,
    out,
):  # fmt: skip
    """Colour the pixels of `box` (top, bottom, left, right) into out (H, W, 3) uint8; empty the
    buffers."""
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
                share = 1
                if t < n_surface:
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
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
                else:
                    ribbon = strands[t - n_surface]
                    a, b, c = ribbon[0], ribbon[1], ribbon[2]
                    for o in range(s + 1, 4):
                        if ids[2 * py + (o >> 1), 2 * px + (o & 1)] == t:
                            done |= 1 << o
                            share += 1
                cx = np.float32(x) + np.float32(0.5)
                cy = np.float32(y) + np.float32(0.5)
                if share == 4:  # the whole pixel is one surface: look at its middle
                    cx, cy = np.float32(2 * px + 1), np.float32(2 * py + 1)
                x0, y0 = screen[a, 0], screen[a, 1]
                bx, by = screen[b, 0] - x0, screen[b, 1] - y0
                ex, ey = screen[c, 0] - x0, screen[c, 1] - y0
                inverse = _ONE / (bx * ey - ex * by)
                w1 = ((cx - x0) * ey - (cy - y0) * ex) * inverse
                w2 = ((cy - y0) * bx - (cx - x0) * by) * inverse
                if share > 1:
                    w1 = min(max(w1, np.float32(-0.5)), np.float32(1.5))
                    w2 = min(max(w2, np.float32(-0.5)), np.float32(1.5))
                w0 = _ONE - w1 - w2
                if t >= n_surface:
                    across = strand[a, 0] * w0 + strand[b, 0] * w1 + strand[c, 0] * w2
                    hair = int(across * np.float32(6) + strand[a, 2]) * 7919
                    grain = np.float32(0.82) + np.float32(0.024) * np.float32((hair >> 3) & 15)
                    grain *= np.float32(share)
                    for k in range(3):
                        total[k] += grain * (
                            w0 * hair_rgb[a, k] + w1 * hair_rgb[b, k] + w2 * hair_rgb[c, k]
                        )
                    continue
                nx, ny, nz = mix(normals, a, b, c, w0, w1, w2)
                scale = _ONE / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
                nx, ny, nz = nx * scale, ny * scale, nz * scale
                wx, wy, wz = mix(world, a, b, c, w0, w1, w2)
                lit = lit_by_key(wx, wy, wz, light, shadow, np.float32(0.035))
                open_sky = clamp(w0 * ao[a] + w1 * ao[b] + w2 * ao[c])
                open_sky = LEAST_LIGHT + (_ONE - LEAST_LIGHT) * open_sky
                if kind == SKIN:
                    u = w0 * uv[t, 0, 0] + w1 * uv[t, 1, 0] + w2 * uv[t, 2, 0]
                    v = w0 * uv[t, 0, 1] + w1 * uv[t, 1, 1] + w2 * uv[t, 2, 1]
                    skin(
                        texture, u, v, nx, ny, nz, open_sky, lit, creases, turn, lights, texel, glow
                    )
                elif kind in (EYE, EYE_R):
                    lx, ly, lz = mix(local, a, b, c, w0, w1, w2)
                    side = 0 if kind == EYE else 1
                    eye(lx, ly, lz, nx, ny, nz, cx, cy, side, lit, iris, eyes, lights, glow)
                elif kind == FRAME:
                    rim(
                        local[a, 0], local[a, 1], local[a, 2], nx, ny, nz, lit, open_sky, lights,
                        glow,
                    )  # fmt: skip
                else:
                    lx, ly, lz = mix(local, a, b, c, w0, w1, w2)
                    mouth(kind, lx, ly, lz, wx, wy, wz, nx, ny, nz, lips, lights, glow)
                for k in range(3):
                    total[k] += np.float32(share) * glow[k]
            if lens[0, 11] > 0:
                cx, cy = np.float32(2 * px + 1), np.float32(2 * py + 1)
                glare(lens, cx, cy, depth[2 * py, 2 * px], lights, glow)
                for k in range(3):
                    total[k] += np.float32(4) * glow[k]
            for s in range(4):  # leave the buffers as the next frame wants them
                depth[2 * py + (s >> 1), 2 * px + (s & 1)] = FAR
                ids[2 * py + (s >> 1), 2 * px + (s & 1)] = EMPTY
            for k in range(3):
                value = (total[k] + np.float32(empty) * backdrop[py, px, k]) * np.float32(0.25)
                out[py, px, k] = encode[
                    min(columns, int(value * np.float32(columns / WHITE) + np.float32(0.5)))
                ]
