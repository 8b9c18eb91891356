"""One take: an actor says a sentence with an emotion. Rendered frame by frame when asked for.

Nothing is written here. The corpus writer, the notebooks and the demo all get their clips from
`film_clip`, so a clip in memory and the same clip on disk are the same pictures.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from emolib.base.emotions import parse_emotion
from emolib.base.errors import ConfigError
from emolib.synthetic.people import Person, Stage
from emolib.synthetic.performance import Performance, perform
from emolib.synthetic.picture_quality import Quality
from emolib.synthetic.prosody import level_strength, prosody_for
from emolib.synthetic.sentences import ALL_SENTENCES, Sentence, parse_sentences
from emolib.synthetic.speech import ENGINES, Speech, Voice, speak

FIRST_ACTOR = 9001  # CREMA-D's own actors are 1001–1091
LAST_ACTOR = 9999
RANDOMISED = ("background", "light", "camera", "distance", "pose", "quality")
PRESETS = {"world": RANDOMISED}  # anybody, anywhere, filmed by anything
_TURN_RAD = np.radians([40, 16, 14])  # how far `pose` turns a head: yaw, pitch, roll
MAX_SIDE_PX, MIN_SIDE_PX = 2160, 64


@dataclass(frozen=True)
class FilmSettings:
    """Everything that decides how clips look and sound, apart from who says what.

    Raises:
        ConfigError: a value is out of range.
    """

    width_px: int = 480  # CREMA-D's size
    height_px: int = 360
    fps: float = 30.0  # CREMA-D's rate
    seed: int = 0
    paired: bool = False  # see docs/architecture.md, and `performance`
    randomise: tuple[str, ...] = ()  # of `RANDOMISED`; what is not named is CREMA-D's studio
    quality: int = 18  # of the video files: 18 as CREMA-D's, 30 a quarter of the bytes
    engine: str = "auto"  # of speech: "kokoro", "espeak"; auto: Kokoro if it is installed

    def __post_init__(self):
        names = {part for name in self.randomise for part in PRESETS.get(name, (name,))}
        object.__setattr__(self, "randomise", tuple(sorted(names)))
        for name, side in (("width", self.width_px), ("height", self.height_px)):
            if not MIN_SIDE_PX <= side <= MAX_SIDE_PX or side % 2:
                raise ConfigError(
                    f"a {name} of {side} px cannot be filmed",
                    expected=f"an even number from {MIN_SIDE_PX} to {MAX_SIDE_PX}",
                    fix="--size 480x360",
                )
        if not 5 <= self.fps <= 120:
            raise ConfigError(f"cannot film at {self.fps:g} frames/s", expected="5 to 120")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed {self.seed} is out of range", expected="0 to 2147483647")
        if not 10 <= self.quality <= 40:
            raise ConfigError(f"video quality {self.quality} is out of range", expected="10 to 40")
        if self.engine not in ("auto", *ENGINES):
            raise ConfigError(
                f"unknown speech engine {self.engine!r}", expected="auto, " + ", ".join(ENGINES)
            )
        unknown = sorted(set(self.randomise) - set(RANDOMISED))
        if unknown:
            raise ConfigError(
                f"cannot randomise {', '.join(unknown)}",
                expected="any of " + ", ".join((*RANDOMISED, *PRESETS)),
            )


@dataclass(frozen=True, eq=False)
class Take:
    """One clip: sound and truth at once, frames when asked for."""

    name: str  # "9001_IEO_HAP_HI"
    person: Person
    speech: Speech
    performance: Performance
    stage: Stage = field(repr=False)
    quality: Quality | None = None

    def __len__(self) -> int:
        return len(self.performance)

    def frames(self) -> Iterator[np.ndarray]:
        """Each frame in turn, (H, W, 3) uint8 RGB."""
        moves = zip(self.performance.weights, self.performance.pose, strict=True)
        for number, (weights, pose) in enumerate(moves):
            frame = self.stage.render(weights, pose)
            yield self.quality.applied(frame, number) if self.quality else frame

    def landmarks(self) -> np.ndarray:
        """True landmarks of every frame: (N, 68, 2) float32, pixels, iBUG order."""
        moves = zip(self.performance.weights, self.performance.pose, strict=True)
        return np.stack([self.stage.landmarks(weights, pose) for weights, pose in moves])

    def truth(self) -> dict[str, np.ndarray]:
        """What is known of the clip, as stored in `Truth/*.npz`.

        units (N, 52) float16; viseme (N,) uint8; pose (N, 6) float32; landmarks (N, 68, 2) float32
        px; strength (N,) float16; phones (P,) str; phone_s (P, 2) float32 start and end; fps ().
        """
        phones = self.speech.phonemes
        return {
            "units": self.performance.weights.astype(np.float16),
            "viseme": self.performance.viseme.astype(np.uint8),
            "pose": self.performance.pose,
            "landmarks": np.round(self.landmarks() * 32) / 32,  # compresses to half
            "strength": self.performance.strength.astype(np.float16),
            "phones": np.array([p.ipa for p in phones]),
            "phone_s": np.array([(p.start_s, p.end_s) for p in phones], np.float32),
            "fps": np.float64(self.performance.fps),
        }


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "480x360".

    Raises:
        ConfigError: not two whole numbers with an x between.
    """
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise ConfigError(f"not a picture size: {text!r}", expected="for example 480x360")
    return int(parts[0]), int(parts[1])


def person_seed(actor: int, seed: int = 0) -> int:
    """The seed of an actor's looks, voice and style in a corpus of this seed.

    Raises:
        ConfigError: the actor is not numbered 9001–9999.
    """
    if not FIRST_ACTOR <= actor <= LAST_ACTOR:
        raise ConfigError(
            f"synthetic actor {actor} does not exist", expected=f"{FIRST_ACTOR} to {LAST_ACTOR}"
        )
    return seed * 1000 + actor - FIRST_ACTOR


def film_clip(
    actor: int,
    sentence: str | Sentence,
    emotion: str,
    level: str = "XX",
    settings: FilmSettings | None = None,
) -> Take:
    """One clip of the corpus that `settings` describe, without writing anything.

    Args:
        actor: 9001–9999.
        sentence: a code ("IEO"), or a `Sentence` with any text.
        emotion: code or name; level: LO, MD, HI or XX.
        settings: size, rate, seed, pairing, randomisation.

    Returns:
        `Take`: `.frames()` iterator of (H, W, 3) uint8 RGB, `.speech.samples`, `.truth()`.

    Raises:
        ConfigError: unknown actor, sentence, emotion or level.
        AudioError, MissingExtra: as `speech.speak`.
    """
    settings, code, level = settings or FilmSettings(), parse_emotion(emotion), level.upper()
    level_strength(level)
    if not isinstance(sentence, Sentence):
        known = ALL_SENTENCES.get(str(sentence).strip().upper())
        sentence = known or parse_sentences(str(sentence))[0]
    seed = person_seed(actor, settings.seed)
    person = cast(seed)
    prosody = prosody_for("NEU" if settings.paired else code, level)
    speech = speak(
        sentence.text,
        Voice.from_seed(seed, person.sex),
        prosody=prosody,
        language=sentence.language,
        engine=settings.engine,
    )
    acted = perform(speech, code, level, seed=seed, fps=settings.fps, paired=settings.paired)
    name = f"{actor}_{sentence.code}_{code}_{level}"
    shared = f"{actor}_{sentence.code}" if settings.paired else name  # emotions of a pair share it
    if "pose" in settings.randomise:
        acted = replace(acted, pose=acted.pose + _turned(seed, shared))
    return Take(
        name,
        person,
        speech,
        acted,
        _stage(seed, settings.width_px, settings.height_px, settings.randomise),
        Quality.drawn(seed, shared) if "quality" in settings.randomise else None,
    )


def _turned(seed: int, clip: str) -> np.ndarray:
    """(6,) float32: where the head of a clip is turned; evenly spread in yaw, up to 40°."""
    rng = np.random.default_rng([seed, 0x70, zlib.crc32(clip.encode())])
    turn = np.array([rng.uniform(-1, 1), *rng.normal(0, 0.4, 2).clip(-1, 1)])
    return np.r_[turn * _TURN_RAD, 0, 0, 0].astype(np.float32)


@lru_cache(maxsize=2)
def _stage(seed: int, width_px: int, height_px: int, randomise: tuple[str, ...]) -> Stage:
    """The stage of a person, kept while their clips are filmed one after the other."""
    return Stage(cast(seed), width_px, height_px, randomise)


@lru_cache(maxsize=64)
def cast(seed: int) -> Person:
    """The person of a seed, remembered."""
    return Person.from_seed(seed)
