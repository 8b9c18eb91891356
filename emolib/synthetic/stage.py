"""A person in front of a camera: weights and pose in, pictures and exact landmarks out."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from emolib.base.errors import ConfigError
from emolib.synthetic import creases, motion, openings, raster, shading, surfaces
from emolib.synthetic import head as h
from emolib.synthetic.figure import build_figure
from emolib.synthetic.person import Person
from emolib.synthetic.setting import build_setting
from emolib.synthetic.skin import paint

SHADOW_PX = 144
SHADOW_DM = 3.6  # side of the square that the key light's shadow map covers
SHOULDERS = 0.12  # share of the head's turn that the shoulders take part in
_JAW = [h.UNIT_INDEX[name] for name in h.JAW_UNITS]


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3) float32 turn: yaw > 0 to the picture's right, pitch > 0 up, roll > 0 clockwise."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    by_yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    by_pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    by_roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return (by_roll @ by_yaw @ by_pitch).astype(np.float32)


def _encoding() -> np.ndarray:
    """(4096,) uint8: linear light up to `shading.WHITE` to sRGB, with a soft shoulder."""
    light = np.linspace(0, shading.WHITE, 4096)
    light = np.where(light < 0.6, light, 0.6 + 0.4 * (1 - np.exp(-(light - 0.6) / 0.4)))
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


class Stage:
    """One person, one camera, one light: renders any number of frames. Not for two threads at once.

    Args:
        person: who.
        width_px, height_px: picture size, 32 to 4096.
        randomise: what is drawn from the person's seed ("background", "light", "camera",
            "distance"); the rest is CREMA-D's studio.

    Raises:
        ConfigError: a size out of range.
    """

    def __init__(
        self,
        person: Person,
        width_px: int = 480,
        height_px: int = 360,
        randomise: Collection[str] = (),
    ):
        if not (32 <= width_px <= 4096 and 32 <= height_px <= 4096):
            raise ConfigError(f"a picture of {width_px}x{height_px}", expected="32 to 4096 a side")
        self.person, self.width_px, self.height_px = person, int(width_px), int(height_px)
        self._head = h.load_head()
        self._figure = figure = build_figure(person)
        self._setting = build_setting(person.seed, self.width_px, self.height_px, randomise)
        self._texture = paint(person, 512 if height_px <= 540 else 1024)
        self._iris = openings.paint_iris(person)
        self._encode = _encoding()
        scale = (len(self._encode) - 1) / shading.WHITE
        index = (self._setting.backdrop * scale + 0.5).astype(int).clip(0, len(self._encode) - 1)
        self._empty = self._encode[index]
        self._lit_from = self._light_view()
        n, m = len(figure.rest), len(figure.strands.points)
        first = np.zeros((n, 3), np.float32)
        self._strand = np.concatenate([first, figure.strands.strand])
        self._hair_colour = np.concatenate([first, figure.strands.colour])
        self._hair_triangles = figure.strands.triangles + np.int32(n)
        self._sky = np.concatenate(
            [self._head.light, np.ones(n - len(self._head.light), np.float32), figure.strands.ao]
        )
        self._world, self._screen, self._normals, self._tangents, self._hair_rgb = (
            np.zeros((n + m, 3), np.float32) for _ in range(5)
        )
        size = (self.height_px * raster.SAMPLES, self.width_px * raster.SAMPLES)
        self._depth = np.full(size, raster.FAR, np.float32)  # `shade` leaves both empty again
        self._ids = np.full(size, raster.EMPTY, np.int32)
        self._shadow = np.empty((SHADOW_PX, SHADOW_PX), np.float32)
        self._shadow_ids = np.empty((SHADOW_PX, SHADOW_PX), np.int32)  # nobody looks at them

    def render(self, weights: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """One frame (H, W, 3) uint8 RGB.

        Args:
            weights: (52,) float32, units in `head.UNITS` order, usually 0 to 1.
            pose: (6,) float32: yaw (> 0: towards the picture's right), pitch (> 0: up), roll
                (> 0: clockwise) in radians; shift x right, y up, z nearer in head heights.

        Raises:
            ConfigError: wrong shapes, or values that are not finite.
        """
        turn, total = self._move(weights, pose)
        figure, setting, strands = self._figure, self._setting, self._figure.strands
        n = len(figure.rest)
        head = self._head
        motion.blend_light(
            head.light, head.light_start, head.light_vertex, head.light_delta, total, self._sky
        )
        motion.smooth_normals(self._world[:n], figure.triangles, self._normals[:n])
        motion.turn_directions(strands.normal, strands.follow, turn, self._normals[n:])
        motion.turn_directions(strands.tangent, strands.follow, turn, self._tangents[n:])
        self._shadow.fill(raster.FAR)
        from_light = self._world @ self._lit_from[:, :3].T + self._lit_from[:, 3]
        for triangles in (figure.triangles, self._hair_triangles):
            raster.draw(from_light, triangles, 0, True, self._shadow, self._shadow_ids)
        surfaces.light_strands(
            self._world, self._normals, self._tangents, self._hair_colour, self._sky, n,
            self._lit_from, self._shadow, setting.lights, self._hair_rgb,
        )  # fmt: skip
        box = self._box()
        raster.draw(self._screen, figure.triangles, 0, False, self._depth, self._ids)
        raster.draw_strands(
            self._screen, self._hair_triangles, self._strand, len(figure.triangles), strands.cover,
            self._depth, self._ids,
        )  # fmt: skip
        out = self._empty.copy()
        shading.shade(
            self._depth, self._ids, box, self._screen, self._world, self._normals, self._sky,
            figure.local, figure.triangles, figure.uv, figure.material, self._hair_triangles,
            self._hair_rgb, self._strand, self._texture,
            creases.depths(total, self.person.skin.lines), turn, setting.lights, self._lit_from,
            self._shadow, self._iris, openings.eyes(self._screen, self.person),
            openings.mouth_table(self._world, self.person), self._lenses(),
            setting.backdrop, self._encode, out,
        )  # fmt: skip
        return out

    def landmarks(self, weights: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """The 68 points (68, 2) float32 in pixels (x right, y down) of the frame `render` would
        draw.

        Order: jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, lips 48-67, each from the picture's
        left.
        """
        self._move(weights, pose)
        return self._screen[h.LANDMARKS, :2] / raster.SAMPLES

    def _move(self, weights: np.ndarray, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bring all vertices to their place; returns the head's turn and the weights in force."""
        weights, pose = np.asarray(weights, np.float32), np.asarray(pose, np.float32)
        if weights.shape != (len(h.UNITS),) or pose.shape != (6,):
            raise ConfigError(
                f"weights {weights.shape} and pose {pose.shape}", expected="shapes (52,) and (6,)"
            )
        if not (np.isfinite(weights).all() and np.isfinite(pose).all()):
            raise ConfigError("weights or pose hold values that are not numbers")
        head, figure, world = self._head, self._figure, self._world
        rest = figure.rest_weights
        total = rest + weights * (1 - rest)
        figure.lids.settle(weights, total)
        motion.deform(figure.rest, head.unit_start, head.unit_vertex, head.unit_delta, total, world)
        for (first, last, centre), side in zip(figure.eyes, ("Left", "Right"), strict=True):
            look = {
                d: weights[h.UNIT_INDEX[f"eyeLook{d}{side}"]] for d in ("Out", "In", "Up", "Down")
            }
            outward = 1 if side == "Left" else -1
            yaw, pitch = outward * (look["Out"] - look["In"]), look["Up"] - look["Down"]
            turn = rotation(h.GAZE_RAD * yaw, h.GAZE_RAD * pitch, 0)
            world[first:last] = (figure.rest[first:last] - centre) @ turn.T + centre
        first, last, moves = figure.jaw
        world[first:last] += np.tensordot(total[_JAW], moves, 1)
        n, bind = len(figure.rest), figure.strands.bind
        world[n:] = figure.strands.points
        world[n:][bind >= 0] += (world[:n] - figure.rest)[bind[bind >= 0]]  # beards, by the face
        yaw, pitch = self._setting.view
        seen_from = np.array([yaw, pitch, 0], np.float32)
        turn = rotation(*(pose[:3] + seen_from))
        motion.place(
            world, figure.follow, turn, figure.pivot, pose[3:] * np.float32(h.HEAD_HEIGHT_DM),
            rotation(*(SHOULDERS * pose[:3] + seen_from)), figure.neck,
        )  # fmt: skip
        motion.project(world, self._setting.camera, self._screen)
        return turn, total

    def _box(self) -> np.ndarray:
        """(4,) int64 pixels that may show the person: top, bottom, left, right."""
        low = self._screen[:, :2].min(0) / raster.SAMPLES - 1
        high = self._screen[:, :2].max(0) / raster.SAMPLES + 2
        left, right = np.clip([low[0], high[0]], 0, self.width_px)
        top, bottom = np.clip([low[1], high[1]], 0, self.height_px)
        return np.array([top, bottom, left, right], np.int64)

    def _lenses(self) -> np.ndarray:
        half = self._setting.lights[surfaces.HALF_KEY]
        n = len(self._figure.rest)
        return openings.lens_table(self._world, self._screen, n - 6, self.person, half)

    def _light_view(self) -> np.ndarray:
        """(3, 4) float32: the key light's view of the bust, in shadow map pixels and depth."""
        to_light = self._setting.lights[surfaces.KEY].astype(float)
        right = np.cross((0, 1, 0), to_light)
        right /= np.linalg.norm(right)
        view = np.zeros((3, 4))
        view[0, :3] = right * SHADOW_PX / SHADOW_DM
        view[1, :3] = -np.cross(to_light, right) * SHADOW_PX / SHADOW_DM
        view[2, :3] = to_light
        view[:2, 3] = SHADOW_PX / 2 - view[:2, :3] @ np.array((0, -0.55, -0.3))
        return view.astype(np.float32)
