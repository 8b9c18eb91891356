"""What a person looks like, as plain frozen values: skin, eyes, teeth, brows, hair and so on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Skin:
    """Colours are linear RGB in [0, 1]; amounts are in [0, 1]."""

    tone: tuple[float, float, float]
    lips: tuple[float, float, float]
    flush: float  # redness of cheeks, nose and ears
    freckles: float
    blemish: float
    lines: float  # depth of wrinkles, static and moving
    gloss: float
    makeup: float
    stubble: float
    beard: str  # "none", "moustache", "goatee", "full"


@dataclass(frozen=True)
class Eyes:
    """The iris: linear RGB inside and outside, and the pupil's share of its radius."""

    inner: tuple[float, float, float]
    outer: tuple[float, float, float]
    pupil: float
    redness: float


@dataclass(frozen=True)
class Teeth:
    """Linear RGB of enamel and gums; how crooked and worn in [0, 1]; share of the usual length."""

    enamel: tuple[float, float, float]
    gums: tuple[float, float, float]
    crooked: float
    wear: float
    length: float


@dataclass(frozen=True)
class Brows:
    """Height of the hair band (dm), lift and arch of its line (dm), density and colour."""

    thickness: float
    lift: float
    arch: float
    density: float
    length: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Glasses:
    """Spectacles: lens width and height (dm), rim (dm), linear colour; the rest shapes the rim."""

    width: float
    height: float
    rim: float
    power: float  # of the outline's superellipse: 2 round, 4 nearly a rectangle
    drop: float  # how far the lower half hangs, as in aviators
    brow: float  # how much thicker the rim is above
    colour: tuple[float, float, float]
    glare: float  # how much of the light the lenses throw back, 0 to 1


@dataclass(frozen=True)
class Hair:
    """Style name (`hair.STYLES`), linear colour, and the details that vary within a style."""

    style: str
    colour: tuple[float, float, float]
    grey: float
    volume: float
    hairline: float  # higher is further back (dm)
    recede: float  # of the temples
    parting: float  # -1 left .. 1 right
    wave: float


@dataclass(frozen=True)
class Clothes:
    """Garment name, linear colours of cloth and trim."""

    kind: str  # "crew", "vneck", "collar", "turtleneck", "blazer"
    colour: tuple[float, float, float]
    trim: tuple[float, float, float]
