"""Samples to pixels: every surface that a pixel shows is coloured once, and the parts are averaged.

Everything is linear light; only the last step encodes to 8 bits. Hair is coloured ribbon by ribbon.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel
from emolib.synthetic.lenses import glare, rim
from emolib.synthetic.mouth import mouth
from emolib.synthetic.raster import EMPTY, FAR
from emolib.synthetic.surfaces import (
    EYE,
    EYE_R,
    FRAME,
    SKIN,
    clamp,
    eye,
    lit_by_key,
    skin,
)  # fmt: skip

WHITE = 1.5  # linear light that encodes to 255
SAME_SURFACE_DM = 0.08  # samples of one material this close in depth are shaded together
LEAST_LIGHT = np.float32(0.12)  # folds throw light at each other
_ONE = np.float32(1)


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
                else:
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
                    w1, w2 = (
                        min(max(w1, np.float32(-0.5)), np.float32(1.5)),
                        min(max(w2, np.float32(-0.5)), np.float32(1.5)),
                    )
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
                nx = w0 * normals[a, 0] + w1 * normals[b, 0] + w2 * normals[c, 0]
                ny = w0 * normals[a, 1] + w1 * normals[b, 1] + w2 * normals[c, 1]
                nz = w0 * normals[a, 2] + w1 * normals[b, 2] + w2 * normals[c, 2]
                scale = _ONE / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
                nx, ny, nz = nx * scale, ny * scale, nz * scale
                wx = w0 * world[a, 0] + w1 * world[b, 0] + w2 * world[c, 0]
                wy = w0 * world[a, 1] + w1 * world[b, 1] + w2 * world[c, 1]
                wz = w0 * world[a, 2] + w1 * world[b, 2] + w2 * world[c, 2]
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
                    lx = w0 * local[a, 0] + w1 * local[b, 0] + w2 * local[c, 0]
                    ly = w0 * local[a, 1] + w1 * local[b, 1] + w2 * local[c, 1]
                    lz = w0 * local[a, 2] + w1 * local[b, 2] + w2 * local[c, 2]
                    side = 0 if kind == EYE else 1
                    eye(lx, ly, lz, nx, ny, nz, cx, cy, side, lit, iris, eyes, lights, glow)
                elif kind == FRAME:
                    rim(
                        local[a, 0], local[a, 1], local[a, 2], nx, ny, nz, lit, open_sky, lights,
                        glow,
                    )  # fmt: skip
                else:
                    lx = w0 * local[a, 0] + w1 * local[b, 0] + w2 * local[c, 0]
                    ly = w0 * local[a, 1] + w1 * local[b, 1] + w2 * local[c, 1]
                    lz = w0 * local[a, 2] + w1 * local[b, 2] + w2 * local[c, 2]
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
