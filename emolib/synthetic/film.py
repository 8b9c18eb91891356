"""The corpus writer: synthetic people filmed into CREMA-D's own folder layout.

    VideoFlash/AAAA_SSS_EEE_LL.flv   AudioWAV/….wav   Truth/….npz
    VideoDemographics.csv   SentenceFilenames.csv   corpus.json

Each clip is a function of its name and the settings alone, so any number of workers writes the same
bytes, and a run that was stopped goes on where it was: a clip counts as finished when its truth,
which is written last, is there. `corpus.json` guards a folder against clips of other settings.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
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
from emolib.synthetic.speech import engine_for
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
_CLIPS_PER_JOB = 12


@dataclass(frozen=True)
class FilmReport:
    """What a run did."""

    folder: Path
    n_clips: int  # asked for
    n_filmed: int  # written now
    n_kept: int  # finished before
    seconds: float
    engines: tuple[str, ...]  # that spoke

    def __str__(self) -> str:
        kept = f", {self.n_kept} were there" if self.n_kept else ""
        filmed = f"{self.folder}: {self.n_filmed} clips filmed in {self.seconds:.0f} s"
        return f"{filmed}, voices of {' and '.join(self.engines)}{kept}"


def parse_levels(wanted: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Levels from "LO,MD,HI"; None means CREMA-D's own plan.

    Raises:
        ConfigError: an unknown level.
    """
    if wanted is None:
        return None
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    levels = tuple(dict.fromkeys(name.strip().upper() for name in names if name.strip()))
    for level in levels:
        if level not in LEVELS:
            raise ConfigError(f"unknown level {level!r}", expected="any of LO, MD, HI, XX")
    if not levels:
        raise ConfigError("no levels were asked for", expected="any of LO, MD, HI, XX")
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
    sentences: int | str | Sequence[Sentence] = "IEO,MTI",
    sentences_per_emotion: int | None = None,
    levels: str | Iterable[str] | None = None,
    emotions: Sequence[str] = EMOTIONS,
    first_actor: int = FIRST_ACTOR,
    settings: FilmSettings | None = None,
    workers: int = 1,
) -> FilmReport:
    """Film a corpus into `out`; a stopped run continues, finished clips are not done again.

    Args:
        out: a new folder, or one that a run with the same settings began.
        actors: how many people, numbered from `first_actor`.
        sentences: a count, codes, or sentences (also own ones).
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
    spoken = tuple(sentences) if _are_sentences(sentences) else parse_sentences(sentences)
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
    extra = {s.code: s for s in spoken}
    jobs = _jobs([(name, extra[name.split("_")[1]]) for name in todo])
    _run(jobs, out, settings, min(workers or cpu_count(), max(len(jobs), 1)), len(todo))
    write_tables(out, settings, extra)
    engines = dict.fromkeys(engine_for(s.language, settings.engine) for s in spoken)
    n_kept = len(names) - len(todo)
    return FilmReport(out, len(names), len(todo), n_kept, watch.seconds, tuple(engines))


def write_clip(out: Path, take: Take, quality: int = 18) -> None:
    """Write one clip's picture with sound, sound, and truth, in this order."""
    write_video(
        out / "VideoFlash" / f"{take.name}.flv",
        take.frames(),
        take.performance.fps,
        take.speech.samples,
        overwrite=True,
        quality=quality,
    )
    write_wav(out / "AudioWAV" / f"{take.name}.wav", take.speech.samples)
    with (
        atomic_path(out / "Truth" / f"{take.name}.npz") as temporary,
        temporary.open("wb") as file,
    ):
        np.savez_compressed(file, **take.truth())


def _jobs(clips: list[tuple[str, Sentence]]) -> list[list[tuple[str, Sentence]]]:
    """Clips in groups of one actor each, because dressing a stage takes as long as a clip."""
    jobs = []
    for _, group in groupby(clips, key=lambda clip: clip[0][:4]):
        clips_of_actor = list(group)
        jobs += [
            clips_of_actor[i : i + _CLIPS_PER_JOB]
            for i in range(0, len(clips_of_actor), _CLIPS_PER_JOB)
        ]
    return jobs


def _film_job(job: list[tuple[str, Sentence]], out: Path, settings: FilmSettings) -> int:
    for name, sentence in job:
        actor, _, emotion, level = name.split("_")
        write_clip(out, film_clip(int(actor), sentence, emotion, level, settings), settings.quality)
    return len(job)


def _run(jobs, out: Path, settings: FilmSettings, workers: int, n_clips: int) -> None:
    with progress(range(n_clips), desc="filming", unit="clip") as bar:
        if workers == 1:
            for job in jobs:
                for clip in job:
                    bar.update(_film_job([clip], out, settings))
            return
        calls = (delayed(_film_job)(job, out, settings) for job in jobs)
        try:
            for n in Parallel(n_jobs=workers, return_as="generator_unordered")(calls):
                bar.update(n)
        except TerminatedWorkerError as error:
            raise ResourceError(
                "a worker process died, most likely for want of memory",
                fix="use fewer --workers and run again: finished clips are kept",
            ) from error


def _are_sentences(given) -> bool:
    return not isinstance(given, (str, int)) and all(isinstance(s, Sentence) for s in given)


def _actor_numbers(actors: int, first: int) -> list[int]:
    room = LAST_ACTOR - FIRST_ACTOR + 1
    if not FIRST_ACTOR <= first <= LAST_ACTOR:
        raise ConfigError(
            f"synthetic actors cannot begin at {first}", expected=f"{FIRST_ACTOR} to {LAST_ACTOR}"
        )
    if not 1 <= actors <= LAST_ACTOR - first + 1:
        raise ConfigError(
            f"cannot film {actors} actors",
            expected=f"1 to {LAST_ACTOR - first + 1} (numbers {first} to {LAST_ACTOR})",
            fix=None if actors <= room else "use several folders with different seeds",
        )
    return list(range(first, first + actors))
