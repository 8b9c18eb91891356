"""What each emotion does to the face: recipes of face units, personal style, onset to offset.

The recipes follow the action units that FACS names for each emotion (Ekman and Friesen 1978; Du,
Tao and Martinez 2014), written in ARKit's units. Their amounts were tuned with
`scripts/judge_people.py` against an expression network trained on real people, on people of other
seeds than any we report.

Gaze and the moments of blinks belong to `behaviour`, so that the same person looks and blinks the
same way in every emotion of a paired corpus; a recipe may only let the upper lids hang
(`eyeBlink`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.base.emotions import EMOTIONS, parse_emotion
from emolib.synthetic.behaviour import drift
from emolib.synthetic.head import UNIT_INDEX, UNITS
from emolib.synthetic.prosody import level_strength

MAX_UNIT = 1.3  # the strongest of faces go a little beyond a unit's usual reach

# Variants of each emotion at full strength; a name without side means both sides.
RECIPES: dict[str, tuple[dict[str, float], ...]] = {
    "ANG": (
        {  # AU 4 5 7 10 22 25: glaring, teeth bared
            **{"browDown": 1.0, "eyeWide": 0.4, "eyeSquint": 0.6, "noseSneer": 0.7},
            **{"mouthUpperUp": 0.3, "mouthLowerDown": 0.7, "mouthFunnel": 0.28, "jawOpen": 0.14},
            **{"jawForward": 0.25, "cheekSquint": 0.15, "mouthFrown": 0.1},
        },
        {  # AU 4 5 7 10 23 24: lips tight
            **{"browDown": 1.0, "eyeWide": 0.4, "eyeSquint": 0.6, "noseSneer": 0.7},
            **{"mouthPress": 0.45, "mouthFrown": 0.3, "mouthRollUpper": 0.2, "jawForward": 0.4},
            **{"mouthLowerDown": 0.45, "mouthFunnel": 0.2, "mouthUpperUp": 0.15, "jawOpen": 0.08},
        },
    ),
    "DIS": (
        {  # AU 4 6 7 9 10 17: nose wrinkled, upper lip up, eyes narrowed
            **{"noseSneer": 1.2, "mouthUpperUp": 0.9, "browDown": 0.5, "eyeSquint": 0.6},
            **{"mouthFrown": 0.45, "mouthShrugLower": 0.4, "mouthShrugUpper": 0.15},
            **{"cheekSquint": 0.55, "eyeBlink": 0.48},
        },
        {  # the same with the lower lip hanging, as before something that smells
            **{"noseSneer": 1.2, "mouthUpperUp": 1.0, "browDown": 0.42, "eyeSquint": 0.6},
            **{"mouthFrown": 0.5, "mouthShrugLower": 0.25, "mouthShrugUpper": 0.2},
            **{"cheekSquint": 0.6, "eyeBlink": 0.5, "mouthLowerDown": 0.12},
        },
    ),
    "FEA": (
        {  # AU 1 2 4 5 20 25
            **{"browInnerUp": 1.25, "browOuterUp": 0.28, "browDown": 0.25, "eyeWide": 1.25},
            **{"mouthStretch": 1.1, "mouthLowerDown": 0.6, "mouthFrown": 0.08, "jawOpen": 0.32},
        },
        {  # AU 1 2 4 5 20 25: mouth drawn wide and tense
            **{"browInnerUp": 1.25, "browOuterUp": 0.3, "browDown": 0.2, "eyeWide": 1.25},
            **{"mouthStretch": 1.2, "mouthLowerDown": 0.6, "mouthFrown": 0.05, "jawOpen": 0.3},
        },
    ),
    "HAP": (
        {  # AU 6 12 25 26: laughing, teeth showing
            **{"mouthSmile": 0.85, "mouthDimple": 0.3, "cheekSquint": 0.9, "eyeSquint": 0.2},
            **{"mouthUpperUp": 0.42, "jawOpen": 0.16},
        },
        {  # AU 6 12: a wide smile
            **{"mouthSmile": 0.85, "mouthDimple": 0.45, "cheekSquint": 0.85, "eyeSquint": 0.2},
            **{"mouthUpperUp": 0.36, "jawOpen": 0.13},
        },
    ),
    "NEU": ({},),
    "SAD": (
        {  # AU 1 4 6 15 17 43
            **{"browInnerUp": 1.25, "browDown": 0.55, "mouthFrown": 1.25, "mouthShrugLower": 0.45},
            **{"eyeBlink": 0.4, "cheekSquint": 0.3, "mouthStretch": 0.2, "mouthUpperUp": 0.12},
        },
        {  # AU 1 4 6 11 15 43: about to cry
            **{"browInnerUp": 1.25, "browDown": 0.6, "mouthFrown": 1.2, "mouthShrugLower": 0.3},
            **{"eyeBlink": 0.42, "cheekSquint": 0.45, "mouthStretch": 0.2, "mouthUpperUp": 0.22},
            **{"noseSneer": 0.15},
        },
    ),
}


# How far the jaw moves in speech, at full strength: sad speakers mumble, angry ones do not.
ARTICULATION = {"ANG": 1.1, "DIS": 0.75, "FEA": 0.95, "HAP": 1.0, "NEU": 0.8, "SAD": 0.7}


def sides(name: str) -> list[int]:
    """Unit indices meant by a name: itself, or its left and right halves.

    Raises:
        KeyError: no unit has this name.
    """
    if name in UNIT_INDEX:
        return [UNIT_INDEX[name]]
    return [UNIT_INDEX[name + "Left"], UNIT_INDEX[name + "Right"]]


def recipe_units(recipe: dict[str, float]) -> np.ndarray:
    """A recipe as unit weights, (52,) float64."""
    weights = np.zeros(len(UNITS))
    for name, amount in recipe.items():
        weights[sides(name)] = amount
    return weights


@dataclass(frozen=True, eq=False)
class Style:
    """How one person shows emotions: their variant of each, its strength, and their uneven face."""

    variant: dict[str, int]
    gain: np.ndarray  # (52,) multiplies every recipe
    expressive: float

    @classmethod
    def from_seed(cls, seed: int) -> Style:
        """The same style for the same person, always."""
        rng = np.random.default_rng([int(seed), 0x57E])
        variant = {code: int(rng.integers(len(RECIPES[code]))) for code in EMOTIONS}
        uneven = rng.normal(0, 0.06)
        gain = np.ones(len(UNITS))
        for name, i in UNIT_INDEX.items():
            stem = name.removesuffix("Left").removesuffix("Right")
            if stem + "Left" in UNIT_INDEX:
                side = 1 if name.endswith("Left") else -1
                gain[i] = 1 + side * (uneven + rng.normal(0, 0.03))
        shared = {}
        for name, i in UNIT_INDEX.items():
            stem = name.removesuffix("Left").removesuffix("Right")
            gain[i] *= shared.setdefault(stem, float(np.clip(rng.normal(1, 0.08), 0.82, 1.18)))
        return cls(variant, gain, float(rng.uniform(0.94, 1.08)))

    def units(self, emotion: str) -> np.ndarray:
        """This person's full-strength expression of an emotion, (52,) float64."""
        code = parse_emotion(emotion)
        recipe = recipe_units(RECIPES[code][self.variant[code]])
        return np.clip(recipe * self.gain * self.expressive, 0, MAX_UNIT)


def envelope(times_s: np.ndarray, duration_s: float) -> np.ndarray:
    """Strength over a clip, (N,) in 0–1: onset within half a second, apex, and a slight offset."""

    def ease(x):
        x = np.clip(x, 0, 1)
        return x * x * (3 - 2 * x)

    onset = 0.3 + 0.7 * ease(times_s / 0.4)
    offset = 1 - 0.35 * ease((times_s - duration_s + 0.35) / 0.35)
    return onset * offset


def express(
    times_s: np.ndarray, duration_s: float, emotion: str, level: str, style: Style, seed
) -> tuple[np.ndarray, np.ndarray]:
    """An emotion over time.

    Returns:
        unit weights (N, 52) float64 in 0–1, and strength (N,): level times envelope, 0 for neutral.
    """
    code = parse_emotion(emotion)
    full = style.units(code)  # (52,)
    strength = level_strength(level) * envelope(times_s, duration_s)
    if code == "NEU":
        return np.zeros((len(times_s), len(UNITS))), np.zeros(len(times_s))
    wobble = drift(times_s, seed, 3, hz=0.9)  # upper face, mouth, and the whole
    alive = np.ones((len(times_s), len(UNITS))) + 0.03 * wobble[:, 2:3]
    alive[:, _UPPER] += 0.04 * wobble[:, 0:1]
    alive[:, ~_UPPER] += 0.05 * wobble[:, 1:2]
    return np.clip(full * strength[:, None] * alive, 0, MAX_UNIT), strength


_UPPER = np.array([name.startswith(("brow", "eye", "cheekSquint", "nose")) for name in UNITS])
