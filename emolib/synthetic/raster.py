"""Triangles to samples: which surface each sample of the picture, or of a shadow map, shows.

A frame is drawn in two steps. Here, geometry decides at twice the picture's resolution which
triangle each sample sees (a number and a depth); `shading` then colours each pixel once per
surface it contains. All kernels are numba-compiled, single precision, and write into buffers
given by the caller.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel

SAMPLES = 2  # per pixel side: 2 x 2 samples a pixel
EMPTY = -1  # in the id buffer: nothing but background
FAR = np.float32(-1e9)


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
def _corners(screen, triangle):
    """Twice the signed area of a triangle on the screen, and the samples around it (l, r, t, b)."""
    x0, y0 = screen[triangle[0], 0], screen[triangle[0], 1]
    x1, y1 = screen[triangle[1], 0], screen[triangle[1], 1]
    x2, y2 = screen[triangle[2], 0], screen[triangle[2], 1]
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    half = np.float32(0.5)
    left, right = np.ceil(min(x0, x1, x2) - half), np.floor(max(x0, x1, x2) - half)
    top, bottom = np.ceil(min(y0, y1, y2) - half), np.floor(max(y0, y1, y2) - half)
    return area, int(left), int(right), int(top), int(bottom)


@kernel
def _slopes(screen, triangle, area, left, top):
    """The second and third barycentric weight at a sample, and by how much x and y change them."""
    x0, y0 = screen[triangle[0], 0], screen[triangle[0], 1]
    x1, y1 = screen[triangle[1], 0], screen[triangle[1], 1]
    x2, y2 = screen[triangle[2], 0], screen[triangle[2], 1]
    inverse, half = np.float32(1) / area, np.float32(0.5)
    dx1, dy1 = (y2 - y0) * inverse, -(x2 - x0) * inverse
    dx2, dy2 = -(y1 - y0) * inverse, (x1 - x0) * inverse
    px, py = np.float32(left) + half - x0, np.float32(top) + half - y0
    return px * dx1 + py * dy1, px * dx2 + py * dy2, dx1, dy1, dx2, dy2


@kernel
def _depths(screen, triangle, dx1, dx2):
    """Depth of the first corner, what the two weights add to it, and its change along x."""
    z0 = screen[triangle[0], 2]
    z1, z2 = screen[triangle[1], 2] - z0, screen[triangle[2], 2] - z0
    return z0, z1, z2, dx1 * z1 + dx2 * z2


@kernel
def _inside(row1, row2, dx1, dx2, span):
    """The first and last sample of a row, counted from its left, that lie in the triangle."""
    low, high = _span(row1, dx1, np.float32(0), span)
    low, high = _span(row2, dx2, low, high)
    low, high = _span(np.float32(1) - row1 - row2, -dx1 - dx2, low, high)
    return int(np.ceil(low)), int(np.floor(high))


@kernel
def draw(screen, triangles, first_id, two_sided, depth, ids):
    """Keep, for every sample a triangle covers, the nearest one: depth (H, W), ids (H, W) int32."""
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, top, bottom = _corners(screen, corners)
        if area > -1e-6 and (not two_sided or area < 1e-6):  # seen from behind, or on edge
            continue
        left, right = max(0, left), min(width - 1, right)
        top, bottom = max(0, top), min(height - 1, bottom)
        if left > right or top > bottom:
            continue
        row1, row2, dx1, dy1, dx2, dy2 = _slopes(screen, corners, area, left, top)
        z0, z1, z2, dz = _depths(screen, corners, dx1, dx2)
        span = np.float32(right - left)
        for y in range(top, bottom + 1):
            first, last = _inside(row1, row2, dx1, dx2, span)
            z = z0 + row1 * z1 + row2 * z2
            for i in range(first, last + 1):
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
    cover: (rows, columns) uint8, 0 where there is air; columns a power of two.
    """
    height, width = depth.shape
    rows, columns = cover.shape
    for t in range(triangles.shape[0]):
        corners = triangles[t]
        area, left, right, top, bottom = _corners(screen, corners)
        if np.abs(area) < 1e-6:
            continue
        left, right = max(0, left), min(width - 1, right)
        top, bottom = max(0, top), min(height - 1, bottom)
        if left > right or top > bottom:
            continue
        row1, row2, dx1, dy1, dx2, dy2 = _slopes(screen, corners, area, left, top)
        z0, z1, z2, dz = _depths(screen, corners, dx1, dx2)
        span = np.float32(right - left)
        a, b, c = corners[0], corners[1], corners[2]
        s0, t0 = strand[a, 0] * np.float32(31.99), strand[a, 1] * np.float32(rows - 1)
        s1, s2 = strand[b, 0] * np.float32(31.99) - s0, strand[c, 0] * np.float32(31.99) - s0
        t1, t2 = strand[b, 1] * np.float32(rows - 1) - t0, strand[c, 1] * np.float32(rows - 1) - t0
        ds, dt = dx1 * s1 + dx2 * s2, dx1 * t1 + dx2 * t2
        own = int(strand[a, 2])
        for y in range(top, bottom + 1):
            first, last = _inside(row1, row2, dx1, dx2, span)
            z = z0 + row1 * z1 + row2 * z2
            across = s0 + row1 * s1 + row2 * s2
            along = t0 + row1 * t1 + row2 * t2
            for i in range(first, last + 1):
                f = np.float32(i)
                here = z + f * dz
                if here > depth[y, left + i]:
                    r = min(max(int(along + f * dt), 0), rows - 1)
                    k = min(max(int(across + f * ds), 0), 31) + own
                    if cover[r, k & (columns - 1)] > 0:
                        depth[y, left + i] = here
                        ids[y, left + i] = first_id + t
            row1 += dy1
            row2 += dy2
