"""What a viewer of real faces would point at: the expression, and the mouth's detail and colour.

No truth of the same moment is needed. The expression is a change of face units against the
person's calm face, in the renderer's units, so generated and really acted clips can be laid side by
side. The mouth is compared with the same person's own, really talking mouth: how finely it is
drawn, and how far its colour lies from theirs in CIELAB's a* (green to red) and b* (blue to
yellow).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from emolib.base.errors import ConfigError, FaceError
from emolib.evaluation.intervals import Interval, mean_interval
from emolib.media.mesh import FaceUnits, follow_mesh

PATCH_PX = 96
EYES = (33, 263)  # outer corners
OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip
SIDE_PER_EYES = 0.9  # side of the mouth's box, in distances of the outer eye corners
SEEN_SHARE = 0.5  # of a clip's frames must show a face


def unit_change(
    measure: FaceUnits, clip: Iterable[np.ndarray], calm: Iterable[np.ndarray]
) -> np.ndarray:
    """How an expression changes a face: mean unit weights of a clip less those of a calm clip.

    Args:
        clip, calm: (H, W, 3) uint8 RGB frames of one person; the calm one may be one still.

    Returns:
        (52,) float64 in [-1, 1], units in `synthetic.head.UNITS` order.

    Raises:
        FaceError: fewer than half of the frames of either show a face.
    """
    means = []
    for frames in (clip, calm):
        weights = measure(frames)
        seen = weights[~np.isnan(weights).any(axis=1)]
        _check_seen(len(seen), len(weights))
        means.append(seen.mean(axis=0, dtype=np.float64))
    return means[0] - means[1]


@dataclass(frozen=True)
class Mouth:
    """A clip's mouth: `detail` in grey levels, `a` and `b` in CIELAB units, means over frames."""

    detail: float
    a: float
    b: float


def look_at_mouth(frames: Iterable[np.ndarray]) -> Mouth:
    """Detail in the mouth's box and the colour within the outer lips, over a clip.

    The box is turned with the face and resampled to one size relative to it, so that clips of other
    sizes compare; a clip whose face is smaller than the box's 96 px across counts as blurred.

    Raises:
        FaceError: fewer than half of the frames show a face.
    """
    rows, reading = [], deque()  # of frames that the follower has taken and not yet answered

    def passed():
        for frame in frames:
            reading.append(frame)
            yield frame

    n = 0
    for points in follow_mesh(passed()):
        frame, n = reading.popleft(), n + 1
        if points is not None:
            patch, lips = _mouth_patch(frame, points)
            grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY).astype(np.float32)
            lab = cv2.cvtColor(patch.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
            rows.append([np.abs(cv2.Laplacian(grey, -1)).mean(), *lab[lips][:, 1:].mean(axis=0)])
    _check_seen(len(rows), n)
    return Mouth(*np.mean(rows, axis=0).tolist())


def _mouth_patch(frame: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mouth (96, 96, 3) uint8 upright, and which of its pixels (96, 96) lie in the lips."""
    across = points[EYES[1], :2] - points[EYES[0], :2]
    scale = PATCH_PX / (SIDE_PER_EYES * np.linalg.norm(across))
    cos, sin = across / np.linalg.norm(across) * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    lips = points[list(OUTER_LIPS), :2].astype(np.float64)
    shift = np.full(2, PATCH_PX / 2) - turn @ lips.mean(axis=0)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    patch = cv2.warpAffine(
        frame,
        np.column_stack([turn, shift]),
        (PATCH_PX, PATCH_PX),
        flags=how,
        borderMode=cv2.BORDER_REPLICATE,
    )
    mask = np.zeros((PATCH_PX, PATCH_PX), np.uint8)
    cv2.fillPoly(mask, [np.rint(lips @ turn.T + shift).astype(np.int32)], 1)
    return patch, mask.astype(bool)


def mouth_against_own(generated: Mouth, own: Mouth) -> dict[str, float]:
    """`detail` as a share of the person's own; `a` and `b` less theirs."""
    return {
        "detail": generated.detail / own.detail,
        "a": generated.a - own.a,
        "b": generated.b - own.b,
    }


def over_people(rows: Mapping[str, list[Mapping[str, float]]]) -> dict[str, Interval]:
    """Each measure's mean over clips with its 95 % interval over people.

    Args:
        rows: person → one mapping of measures a clip, all with the same names.

    Raises:
        ConfigError: nobody, or clips with other measures.
    """
    flat = [(person, row) for person, clips in rows.items() for row in clips]
    names = {tuple(row) for _, row in flat}
    if len(names) != 1:
        raise ConfigError(f"{len(flat)} clips with {len(names)} sets of measures", expected="one")
    people = [person for person, _ in flat]
    return {name: mean_interval([row[name] for _, row in flat], people) for name in names.pop()}


def _check_seen(n_seen: int, n: int) -> None:
    if n_seen < max(1, SEEN_SHARE * n):
        raise FaceError(f"a face in {n_seen} of {n} frames", expected="a clip of one face")
