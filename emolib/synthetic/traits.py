"""Drawing looks from a random generator: which skin, eyes, brows, hair and clothes go together."""

from __future__ import annotations

import numpy as np

from emolib.synthetic.looks import Brows, Clothes, Eyes, Glasses, Hair, Skin, Teeth


def _mix(a, b, t) -> tuple[float, float, float]:
    return tuple(round(float(x + (y - x) * t), 4) for x, y in zip(a, b, strict=True))


def draw_skin(rng, sex, age, race, hispanic) -> Skin:
    spans = {
        "Caucasian": ((0.78, 0.54, 0.435), (0.52, 0.30, 0.20)),
        "Asian": ((0.70, 0.50, 0.37), (0.42, 0.25, 0.15)),
        "African American": ((0.36, 0.205, 0.125), (0.085, 0.045, 0.03)),
    }
    light, dark = spans[race]
    t = rng.beta(1.1, 1.2)
    tone = _mix(light, dark, 0.45 + 0.55 * t if hispanic else t)
    jitter = rng.normal(0, 0.04, 3)
    tone = tuple(float(np.clip(c * (1 + j), 0.02, 0.9)) for c, j in zip(tone, jitter, strict=True))
    brown = race == "African American"
    pale, deep = ((0.84, 0.56, 0.60), (0.66, 0.30, 0.35)) if not brown else (
        (0.92, 0.68, 0.72), (0.72, 0.42, 0.46)
    )  # fmt: skip
    lip = tuple(c * k for c, k in zip(tone, _mix(pale, deep, rng.uniform(0, 1)), strict=True))
    makeup = float(rng.uniform(0.35, 1.0)) if sex == "Female" and rng.random() < 0.55 else 0.0
    if makeup:
        stick = [(0.38, 0.05, 0.07), (0.45, 0.12, 0.14), (0.32, 0.07, 0.09), (0.5, 0.17, 0.15)]
        lip = _mix(lip, stick[int(rng.integers(4))], 0.75 * makeup)
    male = sex == "Male"
    beards = ("none", "moustache", "goatee", "full")
    beard = str(rng.choice(beards, p=(0.42, 0.13, 0.18, 0.27))) if male else "none"
    return Skin(
        tone=tone,
        lips=lip,
        flush=float(rng.uniform(0.1, 1.6)) * (0.5 if brown else 1.0),
        freckles=float(rng.uniform(0.3, 1)) if not brown and rng.random() < 0.22 else 0.0,
        blemish=float(rng.uniform(0.1, 0.8)),
        lines=float(np.clip(0.25 + (age - 20) / 50 * 0.75 + rng.normal(0, 0.12), 0.08, 1.2)),
        gloss=float(rng.uniform(0.5, 1.0)),
        makeup=makeup,
        stubble=float(rng.uniform(0.1, 0.9)) if male else 0.0,
        beard=beard,
    )


def draw_eyes(rng, race, hispanic) -> Eyes:
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


def draw_teeth(rng, age, tone) -> Teeth:
    """White to ivory, yellower and more worn with age; gums browner on dark skin."""
    yellow = float(np.clip(rng.beta(1.6, 2.2) + (age - 35) / 110, 0, 1))
    bright = rng.uniform(0.90, 1.06)
    enamel = _mix((0.88, 0.80, 0.675), (0.74, 0.61, 0.43), yellow)
    gums = _mix((0.50, 0.165, 0.155), (0.24, 0.085, 0.08), np.clip((0.34 - tone[0]) / 0.25, 0, 1))
    return Teeth(
        enamel=tuple(float(c * bright) for c in enamel),
        gums=gums,
        crooked=float(rng.beta(1.3, 3.0)),
        wear=float(np.clip((age - 20) / 60 + rng.normal(0, 0.15), 0, 1)),
        length=float(rng.uniform(0.9, 1.12)),
    )


_RIM_COLOURS = (
    (0.010, 0.009, 0.009), (0.012, 0.012, 0.014), (0.055, 0.024, 0.012), (0.10, 0.03, 0.02),
    (0.28, 0.27, 0.26), (0.30, 0.21, 0.09), (0.03, 0.05, 0.10), (0.02, 0.02, 0.02),
)  # fmt: skip


def draw_glasses(rng, age) -> Glasses | None:
    """One in five of the young and one in two of the old wear them."""
    worn = rng.random() < 0.20 + 0.3 * np.clip((age - 30) / 40, 0, 1)
    width, colour = rng.uniform(0.46, 0.55), _RIM_COLOURS[int(rng.integers(len(_RIM_COLOURS)))]
    metal = colour[0] > 0.2 or rng.random() < 0.3
    glasses = Glasses(
        width=float(width),
        height=float(width * rng.uniform(0.58, 0.92)),
        rim=float(rng.uniform(0.016, 0.022) if metal else rng.uniform(0.030, 0.055)),
        power=float(rng.choice([2.1, 2.6, 3.2, 4.0])),
        drop=float(rng.choice([0.0, 0.0, 0.15])),
        brow=float(rng.choice([0.0, 0.5, 1.0])),
        colour=colour,
        glare=float(rng.uniform(0.05, 0.4)),
    )
    return glasses if worn else None


_HAIR_COLOURS = {
    "black": (0.012, 0.010, 0.009), "dark": (0.030, 0.019, 0.012), "brown": (0.075, 0.042, 0.022),
    "light": (0.16, 0.095, 0.048), "blond": (0.34, 0.225, 0.105), "ash": (0.25, 0.185, 0.115),
    "red": (0.20, 0.065, 0.024),
}  # fmt: skip


def draw_hair(rng, sex, age, race, hispanic) -> Hair:
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


def draw_brows(rng, sex, age, hair) -> Brows:
    male = sex == "Male"
    shade = rng.uniform(0.5, 1.5)
    dark = tuple(float(c * shade + 0.006) for c in hair.colour)
    grey = 0.45 * max(0.0, hair.grey - 0.4)
    return Brows(
        thickness=float(rng.uniform(0.045, 0.105) if male else rng.uniform(0.026, 0.066)),
        lift=float(rng.normal(-0.004 if male else 0.018, 0.020)),
        arch=float(rng.uniform(-0.01, 0.04) if male else rng.uniform(0.0, 0.075)),
        density=float(rng.uniform(0.45, 1.0)),
        length=float(rng.uniform(0.85, 1.12)),
        colour=_mix(dark, (0.35, 0.34, 0.33), grey),
    )


def draw_clothes(rng, sex) -> Clothes:
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
