"""How much of the picture around a face belongs to its crop.

Sizes are in units of the face's own size (see `mesh`), so one geometry fits every video. A
clip store and a checkpoint record the geometry they were made with, by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from emolib.base.errors import ConfigError


@dataclass(frozen=True)
class Geometry:
    """A rectangle about a face's centre, in units of the face's size."""

    name: str
    width: float
    height: float
    down: float  # shift of the centre towards the chin
    upright: bool  # sides parallel to the picture's, or turned with the head


GEOMETRIES = {
    # A square with the whole face, upright: the face keeps its proportions at 96×96.
    "box": Geometry("box", 1.0, 1.0, 0.0, upright=True),
    # Tight hairline-to-chin box, squeezed into a square, as the paper's detector gives it.
    "tight": Geometry("tight", 0.74, 0.88, -0.02, upright=True),
    # The square, turned so that the eyes are level: a similarity transform from the landmarks.
    "aligned": Geometry("aligned", 1.0, 1.0, 0.0, upright=False),
}


def parse_geometry(geometry: str | Geometry) -> Geometry:
    """A `Geometry` by name.

    Raises:
        ConfigError: unknown name.
    """
    if isinstance(geometry, Geometry):
        return geometry
    if geometry not in GEOMETRIES:
        raise ConfigError(
            f"unknown crop geometry {geometry!r}", expected="one of " + ", ".join(GEOMETRIES)
        )
    return GEOMETRIES[geometry]
