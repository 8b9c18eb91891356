"""What each emotion does to the face: styles of face units, personal strength, onset to offset.

Every emotion has two or three styles, as studies of acted and spontaneous faces find them (Ekman
and Friesen 1978; Scherer and Ellgring 2007; Du, Tao and Martinez 2014), written in ARKit's units.
A person has one style of each emotion, and shows it more or less strongly. What the units do in
sum was brought near to what real actors do with `scripts/judge_people.py`: at level XX like acted
clips of CREMA-D, at HI stronger.

Gaze and the moments of blinks belong to `behaviour`, so that the same person looks and blinks the
same way in every emotion of a paired corpus; a recipe may only let the upper lids hang
(`eyeBlink`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emolib.base.emotions import EMOTIONS, parse_emotion
from emolib.synthetic.behaviour import drift
from emolib.synthetic.head import UNIT_INDEX, UNITS, ramp, recipe_units
from emolib.synthetic.prosody import level_strength
from emolib.synthetic.unit_repairs import stem

MAX_UNIT = 1.3  # the strongest of faces go a little beyond a unit's usual reach
STRENGTH = (0.9, 1.12)  # a person's least and most, of every emotion

# Styles of each emotion at full strength; a name without side means both sides.
RECIPES: dict[str, tuple[dict[str, float], ...]] = {
    "ANG": (
        {  # AU 4 5 7 9 10 16 25: glaring, both rows of teeth bared
            **{"browDown": 1.25, "eyeWide": 0.85, "eyeSquint": 0.45, "noseSneer": 0.8},
            **{"mouthUpperUp": 0.6, "mouthLowerDown": 1.2, "mouthFunnel": 0.25, "jawOpen": 0.3},
            **{"jawForward": 0.4, "mouthFrown": 0.3},
        },
        {  # AU 4 5 7 10 15 16 17 23: eyes narrowed, hard lips that bare the teeth, chin raised
            **{"browDown": 1.3, "eyeWide": 0.75, "eyeSquint": 0.6, "noseSneer": 0.7},
            **{"mouthPress": 0.5, "mouthRollUpper": 0.25, "mouthShrugLower": 0.4},
            **{"mouthUpperUp": 0.6, "mouthLowerDown": 1.2, "mouthFrown": 0.5, "jawForward": 0.5},
            **{"mouthFunnel": 0.2, "jawOpen": 0.25},
        },
    ),
    "DIS": (
        {  # AU 4 7 9 10 15 17: nose wrinkled, upper lip high, chin raised
            **{"noseSneer": 1.1, "mouthUpperUp": 1.3, "browDown": 0.35, "eyeSquint": 1.05},
            **{"cheekSquint": 0.8, "mouthFrown": 0.7, "mouthShrugLower": 0.9},
            **{"mouthShrugUpper": 0.5, "eyeBlink": 0.35},
        },
        {  # AU 4 6 7 9 10 25: a grimace, mouth open
            **{"noseSneer": 1.1, "mouthUpperUp": 1.15, "browDown": 0.35, "eyeSquint": 1.1},
            **{"cheekSquint": 0.9, "mouthStretch": 0.2, "mouthFrown": 0.4, "jawOpen": 0.25},
            **{"mouthFunnel": 0.15, "mouthShrugUpper": 0.15, "mouthShrugLower": 0.5},
            **{"eyeBlink": 0.35},
        },
        {  # AU 4 7 9 10 15 17: upper lip curled, corners down
            **{"noseSneer": 0.95, "mouthUpperUp": 1.2, "browDown": 0.3, "eyeSquint": 1.0},
            **{"cheekSquint": 0.7, "mouthFrown": 0.45, "mouthShrugLower": 0.45},
            **{"mouthShrugUpper": 0.4, "mouthLowerDown": 0.2, "jawOpen": 0.1, "eyeBlink": 0.35},
        },
    ),
    "FEA": (
        {  # AU 1 2 4 5 20 26: the mouth falls open
            **{"browInnerUp": 1.3, "browOuterUp": 0.6, "browDown": 0.2, "eyeWide": 1.3},
            **{"mouthStretch": 0.3, "mouthFrown": 0.2, "mouthFunnel": 0.15},
            **{"mouthLowerDown": 0.4, "jawOpen": 0.55},
        },
        {  # AU 1 2 4 5 20 25: mouth drawn wide and tense
            **{"browInnerUp": 1.3, "browOuterUp": 0.5, "browDown": 0.2, "eyeWide": 1.3},
            **{"mouthStretch": 1.0, "mouthFrown": 0.25, "mouthLowerDown": 0.5, "jawOpen": 0.5},
        },
    ),
    "HAP": (
        {  # AU 6 7 12 25: a smile with teeth
            **{"mouthSmile": 0.8, "mouthDimple": 0.25, "cheekSquint": 1.1, "eyeSquint": 0.3},
            **{"mouthUpperUp": 0.65, "mouthLowerDown": 0.4, "browInnerUp": 0.3},
            **{"browOuterUp": 0.25, "jawOpen": 0.08},
        },
        {  # AU 1 2 6 12 25: lively, brows up, both rows of teeth
            **{"mouthSmile": 0.8, "mouthUpperUp": 0.65, "mouthLowerDown": 0.45},
            **{"browInnerUp": 0.6, "browOuterUp": 0.7, "cheekSquint": 1.0, "eyeSquint": 0.15},
            **{"mouthDimple": 0.2, "jawOpen": 0.12},
        },
        {  # AU 1 6 7 12: a smile that nearly closes the lips between words
            **{"mouthSmile": 0.9, "mouthDimple": 0.35, "cheekSquint": 1.1, "eyeSquint": 0.35},
            **{"mouthUpperUp": 0.4, "mouthLowerDown": 0.15, "browInnerUp": 0.2},
            **{"browOuterUp": 0.2},
        },
    ),
    "NEU": ({},),
    "SAD": (
        {  # AU 1 4 6 15 17: the textbook's
            **{"browInnerUp": 1.3, "browDown": 0.8, "mouthFrown": 1.3, "mouthShrugLower": 0.6},
            **{"eyeSquint": 0.45, "cheekSquint": 0.8, "mouthStretch": 0.45},
            **{"mouthUpperUp": 0.05, "mouthRollLower": 0.1, "eyeBlink": 0.2},
        },
        {  # AU 1 4 6 7 11 15 17 20: about to cry, eyes squeezed, brows low
            **{"browInnerUp": 1.3, "browDown": 0.75, "eyeSquint": 0.65, "cheekSquint": 0.9},
            **{"mouthFrown": 1.3, "mouthStretch": 0.5, "mouthShrugLower": 0.65},
            **{"mouthUpperUp": 0.1, "mouthRollLower": 0.15, "eyeBlink": 0.18},
        },
        {  # AU 1 4 15 17 28: holding it back, lower lip drawn in
            **{"browInnerUp": 1.3, "browDown": 0.8, "mouthFrown": 1.3, "mouthRollLower": 0.35},
            **{"mouthShrugLower": 0.55, "mouthStretch": 0.3, "eyeSquint": 0.45},
            **{"cheekSquint": 0.75, "eyeBlink": 0.2},
        },
    ),
}


# How far the jaw moves in speech, at full strength: sad speakers mumble, angry ones do not.
ARTICULATION = {"ANG": 1.1, "DIS": 0.8, "FEA": 1.1, "HAP": 1.1, "NEU": 1.0, "SAD": 0.55}


@dataclass(frozen=True, eq=False)
class Style:
    """How one person shows emotions: their style of each, its strength, and their uneven face."""

    variant: dict[str, int]
    strength: dict[str, float]
    gain: np.ndarray  # (52,) multiplies every recipe

    @classmethod
    def from_seed(cls, seed: int) -> Style:
        """The same style for the same person, always."""
        rng = np.random.default_rng([int(seed), 0x57E])
        variant = {code: int(rng.integers(len(RECIPES[code]))) for code in EMOTIONS}
        strength = {code: float(rng.uniform(*STRENGTH)) for code in EMOTIONS}
        uneven = rng.normal(0, 0.06)
        gain = np.ones(len(UNITS))
        for name, i in UNIT_INDEX.items():
            if stem(name) != name:
                side = 1 if name.endswith("Left") else -1
                gain[i] = 1 + side * (uneven + rng.normal(0, 0.03))
        shared = {}
        for name, i in UNIT_INDEX.items():
            drawn = float(np.clip(rng.normal(1, 0.08), 0.82, 1.18))
            gain[i] *= shared.setdefault(stem(name), drawn)
        return cls(variant, strength, gain)

    def units(self, emotion: str) -> np.ndarray:
        """This person's full-strength expression of an emotion, (52,) float64."""
        code = parse_emotion(emotion)
        recipe = recipe_units(RECIPES[code][self.variant[code]])
        return np.clip(recipe * self.gain * self.strength[code], 0, MAX_UNIT)


def envelope(times_s: np.ndarray, duration_s: float, rng: np.random.Generator) -> np.ndarray:
    """Strength over a clip, (N,) in 0–1, of one part of the face.

    Actors wear the expression before the first word and after the last: it begins at about two
    thirds, is full within half a second, and hardly fades.
    """
    begin, late_s, rise_s, end = rng.uniform([0.5, 0.0, 0.2, 0.85], [0.9, 0.15, 0.4, 1.0])
    onset = begin + (1 - begin) * ramp(0, rise_s, times_s - late_s)
    return onset * (1 - (1 - end) * ramp(0, 0.35, times_s - duration_s + 0.35))


def express(
    times_s: np.ndarray, duration_s: float, emotion: str, level: str, style: Style, seed
) -> tuple[np.ndarray, np.ndarray]:
    """An emotion over time. Brows and eyes have their own onset and offset beside the mouth's.

    Returns:
        unit weights (N, 52) float64 in 0–1.3, and strength (N,): level times the mean of both
        envelopes, 0 for neutral.
    """
    code, level = parse_emotion(emotion), level_strength(level)
    if code == "NEU":
        return np.zeros((len(times_s), len(UNITS))), np.zeros(len(times_s))
    rng = np.random.default_rng([*seed, 0xE9])
    upper, mouth = (envelope(times_s, duration_s, rng) for _ in range(2))
    wobble = drift(times_s, seed, 3, hz=0.9)  # upper face, mouth, and the whole
    alive = np.where(
        _UPPER,
        (upper * (1 + 0.04 * wobble[:, 0]))[:, None],
        (mouth * (1 + 0.05 * wobble[:, 1]))[:, None],
    )
    alive *= 1 + 0.03 * wobble[:, 2:3]
    return np.clip(style.units(code) * level * alive, 0, MAX_UNIT), level * (upper + mouth) / 2


_UPPER = np.array([name.startswith(("brow", "eye", "cheekSquint", "nose")) for name in UNITS])
