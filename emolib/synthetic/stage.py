"""A person in front of a camera: weights and pose in, pictures and exact landmarks out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.errors import ConfigError
from emolib.synthetic import head as h
from emolib.synthetic import cloth, creases, hair, raster, shading
from emolib.synthetic.person import Person
from emolib.synthetic.skin import paint

# Rest pose: the mesh's own rest reads as startled; these are added before any weight.
REST = {
    "browDownLeft": 0.35, "browDownRight": 0.35, "eyeSquintLeft": 0.25, "eyeSquintRight": 0.25,
    "eyeBlinkLeft": 0.1, "eyeBlinkRight": 0.1, "mouthPressLeft": 0.3, "mouthPressRight": 0.3,
}  # fmt: skip
FACE_SHARE = 0.43  # of the picture's height that the face fills
CAMERA_DM = 18.0  # from the camera to the eyes
EYES_AT = 0.44  # of the picture's height
GAZE_RAD = 0.42  # an eyeLook unit of 1 turns the ball so far
SHADOW_PX = 192


@dataclass(frozen=True)
class Light:
    """Directions to key, fill and rim lights, and their linear colours; sky and ground."""

    table: np.ndarray  # (8, 3) float32, rows as `shading.KEY` ff.


def studio_light() -> np.ndarray:
    """CREMA-D's set-up: soft key from above the camera's left, fill, a weak rim."""
    rows = np.array(
        [
            (-0.45, 0.62, 0.75), (0.75, 0.15, 0.65), (0.75, 0.45, -0.55),
            (0.86, 0.82, 0.77), (0.20, 0.21, 0.23), (0.35, 0.36, 0.40),
            (0.30, 0.31, 0.33), (0.13, 0.12, 0.11),
        ],
        np.float32,
    )  # fmt: skip
    rows[:3] /= np.linalg.norm(rows[:3], axis=1, keepdims=True)
    return rows


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3) float32 turn: yaw > 0 to the picture's right, pitch > 0 up, roll > 0 clockwise."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    by_yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    by_pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    by_roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return (by_roll @ by_yaw @ by_pitch).astype(np.float32)


class Stage:
    """One person, one camera, one light: renders any number of frames.

    Args:
        person: who.
        width_px, height_px: picture size, 32 to 4096.
        background: "green" (CREMA-D's screen) or "random" (drawn from the person's seed).
        light, camera: "studio" (the same for everybody) or "random" (drawn from the person's seed).

    Raises:
        ConfigError: unknown option, or a size out of range.
    """

    def __init__(
        self,
        person: Person,
        width_px: int = 480,
        height_px: int = 360,
        background: str = "green",
        light: str = "studio",
        camera: str = "studio",
    ):
        for name, value, allowed in (
            ("background", background, ("green", "random")),
            ("light", light, ("studio", "random")),
            ("camera", camera, ("studio", "random")),
        ):
            if value not in allowed:
                raise ConfigError(f"{name}={value!r} is unknown", expected=" or ".join(allowed))
        if not (32 <= width_px <= 4096 and 32 <= height_px <= 4096):
            raise ConfigError(f"a picture of {width_px}x{height_px}", expected="32 to 4096 a side")
        self.person, self.width_px, self.height_px = person, int(width_px), int(height_px)
        self.head = head = h.load_head()
        self.rest = head.identity(person.macros, person.shapes)
        self.pivot, self.neck = head.joints(self.rest)
        normals = np.empty_like(self.rest)
        raster.smooth_normals(self.rest, head.triangles[head.part == h.BODY], normals)
        cloth.raise_cloth(person, self.rest, normals)
        self.rest_weights = np.zeros(len(h.UNITS), np.float32)
        for name, weight in REST.items():
            self.rest_weights[h.UNIT_INDEX[name]] = weight
        keep = ~np.isin(head.part, (h.LASH_L, h.LASH_R))
        self.triangles, self.uv = head.triangles[keep], np.ascontiguousarray(head.uv[keep])
        kinds = {h.BODY: shading.SKIN, h.EYE_L: shading.EYE, h.EYE_R: shading.EYE_R,
                 h.TEETH_UP: shading.TEETH, h.TEETH_LOW: shading.TEETH, h.TONGUE: shading.TONGUE,
                 h.MOUTH: shading.CAVITY}  # fmt: skip
        self.material = np.array([kinds[p] for p in head.part[keep]], np.int8)
        n = len(self.rest)
        self.eye_spans = []
        self.local = np.zeros((n, 3), np.float32)
        for side, part in enumerate((h.EYE_L, h.EYE_R)):
            at = np.flatnonzero(head.part_of == part)
            centre = (self.rest[at].max(0) + self.rest[at].min(0)) / 2
            radius = np.ptp(self.rest[at, 0]) / 2
            centre[2] = self.rest[at, 2].min() + radius
            self.local[at] = (self.rest[at] - centre) / radius
            self.eye_spans.append((at[0], at[-1] + 1, centre))
        for part in (h.TEETH_UP, h.TEETH_LOW):
            at = head.part_of == part
            self.local[at] = self.rest[at] - self.rest[at].mean(0)
        strands = self.strands = hair.grow(person, self.rest, normals)
        m = len(strands.points)
        self.follow = np.concatenate([head.follow, strands.follow])
        self.hair_triangles = strands.triangles + np.int32(n)
        pad = np.zeros((n, 3), np.float32)
        self.strand = np.concatenate([pad, strands.strand])
        self.hair_colour = np.concatenate([pad, strands.colour])
        self.ao = np.concatenate([head.light, strands.ao])
        self._tangents = np.zeros((n + m, 3), np.float32)
        self._hair_rgb = np.zeros((n + m, 3), np.float32)
        size = 512 if height_px <= 540 else 1024
        self.texture = paint(person, size)
        self.lights = studio_light()
        self.iris = self._iris()
        self.scale_px = FACE_SHARE * self.height_px / 1.75
        s = raster.SAMPLES
        self.camera = np.array(
            [CAMERA_DM, self.scale_px * s, self.width_px * s / 2, self.height_px * s * EYES_AT, 0.0],
            np.float32,
        )
        self.screen_rgb = np.full((self.height_px, self.width_px, 3), (0.05, 0.33, 0.10), np.float32)
        lin = np.linspace(0, shading.WHITE, 4096)
        tone = np.where(lin < 0.7, lin, 0.7 + 0.3 * (1 - np.exp(-(lin - 0.7) / 0.3)))
        srgb = np.where(tone <= 0.0031308, 12.92 * tone, 1.055 * tone ** (1 / 2.4) - 0.055)
        self.encode = np.rint(np.clip(srgb, 0, 1) * 255).astype(np.uint8)
        index = (self.screen_rgb * (4095 / shading.WHITE) + 0.5).astype(int).clip(0, 4095)
        self.screen = self.encode[index]
        self._moved = np.empty((n + m, 3), np.float32)
        self._screen = np.empty((n + m, 3), np.float32)
        self._normals = np.empty((n + m, 3), np.float32)
        self._depth = np.empty((self.height_px * s, self.width_px * s), np.float32)
        self._ids = np.empty(self._depth.shape, np.int32)
        self._shadow = np.empty((SHADOW_PX, SHADOW_PX), np.float32)

    def _iris(self) -> np.ndarray:
        eyes = self.person.eyes
        t = np.linspace(0, 1, 24, dtype=np.float32)[None, :, None]
        rng = np.random.default_rng([self.person.seed, 5])
        noise = rng.normal(0, 1, (96, 24, 1)).astype(np.float32)
        for _ in range(6):
            noise[:, 1:-1] = (noise[:, :-2] + 2 * noise[:, 1:-1] + noise[:, 2:]) / 4
        colour = np.array(eyes.inner) * (1 - t) + np.array(eyes.outer) * t
        return np.clip(colour * (1 + 0.55 * noise), 0.002, 1).astype(np.float32)

    def _geometry(self, weights: np.ndarray, pose: np.ndarray):
        weights = np.asarray(weights, np.float32)
        pose = np.asarray(pose, np.float32)
        if weights.shape != (len(h.UNITS),) or pose.shape != (6,):
            raise ConfigError(
                f"weights {weights.shape} and pose {pose.shape}", expected="shapes (52,) and (6,)"
            )
        if not (np.isfinite(weights).all() and np.isfinite(pose).all()):
            raise ConfigError("weights or pose hold values that are not numbers")
        head = self.head
        total = self.rest_weights + weights * (1 - self.rest_weights)
        raster.deform(self.rest, head.unit_start, head.unit_vertex, head.unit_delta, total, self._moved)
        w = {name: weights[i] for name, i in h.UNIT_INDEX.items() if name.startswith("eyeLook")}
        for (first, last, centre), side in zip(self.eye_spans, ("Left", "Right"), strict=True):
            out = w[f"eyeLookOut{side}"] - w[f"eyeLookIn{side}"]
            yaw = GAZE_RAD * out * (1 if side == "Left" else -1)
            pitch = GAZE_RAD * (w[f"eyeLookUp{side}"] - w[f"eyeLookDown{side}"])
            self._moved[first:last] = self.rest[first:last]
            raster.turn_about(self._moved, first, last, rotation(yaw, pitch, 0), centre)
        n = len(self.rest)
        raster.carry(self._moved, self.rest, n, self.strands.points, self.strands.bind)
        turn = rotation(*pose[:3])
        shift = pose[3:] * np.float32(h.HEAD_HEIGHT_DM)
        raster.place(
            self._moved, self.follow, turn, self.pivot, shift, rotation(*(0.12 * pose[:3])), self.neck
        )
        raster.project(self._moved, self.camera, self._screen)
        return turn, total

    def _lids(self) -> np.ndarray:
        """(2, 10) float32: eye centre and scale in samples, upper and lower lid parabola, colours."""
        out = np.zeros((2, 10), np.float32)
        for side, (first, upper, lower) in enumerate(((42, (42, 43, 44, 45), (42, 47, 46, 45)),
                                                      (36, (36, 37, 38, 39), (36, 41, 40, 39)))):
            ids = np.array(h.LANDMARKS)
            a, b = self._screen[ids[first], :2], self._screen[ids[first + 3], :2]
            centre, half = (a[0] + b[0]) / 2, max(abs(b[0] - a[0]) / 2, 1.0)
            out[side, 0], out[side, 1] = centre, 1 / half
            for start, chain in ((2, upper), (5, lower)):
                p = self._screen[ids[list(chain)], :2]
                r, q, c = np.polyfit((p[:, 0] - centre) / half, p[:, 1], 2)
                out[side, start : start + 3] = c, q, r
            out[side, 8], out[side, 9] = self.person.eyes.pupil, self.person.eyes.redness
        return out

    def _light_view(self) -> np.ndarray:
        """(3, 4) float32: the key light's view of the bust, in shadow map pixels and depth."""
        to_light = self.lights[shading.KEY]
        right = np.cross((0, 1, 0), to_light)
        right /= np.linalg.norm(right)
        up = np.cross(to_light, right)
        span = SHADOW_PX / 4.2
        view = np.zeros((3, 4), np.float32)
        view[0, :3], view[1, :3], view[2, :3] = right * span, -up * span, to_light
        middle = np.array((0, -0.55, -0.3))
        view[0, 3] = SHADOW_PX / 2 - view[0, :3] @ middle
        view[1, 3] = SHADOW_PX / 2 - view[1, :3] @ middle
        return view

    def render(self, weights: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """One frame (H, W, 3) uint8 RGB.

        Args:
            weights: (52,) float32, units in `head.UNITS` order, usually 0 to 1.
            pose: (6,) float32: yaw (> 0: towards the picture's right), pitch (> 0: up), roll
                (> 0: clockwise) in radians; shift x right, y up, z nearer in head heights.

        Raises:
            ConfigError: wrong shapes, or values that are not finite.
        """
        turn, total = self._geometry(weights, pose)
        moving = np.flatnonzero(np.abs(total) > 0.01)
        np.clip(
            self.head.light + np.minimum(total[moving], 1) @ self.head.unit_light[moving],
            0, 1, out=self.ao[: len(self.rest)],
        )  # fmt: skip
        n, strands = len(self.rest), self.strands
        raster.smooth_normals(self._moved, self.triangles, self._normals)
        raster.turn_directions(strands.normal, strands.follow, turn, self._normals[n:])
        raster.turn_directions(strands.tangent, strands.follow, turn, self._tangents[n:])
        light = self._light_view()
        self._shadow.fill(raster.FAR)
        raster.draw_shadow(self._moved, self.triangles, light, self._shadow)
        raster.draw_shadow(self._moved, self.hair_triangles, light, self._shadow)
        shading.light_strands(
            self._moved, self._normals, self._tangents, self.hair_colour, self.ao, n, light,
            self._shadow, self.lights, self._hair_rgb,
        )  # fmt: skip
        self._depth.fill(raster.FAR)
        self._ids.fill(raster.EMPTY)
        raster.draw(self._screen, self.triangles, 0, False, self._depth, self._ids)
        raster.draw_strands(
            self._screen, self.hair_triangles, self.strand, len(self.triangles), strands.cover,
            self._depth, self._ids,
        )  # fmt: skip
        out = self.screen.copy()
        box = np.array([0, self.height_px, 0, self.width_px], np.int64)
        lip_z = self._moved[[h.LANDMARKS[51], h.LANDMARKS[57]], 2].max()
        shading.shade(
            self._depth, self._ids, box, self._screen, self._moved, self._normals, self.ao,
            self.local, self.triangles, self.uv, self.material, self.hair_triangles, self._hair_rgb, self.strand,
            self.texture, creases.depths(weights, self.person.skin.lines), turn, self.lights, light, self._shadow, self.iris,
            self._lids(), np.array([lip_z], np.float32), self.screen_rgb, self.encode, out,
        )  # fmt: skip
        return out

    def landmarks(self, weights: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """The 68 points (68, 2) float32 in pixels (x right, y down) of the frame `render` would draw."""
        self._geometry(weights, pose)
        return self._screen[list(h.LANDMARKS), :2] / raster.SAMPLES
