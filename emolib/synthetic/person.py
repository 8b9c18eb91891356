"""Who somebody is: everything about a synthetic person, drawn from one seed and nothing else.

Sex, age, race and ethnicity use CREMA-D's words, so that `VideoDemographics.csv` can be written from
a person. The rest says how the person looks; `stage` turns it into pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.synthetic.head import load_head

RACES = ("Caucasian", "African American", "Asian")
_FORM = {"Caucasian": "caucasian", "African American": "african", "Asian": "asian"}

# Opposite ends of one local shape; the second end is the positive direction.
_ENDS = (
    ("-decr", "-incr"), ("-down", "-up"), ("-in", "-out"), ("-backward", "-forward"),
    ("-concave", "-convex"), ("-compress", "-uncompress"),
)  # fmt: skip
# How far a shape varies (standard deviation); families not named use 0.30.
_SPREAD = {
    "head/head-angle": 0.15, "head/head-trans": 0.0, "neck/neck-trans": 0.0, "head/head-age": 0.0,
    "neck/measure-neck": 0.15, "neck/neck": 0.2, "eyes/eye-push": 0.12, "eyes/eye-height": 0.22,
    "eyes/eye-trans": 0.3, "eyes/eye-scale": 0.35, "mouth/mouth-trans": 0.25, "eyes/eye-bag": 0.2,
    "mouth/mouth-angles": 0.12, "mouth/mouth-lowerlip-middle": 0.15, "mouth/mouth-dimples": 0.15,
    "mouth/mouth-upperlip-middle": 0.12, "mouth/mouth-upperlip-ext": 0.12, "chin/chin-jaw-drop": 0.2,
    "mouth/mouth-lowerlip-ext": 0.12, "eyebrows/eyebrows-angle": 0.15, "ears/ear-wing": 0.3,
    "ears/ear-trans": 0.1, "ears/ear-rot": 0.15, "nose/nose-septumangle": 0.2, "nose/nose-trans": 0.25,
    "head/head-scale": 0.10, "head/head-fat": 0.25, "head/head-back": 0.15, "forehead/": 0.2, "nose/": 0.38, "cheek/": 0.38, "chin/": 0.36,
}  # fmt: skip
_SINGLE = (
    "head/head-oval", "head/head-round", "head/head-square", "head/head-rectangular",
    "head/head-triangular", "head/head-invertedtriangular", "head/head-diamond", "chin/chin-triangle",
)  # fmt: skip


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
class Brows:
    """Height of the hair band (dm), lift and arch of its line (dm), density and colour."""

    thickness: float
    lift: float
    arch: float
    density: float
    length: float
    colour: tuple[float, float, float]


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


@dataclass(frozen=True)
class Person:
    """A synthetic person. Equal seeds give equal people; nothing else enters.

    race and ethnicity use CREMA-D's words; macros and shapes are (name, weight) of `Head`'s tables.
    """

    seed: int
    sex: str  # "Male" or "Female"
    age: int  # years
    race: str
    ethnicity: str  # "Hispanic" or "Not Hispanic"
    macros: tuple[tuple[str, float], ...]
    shapes: tuple[tuple[str, float], ...]
    skin: Skin
    eyes: Eyes
    brows: Brows
    hair: Hair
    clothes: Clothes

    @classmethod
    def from_seed(cls, seed: int) -> Person:
        """The person of a seed (any integer >= 0)."""
        rng = np.random.default_rng([int(seed), 9001])
        sex = "Female" if rng.random() < 0.5 else "Male"
        age = int(np.clip(20 + 50 * rng.beta(1.1, 1.7), 20, 72))
        race = str(rng.choice(RACES, p=(0.5, 0.27, 0.23)))
        hispanic = bool(rng.random() < (0.2 if race == "Caucasian" else 0.03))
        skin = _skin(rng, sex, age, race, hispanic)
        hair = _hair(rng, sex, age, race, hispanic)
        return cls(
            seed=int(seed),
            sex=sex,
            age=age,
            race=race,
            ethnicity="Hispanic" if hispanic else "Not Hispanic",
            macros=_macros(rng, sex, age, race),
            shapes=_shapes(rng, age),
            skin=skin,
            eyes=_eyes(rng, race, hispanic),
            brows=_brows(rng, sex, age, hair),
            hair=hair,
            clothes=_clothes(rng, sex),
        )


def _macros(rng, sex, age, race) -> tuple[tuple[str, float], ...]:
    old = float(np.clip((age - 30) / 55, 0, 0.8))
    other = str(rng.choice([r for r in RACES if r != race]))
    mixed = float(rng.choice([0.0, rng.uniform(0.05, 0.3)]))
    androgyny = float(rng.uniform(0, 0.2 if sex == "Male" else 0.1))
    weights: dict[str, float] = {}
    for name, share in ((race, 1 - mixed), (other, mixed)):
        for which, part in (
            (sex, 1 - androgyny),
            ("Male" if sex == "Female" else "Female", androgyny),
        ):
            for stage, amount in (("young", 1 - old), ("old", old)):
                key = f"{_FORM[name]}-{which.lower()}-{stage}"
                weights[key] = weights.get(key, 0.0) + share * part * amount
    heavy = float(np.clip(rng.normal(0.05, 0.4), -0.6, 0.9))
    stage = "old" if old > 0.4 else "young"
    weights[f"{'max' if heavy > 0 else 'min'}weight-{sex.lower()}-{stage}"] = abs(heavy)
    return tuple((k, round(w, 4)) for k, w in sorted(weights.items()) if w > 0)


def _shapes(rng, age) -> tuple[tuple[str, float], ...]:
    names = set(load_head().shapes)
    chosen: dict[str, float] = {}
    for name in sorted(names):
        for low, high in _ENDS:
            if not name.endswith(low) or name[: -len(low)] + high not in names:
                continue
            stem = name[: -len(low)]
            keys = [k for k in _SPREAD if stem.startswith(k)]
            spread = _SPREAD[max(keys, key=len)] if keys else 0.3
            weight = float(np.clip(rng.normal(0, spread), -1, 1))
            if abs(weight) > 0.04:
                chosen[stem + (high if weight > 0 else low)] = round(abs(weight), 3)
        if name.startswith("asym/"):
            weight = float(rng.uniform(0, 0.25))
            if rng.random() < 0.3:
                chosen[name] = round(weight, 3)
    for name in rng.choice(_SINGLE, 2, replace=False):
        chosen[str(name)] = round(float(rng.uniform(0.0, 0.4)), 3)
    return tuple(sorted(chosen.items()))


def _mix(a, b, t) -> tuple[float, float, float]:
    return tuple(round(float(x + (y - x) * t), 4) for x, y in zip(a, b, strict=True))


def _skin(rng, sex, age, race, hispanic) -> Skin:
    spans = {
        "Caucasian": ((0.74, 0.50, 0.385), (0.56, 0.335, 0.225)),
        "Asian": ((0.66, 0.455, 0.32), (0.46, 0.285, 0.175)),
        "African American": ((0.30, 0.165, 0.095), (0.085, 0.045, 0.028)),
    }
    light, dark = spans[race]
    t = rng.beta(1.5, 1.8)
    tone = _mix(light, dark, 0.45 + 0.55 * t if hispanic else t)
    jitter = rng.normal(0, 0.025, 3)
    tone = tuple(float(np.clip(c * (1 + j), 0.02, 0.9)) for c, j in zip(tone, jitter, strict=True))
    brown = race == "African American"
    lip = _mix(
        tone, (0.42, 0.13, 0.12) if not brown else (0.23, 0.075, 0.065), rng.uniform(0.42, 0.7)
    )
    makeup = float(rng.uniform(0.2, 0.9)) if sex == "Female" and rng.random() < 0.55 else 0.0
    if makeup:
        stick = [(0.38, 0.05, 0.07), (0.45, 0.12, 0.14), (0.32, 0.07, 0.09), (0.5, 0.17, 0.15)]
        lip = _mix(lip, stick[int(rng.integers(4))], 0.75 * makeup)
    male = sex == "Male"
    beards = ("none", "moustache", "goatee", "full")
    beard = str(rng.choice(beards, p=(0.66, 0.06, 0.12, 0.16))) if male else "none"
    return Skin(
        tone=tone,
        lips=lip,
        flush=float(rng.uniform(0.25, 1.0)) * (0.5 if brown else 1.0),
        freckles=float(rng.uniform(0.3, 1)) if not brown and rng.random() < 0.22 else 0.0,
        blemish=float(rng.uniform(0.1, 0.8)),
        lines=float(np.clip(0.25 + (age - 20) / 50 * 0.75 + rng.normal(0, 0.08), 0.12, 1)),
        gloss=float(rng.uniform(0.5, 1.0)),
        makeup=makeup,
        stubble=float(rng.uniform(0.1, 0.9)) if male else 0.0,
        beard=beard,
    )


def _eyes(rng, race, hispanic) -> Eyes:
    brown = ((0.20, 0.085, 0.03), (0.085, 0.036, 0.016))
    kinds = [
        brown,
        ((0.30, 0.16, 0.05), (0.13, 0.10, 0.05)),  # hazel
        ((0.30, 0.40, 0.46), (0.12, 0.24, 0.38)),  # blue
        ((0.26, 0.30, 0.14), (0.12, 0.20, 0.12)),  # green
        ((0.34, 0.36, 0.36), (0.18, 0.23, 0.27)),  # grey
    ]
    chance = (
        (0.38, 0.18, 0.24, 0.11, 0.09)
        if race == "Caucasian" and not hispanic
        else (0.93, 0.07, 0, 0, 0)
    )
    inner, outer = kinds[int(rng.choice(5, p=chance))]
    shade = rng.uniform(0.75, 1.25)
    return Eyes(
        inner=tuple(float(c * shade) for c in inner),
        outer=tuple(float(c * shade) for c in outer),
        pupil=float(rng.uniform(0.32, 0.46)),
        redness=float(rng.uniform(0.1, 0.6)),
    )


_HAIR_COLOURS = {
    "black": (0.012, 0.010, 0.009), "dark": (0.030, 0.019, 0.012), "brown": (0.075, 0.042, 0.022),
    "light": (0.16, 0.095, 0.048), "blond": (0.34, 0.225, 0.105), "ash": (0.25, 0.185, 0.115),
    "red": (0.20, 0.065, 0.024),
}  # fmt: skip


def _hair(rng, sex, age, race, hispanic) -> Hair:
    if race == "Caucasian" and not hispanic:
        names, chance = tuple(_HAIR_COLOURS), (0.06, 0.22, 0.30, 0.16, 0.12, 0.07, 0.07)
    else:
        names, chance = ("black", "dark", "brown"), (0.6, 0.32, 0.08)
    colour = _HAIR_COLOURS[str(rng.choice(names, p=chance))]
    grey = float(np.clip((age - 42) / 24 + rng.normal(0, 0.25), 0, 1)) if age > 38 else 0.0
    if sex == "Male":
        styles, chance = (
            ("buzz", "crop", "side", "back", "curly", "bald"),
            (0.16, 0.26, 0.24, 0.14, 0.1, 0.1),
        )
        if race == "African American":
            chance = (0.38, 0.12, 0.0, 0.0, 0.30, 0.20)
    else:
        styles, chance = (
            ("long", "bob", "bun", "pixie", "fringe", "curly"),
            (0.32, 0.2, 0.16, 0.1, 0.14, 0.08),
        )
        if race == "African American":
            chance = (0.14, 0.12, 0.28, 0.1, 0.06, 0.3)
    return Hair(
        style=str(rng.choice(styles, p=chance)),
        colour=tuple(float(c * rng.uniform(0.85, 1.15)) for c in colour),
        grey=grey,
        volume=float(rng.uniform(0.75, 1.3)),
        hairline=float(rng.normal(0, 0.05) + (0.05 if sex == "Male" else 0.0)),
        recede=float(np.clip(rng.normal(0.08, 0.10) + (age - 35) / 110, 0, 0.5))
        if sex == "Male"
        else 0.0,
        parting=float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.9)),
        wave=float(rng.uniform(0, 1)),
    )


def _brows(rng, sex, age, hair) -> Brows:
    male = sex == "Male"
    dark = tuple(float(c * 0.75 + 0.006) for c in hair.colour)
    grey = 0.45 * max(0.0, hair.grey - 0.4)
    return Brows(
        thickness=float(rng.uniform(0.062, 0.088) if male else rng.uniform(0.042, 0.058)),
        lift=float(rng.normal(0.0 if male else 0.012, 0.012)),
        arch=float(rng.uniform(0.01, 0.04) if male else rng.uniform(0.03, 0.06)),
        density=float(rng.uniform(0.75, 1.0)),
        length=float(rng.uniform(0.92, 1.08)),
        colour=_mix(dark, (0.35, 0.34, 0.33), grey),
    )


def _clothes(rng, sex) -> Clothes:
    kinds = ("crew", "vneck", "collar", "turtleneck", "blazer")
    chance = (0.34, 0.14, 0.26, 0.12, 0.14) if sex == "Male" else (0.28, 0.28, 0.14, 0.16, 0.14)
    hue, depth = rng.random(), rng.uniform(0.03, 0.5)
    wheel = 0.5 + 0.5 * np.cos(2 * np.pi * (hue + np.array([0.0, 0.33, 0.67])))
    muted = rng.uniform(0.1, 0.75)
    colour = depth * ((1 - muted) * 0.55 + muted * wheel)
    trim = (
        np.full(3, rng.uniform(0.5, 0.75)) if rng.random() < 0.6 else colour * rng.uniform(0.4, 1.6)
    )
    return Clothes(
        kind=str(rng.choice(kinds, p=chance)),
        colour=tuple(float(c) for c in np.clip(colour, 0.01, 0.8)),
        trim=tuple(float(c) for c in np.clip(trim, 0.01, 0.8)),
    )
