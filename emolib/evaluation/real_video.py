"""What a viewer of real faces would point at: the expression, and the mouth's detail and colour.

The expression is read in face units, the renderer's own, so that generated and really acted clips
can be laid side by side; only a *change* against the person's calm clip means something. The mouth
is cut out upright and at one size relative to the face, so that a head that has moved does not
count, and compared with the same person's own mouth while the same words are said: how finely it is
drawn, and how far its colour lies from theirs in CIELAB's a* (green to red) and b* (blue to
yellow).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from emolib.base.errors import FaceError
from emolib.evaluation.visual import detail, perceptual_distance, psnr_db, ssim
from emolib.media.mesh import N_UNITS, FaceUnits, follow_mesh

PATCH_PX = 96
EYES = (33, 263)  # outer corners
OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
SIDE_PER_EYES = 0.9  # side of the mouth's box, in distances of the outer eye corners
SEEN_SHARE = 0.5  # of a clip's frames must show a face


@dataclass(frozen=True, eq=False)
class FaceLook:
    """A clip's expression and mouth, frame by frame; NaN (mouths: 0) where no face is seen.

    Attributes:
        units: (T, 52) float32 weights in [0, 1], units in `synthetic.head.UNITS` order.
        mouths: (T, 96, 96, 3) uint8 RGB, the mouth's box turned upright.
        colour: (T, 2) float32, mean a* and b* within the outer lips.
    """

    units: np.ndarray
    mouths: np.ndarray
    colour: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """(T,) bool: in which frames there is a face."""
        return ~np.isnan(self.colour[:, 0])

    def change_from(self, calm: FaceLook) -> np.ndarray:
        """(52,) float64 in [-1, 1]: mean unit weights less those of the calm clip."""
        means = [x.units[x.seen].mean(axis=0, dtype=np.float64) for x in (self, calm)]
        return means[0] - means[1]


def look_at_face(frames: np.ndarray, measure: FaceUnits) -> FaceLook:
    """Expression and mouth of a clip (T, H, W, 3) uint8 RGB: whole pictures or face crops.

    Raises:
        FaceError: fewer than half of the frames show a face.
    """
    T = len(frames)
    units, colour = (np.full((T, n), np.nan, np.float32) for n in (N_UNITS, 2))
    mouths = np.zeros((T, PATCH_PX, PATCH_PX, 3), np.uint8)
    for t, points in enumerate(follow_mesh(frames, measure.detector)):
        if points is None:
            continue
        units[t] = measure.of_points(points)
        mouths[t], lips = _mouth_patch(frames[t], points)
        lab = cv2.cvtColor(mouths[t].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        colour[t] = lab[lips][:, 1:].mean(axis=0)
    look = FaceLook(units, mouths, colour)
    if look.seen.sum() < max(1, SEEN_SHARE * T):
        raise FaceError(f"a face in {look.seen.sum()} of {T} frames", expected="a clip of one face")
    return look


def _mouth_patch(frame: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mouth (96, 96, 3) uint8 upright, and which of its pixels (96, 96) lie in the lips."""
    across = points[EYES[1], :2] - points[EYES[0], :2]
    scale = PATCH_PX / (SIDE_PER_EYES * np.linalg.norm(across))
    cos, sin = across / np.linalg.norm(across) * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    lips = points[list(OUTER_LIPS), :2].astype(np.float64)
    shift = np.full(2, PATCH_PX / 2) - turn @ lips.mean(axis=0)
    move, size = np.column_stack([turn, shift]), (PATCH_PX, PATCH_PX)
    patch = cv2.warpAffine(frame, move, size, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((PATCH_PX, PATCH_PX), np.uint8)
    cv2.fillPoly(mask, [np.rint(lips @ turn.T + shift).astype(np.int32)], 1)
    return patch, mask.astype(bool)


def mouth_against_own(made: FaceLook, own: FaceLook, features) -> dict[str, float]:
    """A mouth against the same person's own in a clip of the same words.

    Args:
        features: pictures (B, 3, H, W) float [0, 1] RGB → maps, for the perceptual distance.

    Returns:
        `mouth_psnr_db`, `mouth_ssim`, `mouth_perceptual`: frame by frame; `mouth_detail`: as a
        share of their own; `mouth_a`, `mouth_b`: less theirs; `mouth_colour`: length of the two.

    Raises:
        FaceError: no frame shows both.
    """
    both = made.seen & own.seen
    if not both.any():
        raise FaceError("no frame shows both faces", expected="two clips of one face")
    a, b = made.mouths[both], own.mouths[both]
    shift = made.colour[both].mean(axis=0) - own.colour[both].mean(axis=0)
    return {
        "mouth_psnr_db": float(psnr_db(a, b).mean()),
        "mouth_ssim": float(ssim(a, b).mean()),
        "mouth_perceptual": float(perceptual_distance(features, a, b).mean()),
        "mouth_detail": detail(a) / detail(b),
        "mouth_a": float(shift[0]),
        "mouth_b": float(shift[1]),
        "mouth_colour": float(np.linalg.norm(shift)),
    }
