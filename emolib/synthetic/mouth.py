"""Light inside the mouth: what reaches teeth, gums, tongue and throat through the parted lips.

The opening is two parabolas, the edges of the upper and the lower lip. A point behind it sees as
much of the room as the opening's angle lets it, and the key light where its ray leaves between the
lips. What is dark is reddened by the light that the mucosa throws back.
"""

from __future__ import annotations

import numpy as np

from emolib.synthetic.kernels import kernel
from emolib.synthetic.surfaces import TEETH, TONGUE, clamp, dot, power8, smooth

# Rows of a mouth table (8, 4): the opening's middle, half width; level, slope and bend of each
# edge and of the opening's depth; then colours.
OPENING, UPPER, LOWER, DEPTH, ENAMEL, GUM, FLESH, TONGUE_RGB = range(8)
_ONE = np.float32(1)


@kernel
def _edge(table, row, s):
    return table[row, 0] + s * (table[row, 1] + s * table[row, 2])


@kernel
def _sine(x):
    return x / np.sqrt(_ONE + x * x)


@kernel
def openness(x, y, z, table, lights):
    """Shares of room light and of key light that reach a point (dm) behind the lips."""
    half = table[OPENING, 1]
    s = min(max((x - table[OPENING, 0]) / half, -_ONE), _ONE)
    deep = max(_edge(table, DEPTH, s) - z, np.float32(0.012))
    up, low = _edge(table, UPPER, s), _edge(table, LOWER, s)
    down = np.float32(0.5) * (_sine((up - y) / deep) + _sine((y - low) / deep))
    wide = np.float32(0.5) * (_sine(half * (_ONE - s) / deep) + _sine(half * (_ONE + s) / deep))
    sky = np.sqrt(clamp(down) * clamp(wide))  # light is passed on between the walls,
    sky *= np.exp(np.float32(-3.5) * max(deep - np.float32(0.10), np.float32(0)))  # lost with depth
    sky = max(sky, np.float32(0.25) * np.exp(np.float32(-16) * deep))  # lips let some through
    forward = max(lights[0, 2], np.float32(0.15))
    s = (x + deep * lights[0, 0] / forward - table[OPENING, 0]) / half
    y += deep * lights[0, 1] / forward
    s1 = min(max(s, -_ONE), _ONE)
    soft = np.float32(0.02) + np.float32(0.55) * deep
    key = smooth(-soft, soft, _edge(table, UPPER, s1) - y)
    key *= smooth(-soft, soft, y - _edge(table, LOWER, s1))
    key *= smooth(-soft, soft, half * (_ONE - np.abs(s)))
    return sky, key


@kernel
def mouth(kind, lx, ly, tone, x, y, z, nx, ny, nz, table, lights, glow):
    """Linear RGB of a tooth, the tongue or the mouth's lining into glow (3,).

    (lx, ly, tone): place on a row of teeth (`teeth.Row`); (x, y, z): place in dm.
    """
    sky, beam = openness(x, y, z, table, lights)
    key = dot(lights, 0, nx, ny, nz)
    fill = dot(lights, 1, nx, ny, nz)
    wrap, wet = np.float32(0.25), np.float32(0.30)
    row, gum, dark, root = FLESH, np.float32(0), _ONE, np.float32(0)
    if kind == TEETH:
        row, wrap, wet = ENAMEL, np.float32(0.45), np.float32(0.55)
        across = np.abs(lx) - np.floor(np.abs(lx))
        beside = np.abs(across * np.float32(2) - _ONE)  # 1 between two teeth
        groove = beside * beside
        groove *= groove
        groove *= groove
        scallop = _ONE - np.float32(0.16) * beside * beside
        gum = smooth(scallop - np.float32(0.05), scallop + np.float32(0.05), ly)
        root = smooth(np.float32(0.45), np.float32(1.0), ly)
        dark = (_ONE - np.float32(0.45) * groove * (_ONE - gum)) * (_ONE - np.float32(0.6) * tone)
        dark *= _ONE - np.float32(0.22) * np.exp(-np.abs(ly - scallop) * np.float32(22))
    elif kind == TONGUE:
        row = TONGUE_RGB
    direct = max(np.float32(0), (key + wrap) / (_ONE + wrap)) * beam
    second = max(np.float32(0), (fill + np.float32(0.3) + wrap) / (np.float32(1.3) + wrap)) * sky
    nh = power8(max(np.float32(0), dot(lights, 8, nx, ny, nz)))
    gleam = nh * nh
    gleam *= gleam * wet * np.float32(0.30) * beam
    nf = power8(max(np.float32(0), dot(lights, 10, nx, ny, nz)))
    gleam2 = nf * nf * wet * np.float32(0.20) * sky
    for k in range(3):
        base = table[row, k] + (table[GUM, k] - table[row, k]) * gum
        if kind == TEETH and k > 0:
            base *= _ONE - (np.float32(0.04) if k == 1 else np.float32(0.16)) * root * (_ONE - gum)
        back = _ONE if k == 0 else (np.float32(0.62) if k == 1 else np.float32(0.55))
        ambient = lights[7, k] + np.float32(0.6) * (lights[6, k] - lights[7, k])
        reach = sky * (back + (_ONE - back) * sky)  # the deeper, the redder
        room = (
            direct
            * lights[3, k]
            * (np.float32(0.35) + np.float32(0.65) * reach / (sky + np.float32(1e-3)))
        )
        room += second / (sky + np.float32(1e-3)) * reach * lights[4, k] + ambient * reach
        room += np.float32(0.26) * reach * lights[3, k] + np.float32(0.010) * back * lights[3, k]
        if kind == TEETH:  # enamel passes light on inside itself
            room *= np.float32(1.3)
        glow[k] = dark * base * room + gleam * lights[3, k] + gleam2 * (lights[4, k] + ambient)
