"""Triangles to samples: deform, project, and find what each sample of the picture shows.

A frame is drawn in two steps. Here, geometry decides at twice the picture's resolution which triangle
each sample sees (a number and a depth); `shading` then colours each pixel once per surface it contains.
All kernels are numba-compiled, single precision, and write into buffers given by the caller.
"""

from __future__ import annotations

import numba as nb
import numpy as np

SAMPLES = 2  # per pixel side: 2 x 2 samples a pixel
EMPTY = -1  # in the id buffer: nothing but background
FAR = np.float32(-1e9)

kernel = nb.njit(
    cache=True, fastmath={"nsz", "nnan", "ninf", "arcp", "contract"}, error_model="numpy"
)


@kernel
def deform(rest, start, vertex, delta, weights, out):
    """out[:N] = rest (N, 3) + the sum of weighted units; units with weight 0 cost nothing."""
    for i in range(rest.shape[0]):
        for k in range(3):
            out[i, k] = rest[i, k]
    for u in range(weights.shape[0]):
        w = weights[u]
        if w == 0.0:
            continue
        for j in range(start[u], start[u + 1]):
            i = vertex[j]
            out[i, 0] += w * delta[j, 0]
            out[i, 1] += w * delta[j, 1]
            out[i, 2] += w * delta[j, 2]


@kernel
def blend_light(rest, start, vertex, delta, weights, out):
    """out[:N] = light at rest (N,) + the units' changes, kept in [0, 1]."""
    for i in range(rest.shape[0]):
        out[i] = rest[i]
    for u in range(weights.shape[0]):
        w = min(max(weights[u], np.float32(0)), np.float32(1))
        if w > 0:
            for j in range(start[u], start[u + 1]):
                out[vertex[j]] += w * delta[j]
    for i in range(rest.shape[0]):
        out[i] = min(max(out[i], np.float32(0)), np.float32(1))


@kernel
def carry(points, rest, first, strand_rest, bind):
    """Put strand vertices behind the head's: at rest, or moved as the head vertex that carries them."""
    for i in range(strand_rest.shape[0]):
        j = bind[i]
        for k in range(3):
            points[first + i, k] = strand_rest[i, k]
            if j >= 0:
                points[first + i, k] += points[j, k] - rest[j, k]


@kernel
def turn_directions(directions, follow, turn, out):
    """out (M, 3) = directions turned with the head as far as `follow` says (not renormalised)."""
    for i in range(directions.shape[0]):
        f = follow[i]
        x, y, z = directions[i, 0], directions[i, 1], directions[i, 2]
        for k in range(3):
            turned = turn[k, 0] * x + turn[k, 1] * y + turn[k, 2] * z
            out[i, k] = f * turned + (1 - f) * directions[i, k]


@kernel
def turn_about(points, first, last, matrix, centre):
    """Rotate points[first:last] in place by a (3, 3) matrix about a centre (eyeballs)."""
    for i in range(first, last):
        x = points[i, 0] - centre[0]
        y = points[i, 1] - centre[1]
        z = points[i, 2] - centre[2]
        for k in range(3):
            points[i, k] = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z + centre[k]


@kernel
def place(points, follow, turn, pivot, shift, body_turn, neck):
    """Turn points (N, 3) in place: with the head as far as `follow` says, else with the shoulders."""
    for i in range(points.shape[0]):
        f = follow[i]
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        hx, hy, hz = x - pivot[0], y - pivot[1], z - pivot[2]
        bx, by, bz = x - neck[0], y - neck[1], z - neck[2]
        for k in range(3):
            head = turn[k, 0] * hx + turn[k, 1] * hy + turn[k, 2] * hz + pivot[k]
            body = body_turn[k, 0] * bx + body_turn[k, 1] * by + body_turn[k, 2] * bz + neck[k]
            points[i, k] = f * head + (1 - f) * body + shift[k]


@kernel
def project(points, camera, out):
    """Samples (x right, y down) and depth of points (N, 3) into out (N, 3).

    camera: (5,) focal distance, samples per dm at z = 0, centre x and y in samples, eye-line height.
    """
    for i in range(points.shape[0]):
        s = camera[1] * camera[0] / (camera[0] - points[i, 2])
        out[i, 0] = camera[2] + points[i, 0] * s
        out[i, 1] = camera[3] - (points[i, 1] - camera[4]) * s
        out[i, 2] = points[i, 2]


@kernel
def smooth_normals(points, triangles, out):
    """Area-weighted unit normals (N, 3) of a surface."""
    out[:] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (
            points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2],
        )  # fmt: skip
        vx, vy, vz = (
            points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2],
        )  # fmt: skip
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in (a, b, c):
            out[i, 0] += nx
            out[i, 1] += ny
            out[i, 2] += nz
    for i in range(out.shape[0]):
        scale = np.float32(1) / np.sqrt(
            out[i, 0] * out[i, 0]
            + out[i, 1] * out[i, 1]
            + out[i, 2] * out[i, 2]
            + np.float32(1e-20)
        )
        for k in range(3):
            out[i, k] *= scale


@kernel
def _span(row, slope, low, high):
    """Narrow [low, high] to where row + slope * x >= 0."""
    if slope > 0:
        low = max(low, -row / slope)
    elif slope < 0:
        high = min(high, -row / slope)
    elif row < 0:
        high = low - np.float32(1)
    return low, high


@kernel
def draw(screen, triangles, first_id, two_sided, depth, ids):
    """Keep, for every sample a triangle covers, the nearest one: depth (H, W), ids (H, W) int32."""
    height, width = depth.shape
    half = np.float32(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area > -1e-6 and (not two_sided or area < 1e-6):  # seen from behind, or on edge
            continue
        left = max(0, int(np.ceil(min(x0, x1, x2) - half)))
        right = min(width - 1, int(np.floor(max(x0, x1, x2) - half)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - half)))
        bottom = min(height - 1, int(np.floor(max(y0, y1, y2) - half)))
        if left > right or top > bottom:
            continue
        inverse = np.float32(1) / area
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        dx1, dy1 = (y2 - y0) * inverse, -(x2 - x0) * inverse
        dx2, dy2 = -(y1 - y0) * inverse, (x1 - x0) * inverse
        px, py = np.float32(left) + half - x0, np.float32(top) + half - y0
        row1, row2 = px * dx1 + py * dy1, px * dx2 + py * dy2
        dz = dx1 * z1 + dx2 * z2
        span = np.float32(right - left)
        for y in range(top, bottom + 1):
            low, high = _span(row1, dx1, np.float32(0), span)
            low, high = _span(row2, dx2, low, high)
            low, high = _span(np.float32(1) - row1 - row2, -dx1 - dx2, low, high)
            z = z0 + row1 * z1 + row2 * z2
            for i in range(int(np.ceil(low)), int(np.floor(high)) + 1):
                here = z + np.float32(i) * dz
                if here > depth[y, left + i]:
                    depth[y, left + i] = here
                    ids[y, left + i] = first_id + t
            row1 += dy1
            row2 += dy2


@kernel
def draw_strands(screen, triangles, strand, first_id, cover, depth, ids):
    """As `draw`, for ribbons of hair: a sample counts only where `cover` has a hair.

    strand: (N, 3) place across the ribbon (0..1), along it (0..1), and its own offset in `cover`.
    cover: (rows, columns) uint8, 0 where there is air.
    """
    height, width = depth.shape
    rows, columns = cover.shape
    half = np.float32(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if np.abs(area) < 1e-6:
            continue
        left = max(0, int(np.ceil(min(x0, x1, x2) - half)))
        right = min(width - 1, int(np.floor(max(x0, x1, x2) - half)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - half)))
        bottom = min(height - 1, int(np.floor(max(y0, y1, y2) - half)))
        if left > right or top > bottom:
            continue
        inverse = np.float32(1) / area
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        dx1, dy1 = (y2 - y0) * inverse, -(x2 - x0) * inverse
        dx2, dy2 = -(y1 - y0) * inverse, (x1 - x0) * inverse
        px, py = np.float32(left) + half - x0, np.float32(top) + half - y0
        row1, row2 = px * dx1 + py * dy1, px * dx2 + py * dy2
        dz = dx1 * z1 + dx2 * z2
        span = np.float32(right - left)
        s0, t0 = strand[a, 0] * np.float32(31.99), strand[a, 1] * np.float32(rows - 1)
        s1, s2 = strand[b, 0] * np.float32(31.99) - s0, strand[c, 0] * np.float32(31.99) - s0
        t1, t2 = strand[b, 1] * np.float32(rows - 1) - t0, strand[c, 1] * np.float32(rows - 1) - t0
        ds, dt = dx1 * s1 + dx2 * s2, dx1 * t1 + dx2 * t2
        own = int(strand[a, 2])
        for y in range(top, bottom + 1):
            low, high = _span(row1, dx1, np.float32(0), span)
            low, high = _span(row2, dx2, low, high)
            low, high = _span(np.float32(1) - row1 - row2, -dx1 - dx2, low, high)
            z = z0 + row1 * z1 + row2 * z2
            across = s0 + row1 * s1 + row2 * s2
            along = t0 + row1 * t1 + row2 * t2
            for i in range(int(np.ceil(low)), int(np.floor(high)) + 1):
                f = np.float32(i)
                here = z + f * dz
                if here > depth[y, left + i]:
                    r = min(max(int(along + f * dt), 0), rows - 1)
                    k = min(max(int(across + f * ds), 0), 31) + own
                    if cover[r, k % columns] > 0:
                        depth[y, left + i] = here
                        ids[y, left + i] = first_id + t
            row1 += dy1
            row2 += dy2


@kernel
def seen_from(points, light, out):
    """Shadow map places and depths (N, 3) of points (N, 3).

    light: (3, 4) rows give map x, map y and depth (larger is nearer) of a point (x, y, z, 1).
    """
    for i in range(points.shape[0]):
        for k in range(3):
            out[i, k] = (
                light[k, 0] * points[i, 0] + light[k, 1] * points[i, 1]
                + light[k, 2] * points[i, 2] + light[k, 3]
            )  # fmt: skip


@kernel
def draw_depth(screen, triangles, depth):
    """Keep the nearest depth of triangles seen from either side: a shadow map (S, S)."""
    height, width = depth.shape
    half = np.float32(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0], screen[a, 1]
        x1, y1 = screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        left = max(0, int(np.ceil(min(x0, x1, x2) - half)))
        right = min(width - 1, int(np.floor(max(x0, x1, x2) - half)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - half)))
        bottom = min(height - 1, int(np.floor(max(y0, y1, y2) - half)))
        if left > right or top > bottom:
            continue
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if np.abs(area) < 1e-6:
            continue
        inverse = np.float32(1) / area
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        dx1, dy1 = (y2 - y0) * inverse, -(x2 - x0) * inverse
        dx2, dy2 = -(y1 - y0) * inverse, (x1 - x0) * inverse
        px, py = np.float32(left) + half - x0, np.float32(top) + half - y0
        row1, row2 = px * dx1 + py * dy1, px * dx2 + py * dy2
        dz = dx1 * z1 + dx2 * z2
        span = np.float32(right - left)
        for y in range(top, bottom + 1):
            low, high = _span(row1, dx1, np.float32(0), span)
            low, high = _span(row2, dx2, low, high)
            low, high = _span(np.float32(1) - row1 - row2, -dx1 - dx2, low, high)
            z = z0 + row1 * z1 + row2 * z2
            for i in range(int(np.ceil(low)), int(np.floor(high)) + 1):
                here = z + np.float32(i) * dz
                if here > depth[y, left + i]:
                    depth[y, left + i] = here
            row1 += dy1
            row2 += dy2
