"""Moving vertices: units, eyeballs, the head on its neck, the camera, and the normals that follow.

All kernels work in single precision and write into buffers given by the caller.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel


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
def turn_directions(directions, follow, turn, out):
    """out (M, 3) = directions turned with the head as far as `follow` says (not renormalised)."""
    for i in range(directions.shape[0]):
        f = follow[i]
        x, y, z = directions[i, 0], directions[i, 1], directions[i, 2]
        for k in range(3):
            turned = turn[k, 0] * x + turn[k, 1] * y + turn[k, 2] * z
            out[i, k] = f * turned + (1 - f) * directions[i, k]


@kernel
def place(points, follow, turn, pivot, shift, body_turn, neck):
    """Turn points (N, 3) in place: with the head as far as `follow` says, else with the
    shoulders."""
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

    camera: (5,) focal distance, samples per dm at z = 0, centre x and y in samples, eye-line
    height.
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
