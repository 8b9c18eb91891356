"""Where a face leaves the picture and where it returns: one crop, one paste, exact inverses.

A `CropTransform` is an affine map from the picture to the unit square. The same object crops at the
networks' 96 px, crops at native resolution, and pastes back, so training and generation cannot
disagree on geometry.

Deviation: the released code crops bare detector boxes in training but adds 10 px at the chin at
generation, cuts at whole pixels, and pastes a hard rectangle. Here one sub-pixel geometry serves
both, and the paste fades out towards the edge of the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from emolib.base.errors import FaceError
from emolib.media.face import parse_geometry

FEATHER = 0.12  # width of the fading border, as a part of the box


@dataclass(frozen=True)
class CropTransform:
    """An affine map from picture coordinates to the unit square of the crop.

    Coordinates are continuous: the first pixel covers [0, 1), its centre is 0.5.

    Attributes:
        matrix: (2, 3) float64, `(x, y, 1)` in picture pixels → `(u, v)` in [0, 1].
    """

    matrix: np.ndarray

    @classmethod
    def from_box(cls, box: np.ndarray) -> CropTransform:
        """From an upright box (4,): x0, y0, x1, y1 in pixels, edges not centres.

        Raises:
            FaceError: the box is empty or not finite.
        """
        x0, y0, x1, y1 = (float(value) for value in box)
        if not np.isfinite([x0, y0, x1, y1]).all() or x1 <= x0 or y1 <= y0:
            raise FaceError(
                f"the box {[round(float(v), 1) for v in box]} holds no picture",
                expected="x0 < x1 and y0 < y1, in pixels",
            )
        across, along = 1 / (x1 - x0), 1 / (y1 - y0)
        return cls(np.array([[across, 0.0, -x0 * across], [0.0, along, -y0 * along]]))

    @classmethod
    def from_pose(cls, pose: np.ndarray, geometry: str = "box") -> CropTransform:
        """From a face's pose (4,): centre x, y, size in pixels, roll in radians."""
        shape = parse_geometry(geometry)
        x, y, size, roll = (float(value) for value in pose)
        width, height = shape.width * size, shape.height * size
        down = np.array([-np.sin(roll), np.cos(roll)]) * shape.down * size
        centre = np.array([x, y]) + down
        half = np.array([width, height]) / 2
        if shape.upright:
            return cls.from_box(np.concatenate([centre - half, centre + half]))
        if not np.isfinite(pose).all() or size <= 0:
            raise FaceError("a face's pose is not finite", expected="x, y, size > 0, roll")
        turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
        linear = turn / np.array([[width], [height]])
        return cls(np.column_stack([linear, 0.5 - linear @ centre]))

    @property
    def inverse(self) -> np.ndarray:
        """(2, 3) float64, unit square → picture pixels."""
        linear = np.linalg.inv(self.matrix[:, :2])
        return np.column_stack([linear, -linear @ self.matrix[:, 2]])

    @property
    def corners(self) -> np.ndarray:
        """(4, 2) float64 picture pixels: top left, top right, bottom right, bottom left."""
        return _apply(self.inverse, np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64))

    @property
    def side_px(self) -> float:
        """Side of the crop in picture pixels (the longer one): its native resolution."""
        return float(np.linalg.norm(self.inverse[:, :2], axis=0).max())

    def to_crop(self, points: np.ndarray, size: int) -> np.ndarray:
        """Picture points (..., 2) in pixels → crop pixels of a `size`×`size` crop."""
        return _apply(self.matrix, np.asarray(points, dtype=np.float64)) * size

    def to_frame(self, points: np.ndarray, size: int) -> np.ndarray:
        """Crop points (..., 2) in pixels of a `size`×`size` crop → picture pixels."""
        return _apply(self.inverse, np.asarray(points, dtype=np.float64) / size)

    def crop(self, frame: np.ndarray, size: int) -> np.ndarray:
        """The crop, area-averaged when it shrinks; outside the picture its edge is repeated.

        Args:
            frame: (H, W, C) uint8 or float32.
            size: side of the crop in pixels.

        Returns:
            (size, size, C), the frame's dtype.
        """
        fine = max(1, int(np.ceil(self.side_px / size - 1e-6)))  # sample finer, then average
        view = sample(frame, _scaled(self.inverse, size * fine), (size * fine, size * fine))
        if fine > 1:
            view = cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA)
        return view

    def paste(
        self,
        frame: np.ndarray,
        face: np.ndarray,
        *,
        feather: float = FEATHER,
        reference: np.ndarray | None = None,
    ) -> np.ndarray:
        """A new frame with the crop back in its place; pixels outside the box stay untouched.

        Args:
            frame: (H, W, C) uint8 or float32.
            face: (S, S, C) crop, same dtype.
            feather: width of the fading border as a part of the box; 0 pastes a hard rectangle.
            reference: (S, S, C) what `face` was before it was changed. With it only the change is
                pasted, so the frame keeps its own fine detail; an unchanged face changes nothing.

        Returns:
            (H, W, C), the frame's dtype.
        """
        out = frame.copy()
        place = self.covered(frame.shape)
        patch = face.astype(np.float32)
        if reference is not None:
            patch -= reference.astype(np.float32)
        warped = self.spread(patch, place)
        weight = self.feather(place, feather)[..., None]
        region = out[place].astype(np.float32)
        if reference is None:
            warped -= region
        store_pixels(out[place], region + weight * warped)
        return out

    def covered(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of a picture (H, W, …) that the box touches; empty if none."""
        limits = (shape[1], shape[0])
        x0, y0 = np.floor(self.corners.min(axis=0)).astype(int).clip(0, limits)
        x1, y1 = np.ceil(self.corners.max(axis=0)).astype(int).clip(0, limits)
        return slice(int(y0), int(y1)), slice(int(x0), int(x1))

    def spread(self, patch: np.ndarray, place: tuple[slice, slice]) -> np.ndarray:
        """Values of the crop (S, S, C) float32 at the pixels of `place`: (h, w, C), cubic.

        Outside the box its edge is repeated. A crop finer than the picture is averaged first.
        """
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not height or not width:
            return np.zeros((height, width, patch.shape[2]), np.float32)
        size = patch.shape[0]
        if self.side_px < size:
            size = max(1, round(self.side_px))
            patch = cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA)
            patch = patch.reshape(size, size, -1)
        inner = self._from(place) * size  # region pixels → crop pixels
        return sample(patch, inner, (width, height), cv2.INTER_CUBIC)

    def feather(self, place: tuple[slice, slice], feather: float = FEATHER) -> np.ndarray:
        """How much of the crop to see at the pixels of `place`: (h, w) float32 in [0, 1]."""
        rows, columns = place
        size = (columns.stop - columns.start, rows.stop - rows.start)
        return feather_weight(self._from(place), size, feather)

    def _from(self, place: tuple[slice, slice]) -> np.ndarray:
        """The map from pixels of `place` to the unit square."""
        origin = np.array([place[1].start, place[0].start], float)
        linear = self.matrix[:, :2]
        return np.column_stack([linear, self.matrix[:, 2] + linear @ origin])


def crop_face(frame: np.ndarray, box: np.ndarray | CropTransform, size: int) -> np.ndarray:
    """The face in `box` (4,) or in a `CropTransform`, as a (size, size, C) picture.

    Paper: §4.1 (face crops resized to 96×96).
    """
    transform = box if isinstance(box, CropTransform) else CropTransform.from_box(box)
    return transform.crop(frame, size)


def paste_face(
    frame: np.ndarray,
    face: np.ndarray,
    box: np.ndarray | CropTransform,
    *,
    feather: float = FEATHER,
    reference: np.ndarray | None = None,
) -> np.ndarray:
    """A new frame with `face` (S, S, C) back where it was cropped; see `CropTransform.paste`."""
    transform = box if isinstance(box, CropTransform) else CropTransform.from_box(box)
    return transform.paste(frame, face, feather=feather, reference=reference)


def feather_weight(to_unit: np.ndarray, size: tuple[int, int], feather: float) -> np.ndarray:
    """How much of the crop to see at each pixel of a region: (height, width) float32 in [0, 1].

    It is 0 outside the box and at its edge, 1 from `feather` inwards, and smooth between.

    Args:
        to_unit: (2, 3) map from region pixels to the unit square.
        size: width and height of the region.
    """
    x = np.arange(size[0]) + 0.5
    y = np.arange(size[1])[:, None] + 0.5
    weight = np.ones((size[1], size[0]), dtype=np.float32)
    for a, b, c in to_unit:
        u = (a * x if a else 0.0) + (b * y if b else 0.0) + c  # one row or column when upright
        edge = np.minimum(u, 1 - u)
        ramp = np.clip(edge / feather, 0, 1) if feather > 0 else (edge >= 0).astype(float)
        weight *= ramp * ramp * (3 - 2 * ramp)
    return weight


def _apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def _scaled(inverse: np.ndarray, size: int) -> np.ndarray:
    """Unit square → picture, as crop pixels → picture."""
    return np.column_stack([inverse[:, :2] / size, inverse[:, 2]])


def sample(
    picture: np.ndarray, to_source: np.ndarray, size: tuple[int, int], how: int = cv2.INTER_LINEAR
) -> np.ndarray:
    """Look `picture` up at `to_source` of each target pixel's centre; edges are repeated."""
    linear = to_source[:, :2]
    centred = np.column_stack([linear, to_source[:, 2] + linear @ [0.5, 0.5] - 0.5])
    flags = how | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(picture, centred, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return view if view.ndim == picture.ndim else view[..., None]


def store_pixels(region: np.ndarray, values: np.ndarray) -> None:
    """Write float `values` into `region`, both (h, w, C); uint8 regions are rounded and clipped."""
    if region.dtype == np.uint8:
        values = np.clip(np.rint(values), 0, 255)
    region[...] = values
