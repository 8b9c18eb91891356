"""A performance: what every face unit and the head do while a sentence is said with an emotion.

Speech and expression meet in the mouth, and neither may erase the other. The rules: a lip closure
wins over everything that would open the lips; the lower lip on the teeth of f and v wins over the
jaw; rounding takes from a smile, and a smile widens rounded vowels; elsewhere the expression's
shape stays and speech opens and closes it. Brows, lids, cheeks and nose belong to the expression
alone.

With `paired`, head pose, gaze and blinks are a function of the person and time alone (design §4 of
the corpus format): the same frame number shows the same pose whatever is said and felt.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from emolib.base.emotions import parse_emotion
from emolib.base.errors import ConfigError
from emolib.synthetic import behaviour
from emolib.synthetic.expressions import ARTICULATION, MAX_UNIT, Style, express
from emolib.synthetic.head import GAZE_RAD, UNIT_INDEX, sides
from emolib.synthetic.prosody import level_strength
from emolib.synthetic.speech import Speech
from emolib.synthetic.visemes import CHANNELS, Articulation, articulate

# Unpaired only: how an emotion holds the head (yaw away, pitch up, roll, forward), the gaze (up),
# how much the head moves, and how deep it nods with loud syllables. Radians, head heights.
_POSTURE = {
    "ANG": ((0.0, -0.030, 0.0, 0.035), 0.0, 1.15, 0.070),
    "DIS": ((0.060, 0.0, 0.040, -0.030), 0.0, 0.9, 0.040),
    "FEA": ((0.030, 0.020, 0.010, -0.035), 0.02, 1.1, 0.040),
    "HAP": ((0.0, 0.035, 0.035, 0.010), 0.0, 1.2, 0.080),
    "NEU": ((0.0, 0.0, 0.0, 0.0), 0.0, 0.8, 0.045),
    "SAD": ((0.0, -0.110, 0.040, 0.0), -0.05, 0.7, 0.030),
}


@dataclass(frozen=True, eq=False)
class Performance:
    """One acted sentence, frame by frame; frame k is the moment (k + ½) / fps."""

    weights: np.ndarray  # (N, 52) float32, face units in `head.UNITS` order
    pose: np.ndarray  # (N, 6) float32: yaw, pitch, roll in radians; x, y, z in head heights
    viseme: np.ndarray  # (N,) int64, index into `visemes.VISEMES`
    strength: np.ndarray  # (N,) float32: how strongly the emotion shows
    fps: float

    def __len__(self) -> int:
        return len(self.weights)


def perform(
    speech: Speech,
    emotion: str,
    level: str = "XX",
    *,
    seed: int = 0,
    fps: float = 30,
    paired: bool = False,
) -> Performance:
    """How the person of `seed` says `speech` with an emotion.

    Args:
        speech: sound and phonemes.
        emotion: a code or name; level: LO, MD, HI or XX.
        seed: of the person; also their style.
        fps: frames a second.
        paired: pose, gaze and blinks from person and time alone.

    Raises:
        ConfigError: unknown emotion or level, or an impossible frame rate.
    """
    code = parse_emotion(emotion)
    if not 5 <= fps <= 120:
        raise ConfigError(f"cannot perform at {fps:g} frames/s", expected="5 to 120")
    said = articulate(speech, fps)
    n_frames = len(said.closure)
    times_s = (np.arange(n_frames) + 0.5) / fps
    take = zlib.crc32(f"{speech.text}|{code}|{level}".encode())
    moves = [int(seed), 0xBEA7] if paired else [int(seed), 0xBEA7, take]
    felt, strength = express(
        times_s, speech.duration_s, code, level, Style.from_seed(seed), [int(seed), take]
    )
    calm = ARTICULATION["NEU"]
    weights = blend(felt, said, calm + (ARTICULATION[code] - calm) * strength)
    pose = behaviour.sway(times_s, [*moves, 1], 1.0 if paired else _POSTURE[code][2])
    gaze = behaviour.glances(times_s, [*moves, 2])
    if not paired:
        _take_posture(pose, gaze, code, level, strength, seed)
        pose[:, 1] -= behaviour.nods(times_s, said.loudness, _POSTURE[code][3])
    shut = behaviour.blinks(times_s, [*moves, 3])
    lids = weights[:, sides("eyeBlink")]
    weights[:, sides("eyeBlink")] = 1 - (1 - lids) * (1 - shut[:, None])
    weights[:, sides("eyeWide")] *= 1 - shut[:, None]
    weights[:, sides("eyeSquint")] *= 1 - shut[:, None]
    _look(weights, gaze - pose[:, :2])  # eyes hold the camera while the head moves
    return Performance(
        np.clip(weights, 0, MAX_UNIT).astype(np.float32),
        pose.astype(np.float32),
        said.viseme,
        strength.astype(np.float32),
        float(fps),
    )


def blend(felt: np.ndarray, said: Articulation, jaw: np.ndarray | float = 1.0) -> np.ndarray:
    """Expression (N, 52) and speech in one mouth → unit weights (N, 52) float64.

    `jaw` (N,) scales how far speech opens the mouth.
    """
    w = felt.copy()
    a = dict(zip(CHANNELS, said.channels.T, strict=True))  # name -> (N,)
    shut, open_ = said.closure, 1 - said.closure
    round_ = np.clip(a["pucker"] + 0.6 * a["funnel"], 0, 1)
    tuck = a["tuck"] * open_
    talking = np.clip(said.loudness * 1.6, 0, 1)

    def scale(names: str, by: np.ndarray) -> None:
        for name in names.split():
            w[:, sides(name)] *= by[:, None]

    def add(names: str, amount: np.ndarray) -> None:
        for name in names.split():
            w[:, sides(name)] += (1 - np.clip(w[:, sides(name)], 0, 1)) * amount[:, None]

    # What would part the lips gives way to a closure; what would seal them gives way to speech.
    scale("jawOpen mouthUpperUp mouthLowerDown mouthFunnel mouthShrugUpper", open_)
    scale("mouthStretch", 1 - 0.75 * shut)
    scale("mouthFrown mouthSmile", 1 - 0.35 * shut)
    scale("mouthPress mouthRollUpper mouthRollLower", 1 - 0.7 * talking * open_)
    scale("mouthShrugLower", 1 - 0.5 * talking * open_)
    # Rounding and the expression's width share the corners of the mouth.
    scale("mouthSmile mouthDimple mouthStretch", 1 - 0.6 * round_ * open_)
    scale("mouthFrown", 1 - 0.3 * round_ * open_)
    width = felt[:, sides("mouthSmile") + sides("mouthStretch")].sum(1) / 2
    give = 1 - 0.35 * np.clip(width, 0, 1)
    # f and v: the lower lip goes to the teeth, so the jaw must come up.
    scale("jawOpen mouthLowerDown", 1 - 0.85 * tuck)
    scale("mouthShrugLower mouthFunnel", 1 - 0.6 * tuck)

    add("jawOpen", jaw * a["jaw"] * open_ * (1 - 0.8 * tuck))
    add("mouthPucker", a["pucker"] * give * (1 - 0.7 * shut))
    add("mouthFunnel", a["funnel"] * give * open_)
    add("mouthDimple", 0.7 * a["spread"] * open_)  # wide, not smiling
    add("mouthRollLower", 0.85 * tuck)
    add("mouthUpperUp", (a["upper"] + 0.1 * tuck) * open_)
    add("mouthLowerDown", a["lower"] * open_ * (1 - tuck))
    w[:, UNIT_INDEX["tongueOut"]] += a["tongue"] * open_
    add("mouthPress", 0.35 * shut)
    w[:, UNIT_INDEX["mouthClose"]] += 0.045 * shut
    return w


def _take_posture(pose, gaze, code, level, strength, seed) -> None:
    """Lean the head and gaze the way an emotion does (in place)."""
    (yaw, pitch, roll, forward), look_up, _, _ = _POSTURE[code]
    rng = np.random.default_rng([int(seed), 0xA5])
    side = rng.choice([-1.0, 1.0])
    share = strength / max(level_strength(level), 1e-6)
    amount = level_strength(level) * share * rng.uniform(0.6, 1.2)
    pose[:, 0] += side * yaw * amount
    pose[:, 1] += pitch * amount
    pose[:, 2] += side * roll * amount
    pose[:, 5] += forward * amount
    gaze[:, 1] += look_up * amount


def _look(weights: np.ndarray, gaze: np.ndarray) -> None:
    """Turn both eyes by (N, 2) radians, to the person's left and up: eyeLook units (in place)."""
    left, up = gaze[:, 0] / GAZE_RAD, gaze[:, 1] / GAZE_RAD
    for names, amount in (
        (("eyeLookOutLeft", "eyeLookInRight"), left),
        (("eyeLookInLeft", "eyeLookOutRight"), -left),
        (("eyeLookUpLeft", "eyeLookUpRight"), up),
        (("eyeLookDownLeft", "eyeLookDownRight"), -up),
    ):
        for name in names:
            weights[:, UNIT_INDEX[name]] = np.clip(amount, 0, 1)
