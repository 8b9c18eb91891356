"""The corpus writer: synthetic people filmed into CREMA-D's own folder layout.

    VideoFlash/AAAA_SSS_EEE_LL.flv   AudioWAV/….wav   Truth/….npz
    VideoDemographics.csv   SentenceFilenames.csv   corpus.json

Each clip is a function of its name and the settings alone, so any number of workers writes the same
bytes, and a run that was stopped goes on where it was: a clip counts as finished when its truth,
which is written last, is there. `corpus.json` guards a folder against clips of other settings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from emolib.base.emotions import EMOTIONS, parse_emotion
from emolib.base.errors import ConfigError, ResourceError
from emolib.base.files import atomic_path
from emolib.base.runtime import Stopwatch, progress
from emolib.media.audio import write_wav
from emolib.media.video import write_video
from emolib.synthetic.corpus_folder import (
    check_disk,
    claim,
    is_finished,
    settle_engine,
    sweep,
    write_tables,
)
from emolib.synthetic.prosody import LEVELS
from emolib.synthetic.sentences import Sentence, parse_sentences
from emolib.synthetic.take import (
    FIRST_ACTOR,
    LAST_ACTOR,
    FilmSettings,
    Take,
    film_clip,
    parse_size,
)

__all__ = [
    "FilmReport",
    "FilmSettings",
    "Take",
    "clip_names",
    "film_clip",
    "parse_size",
    "write_corpus",
]

GRADED_SENTENCE = "IEO"  # the one that CREMA-D's actors said at three levels
_CLIPS_PER_BATCH = 12


@dataclass(frozen=True)
class FilmReport:
    """What a run did."""

    folder: Path
    n_clips: int  # asked for
    n_filmed: int  # written now
    n_kept: int  # finished before
    seconds: float
    engine: str  # that spoke

    def __str__(self) -> str:
        kept = f", {self.n_kept} were there" if self.n_kept else ""
        filmed = f"{self.folder}: {self.n_filmed} clips filmed in {self.seconds:.0f} s"
        return f"{filmed}, voices of {self.engine}{kept}"


def parse_levels(wanted: str | None) -> tuple[str, ...] | None:
    """Levels from "LO,MD,HI"; None means CREMA-D's own plan.

    Raises:
        ConfigError: an unknown level, or none.
    """
    if wanted is None:
        return None
    levels = tuple(dict.fromkeys(name.strip().upper() for name in wanted.split(",")))
    if not set(levels) <= set(LEVELS):
        raise ConfigError(f"unknown level {wanted!r}", expected="any of LO, MD, HI, XX")
    return levels


def clip_names(
    actors: Sequence[int],
    sentences: Sequence[Sentence],
    levels: tuple[str, ...] | None = None,
    emotions: Sequence[str] = EMOTIONS,
    per_emotion: int | None = None,
) -> list[str]:
    """Names of all clips, actor by actor.

    Without `levels` as in CREMA-D: low, medium and high for the sentence IEO, unspecified (XX) for
    the others. Neutral is always XX. With `per_emotion` the sentences go round, over an actor's
    emotions and from actor to actor: every emotion has its own, and all say each equally often.
    """
    names, n = [], len(sentences)
    for actor in actors:
        for place, sentence in enumerate(sentences):
            own = levels or (("LO", "MD", "HI") if sentence.code == GRADED_SENTENCE else ("XX",))
            for turn, emotion in enumerate(emotions):
                first = actor - FIRST_ACTOR + turn * (per_emotion or 0)
                if (place - first) % n < (per_emotion or n):
                    graded = ("XX",) if emotion == "NEU" else own
                    names += [f"{actor}_{sentence.code}_{emotion}_{level}" for level in graded]
    return names


def write_corpus(
    out: str | os.PathLike,
    *,
    actors: int = 4,
    sentences: int | str = "IEO,MTI",
    sentences_per_emotion: int | None = None,
    levels: str | None = None,
    emotions: Sequence[str] = EMOTIONS,
    first_actor: int = FIRST_ACTOR,
    settings: FilmSettings | None = None,
    workers: int = 1,
) -> FilmReport:
    """Film a corpus into `out`; a stopped run continues, finished clips are not done again.

    Args:
        out: a new folder, or one that a run with the same settings began.
        actors: how many people, numbered from `first_actor`.
        sentences: a count, or codes.
        sentences_per_emotion: how many each person says in each emotion, in turn; None: all.
        levels: levels for every emotional clip; None: CREMA-D's plan (`clip_names`).
        settings: picture, rate, seed, pairing, randomisation.
        workers: processes, 0 for one a core; any number gives the same files.

    Raises:
        ConfigError: a value is out of range, or the folder holds something else.
        MissingExtra: the speech engine asked for, or that of the folder, is not installed.
        ResourceError: the folder cannot be written, or the disk is too small or full.
    """
    watch, out, settings = Stopwatch(), Path(out), settings or FilmSettings()
    spoken = parse_sentences(sentences)
    numbers = _actor_numbers(actors, first_actor)
    if not 0 <= workers <= 256:
        raise ConfigError(f"cannot use {workers} workers", expected="0 (one a core) to 256")
    codes = tuple(dict.fromkeys(parse_emotion(e) for e in emotions))
    if sentences_per_emotion is not None and not 1 <= sentences_per_emotion <= len(spoken):
        raise ConfigError(
            f"nobody can say {sentences_per_emotion} of {len(spoken)} sentences in each emotion",
            expected=f"1 to {len(spoken)}",
        )
    names = clip_names(numbers, spoken, parse_levels(levels), codes, sentences_per_emotion)
    settings = settle_engine(out, settings)
    claim(out, settings)
    sweep(out)
    todo = [name for name in names if not is_finished(out, name)]
    check_disk(out, len(todo), settings)
    _film_all(todo, out, settings, workers or cpu_count())
    write_tables(out, settings)
    n_kept = len(names) - len(todo)
    return FilmReport(out, len(names), len(todo), n_kept, watch.seconds, settings.engine)


def _film(name: str, out: Path, settings: FilmSettings) -> None:
    """Write one clip's picture with sound, sound, and truth, in this order."""
    actor, sentence, emotion, level = name.split("_")
    take = film_clip(int(actor), sentence, emotion, level, settings)
    sound = take.speech.samples
    video = out / "VideoFlash" / f"{name}.flv"
    options = {"overwrite": True, "quality": settings.quality}
    write_video(video, take.frames(), settings.fps, sound, **options)
    write_wav(out / "AudioWAV" / f"{name}.wav", sound)
    truth = out / "Truth" / f"{name}.npz"
    with atomic_path(truth) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **take.truth())


def _film_all(names: list[str], out: Path, settings: FilmSettings, workers: int) -> None:
    """Neighbours go to one worker, because dressing an actor's stage takes as long as a clip."""
    batch = max(1, min(_CLIPS_PER_BATCH, -(-len(names) // workers)))
    parallel = Parallel(workers, return_as="generator_unordered", batch_size=batch)
    done = parallel(delayed(_film)(name, out, settings) for name in names)
    try:
        for _ in progress(done, desc="filming", unit="clip", total=len(names)):
            pass
    except TerminatedWorkerError as error:
        raise ResourceError(
            "a worker process died, most likely for want of memory",
            fix="use fewer --workers and run again: finished clips are kept",
        ) from error


def _actor_numbers(actors: int, first: int) -> range:
    if not FIRST_ACTOR <= first <= LAST_ACTOR:
        raise ConfigError(
            f"synthetic actors cannot begin at {first}", expected=f"{FIRST_ACTOR} to {LAST_ACTOR}"
        )
    if not 1 <= actors <= LAST_ACTOR - first + 1:
        raise ConfigError(
            f"cannot film {actors} actors",
            expected=f"1 to {LAST_ACTOR - first + 1} (numbers {first} to {LAST_ACTOR})",
            fix="use several folders with different seeds",
        )
    return range(first, first + actors)
