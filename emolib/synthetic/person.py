"""Who somebody is: everything about a synthetic person, drawn from one seed and nothing else.

Sex, age, race and ethnicity use CREMA-D's words, so that `VideoDemographics.csv` can be written
from a person. The rest says how the person looks; `stage` turns it into pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.synthetic import traits
from emolib.synthetic.head import load_head
from emolib.synthetic.looks import Brows, Clothes, Eyes, Glasses, Hair, Skin, Teeth

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
    "neck/measure-neck": 0.15, "neck/neck": 0.2, "eyes/eye-push": 0.12, "eyes/eye-height": 0.2,
    "eyes/eye-trans": 0.3, "eyes/eye-scale": 0.35, "mouth/mouth-trans": 0.2, "eyes/eye-bag": 0.2,
    "mouth/mouth-angles": 0.08, "mouth/mouth-lowerlip-middle": 0.15, "mouth/mouth-dimples": 0.15,
    "mouth/mouth-upperlip-middle": 0.12, "mouth/mouth-upperlip-ext": 0.12,
    "mouth/mouth-laugh-lines": 0.10,
    "chin/chin-jaw-drop": 0.2, "mouth/mouth-lowerlip-ext": 0.12, "eyebrows/eyebrows-angle": 0.15,
    "ears/": 0.18, "ears/ear-wing": 0.2, "ears/ear-trans": 0.1, "ears/ear-rot": 0.15,
    "nose/nose-septumangle": 0.2, "nose/nose-trans": 0.25, "head/head-scale": 0.12,
    "head/head-scale-vert": 0.05, "head/head-fat": 0.2, "head/head-back": 0.15, "forehead/": 0.15,
    "forehead/forehead-scale-vert": 0.08, "nose/": 0.38, "cheek/": 0.38, "chin/": 0.36,
}  # fmt: skip
_VARIETY = 1.35  # all of them together
_SINGLE = (
    "head/head-oval", "head/head-round", "head/head-square", "head/head-rectangular",
    "head/head-triangular", "head/head-invertedtriangular", "head/head-diamond",
    "chin/chin-triangle",
)  # fmt: skip


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
    teeth: Teeth
    brows: Brows
    hair: Hair
    clothes: Clothes
    glasses: Glasses | None

    @classmethod
    def from_seed(cls, seed: int) -> Person:
        """The person of a seed (any integer >= 0)."""
        rng = np.random.default_rng([int(seed), 9001])
        sex = "Female" if rng.random() < 0.5 else "Male"
        age = int(np.clip(20 + 52 * rng.beta(1.0, 1.5), 20, 72))
        race = str(rng.choice(RACES, p=(0.5, 0.27, 0.23)))
        hispanic = bool(rng.random() < (0.2 if race == "Caucasian" else 0.03))
        skin = traits.draw_skin(rng, sex, age, race, hispanic)
        hair = traits.draw_hair(rng, sex, age, race, hispanic)
        return cls(
            seed=int(seed),
            sex=sex,
            age=age,
            race=race,
            ethnicity="Hispanic" if hispanic else "Not Hispanic",
            macros=_macros(rng, sex, age, race),
            shapes=_shapes(rng, age),
            skin=skin,
            eyes=traits.draw_eyes(rng, race, hispanic),
            teeth=traits.draw_teeth(rng, age, skin.tone),
            brows=traits.draw_brows(rng, sex, age, hair),
            hair=hair,
            clothes=traits.draw_clothes(rng, sex),
            glasses=traits.draw_glasses(rng, age),
        )


def _macros(rng, sex, age, race) -> tuple[tuple[str, float], ...]:
    old = float(np.clip((age - 28) / 45, 0, 1))
    other = str(rng.choice([r for r in RACES if r != race]))
    mixed = float(rng.uniform(-0.45, 0.3))  # below 0: further from the others than most
    androgyny = float(rng.uniform(-0.8, 0.1))
    weights: dict[str, float] = {}
    for name, share in ((race, 1 - mixed), (other, mixed)):
        for which, part in (
            (sex, 1 - androgyny),
            ("Male" if sex == "Female" else "Female", androgyny),
        ):
            for stage, amount in (("young", 1 - old), ("old", old)):
                key = f"{_FORM[name]}-{which.lower()}-{stage}"
                weights[key] = weights.get(key, 0.0) + share * part * amount
    heavy = float(np.clip(rng.normal(0.05, 0.6), -0.8, 1.0))
    stage = "old" if old > 0.4 else "young"
    weights[f"{'max' if heavy > 0 else 'min'}weight-{sex.lower()}-{stage}"] = abs(heavy)
    return tuple((k, round(w, 4)) for k, w in sorted(weights.items()) if abs(w) > 1e-4)


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
            weight = float(
                np.clip(rng.normal(0, spread * _VARIETY * rng.lognormal(-0.25, 0.6)), -1, 1)
            )
            if abs(weight) > 0.04:
                chosen[stem + (high if weight > 0 else low)] = round(abs(weight), 3)
        if name.startswith("asym/"):
            weight = float(rng.uniform(0, 0.25))
            if rng.random() < 0.3:
                chosen[name] = round(weight, 3)
    for name in rng.choice(_SINGLE, 2, replace=False):
        chosen[str(name)] = round(float(rng.uniform(0.0, 0.75)), 3)
    return tuple(sorted(chosen.items()))
