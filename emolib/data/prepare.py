"""A corpus becomes a clip store: in parallel, resumable, and honest about what was left out.

Every clip is finished on its own and written whole; the store is packed at the end, in one pass
with one clip in memory. Run it again after a kill and it goes on; the result has the same bytes.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from emolib import __version__
from emolib.base.config import AUDIO, settings_hash
from emolib.base.errors import ConfigError, DatasetError, EmolibError, MissingExtra, ResourceError
from emolib.base.files import cache_dir
from emolib.base.runtime import Stopwatch, progress
from emolib.data.clip import PrepareSettings, content_hash, prepare_clip, reason_of, text_of
from emolib.data.corpora.base import Corpus
from emolib.data.corpora.clips import Clip
from emolib.data.parts import FORMAT, part_path, read_meta, save_part
from emolib.data.publish import claim, describe, finish, index_row, locked, packed_clips
from emolib.data.splits import make_splits
from emolib.media.faces import FaceDetector, make_detector

BACKENDS = ("loky", "multiprocessing", "threading", "dask")


@dataclass(frozen=True)
class Skipped:
    """A clip that is not in the store: `stage` is "corpus" or "clip", `reason` one word."""

    clip: str
    stage: str
    reason: str
    text: str


@dataclass(frozen=True)
class PrepareReport:
    """What a run did: clips in the store, how many of them were new, and what was left out."""

    store: Path
    n_clips: int
    n_new: int
    skipped: tuple[Skipped, ...]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.n_clips} clips in {self.store} ({self.n_new} new, {self.seconds:.1f} s)"]
        for reason, n in Counter(one.reason for one in self.skipped).most_common():
            first = next(one for one in self.skipped if one.reason == reason)
            lines.append(f"  skipped {n}: {reason}, such as {first.clip} ({first.text})")
        return "\n".join(lines)


def default_store(corpus: Corpus, settings: PrepareSettings) -> Path:
    """Where a store goes when no folder is named: the cache, never the corpus's own folder."""
    key = settings_hash(settings, str(corpus.root.resolve()), corpus.kind)
    return cache_dir() / "stores" / f"{corpus.kind}-{key}"


def identity_of(corpus: Corpus, settings: PrepareSettings) -> dict:
    """Everything that decides what a store holds, as plain values; equal in every run on it."""
    return {
        **asdict(settings),
        **{f"audio_{field}": value for field, value in asdict(AUDIO).items()},
        "corpus": corpus.name,
        "labels": getattr(corpus, "labels", "intended"),
        "emolib": __version__,
        "format": FORMAT,
    }


def prepare(
    corpus: Corpus,
    out: str | os.PathLike | None = None,
    settings: PrepareSettings | None = None,
    *,
    workers: int = 1,
    backend: str = "loky",
    strict: bool = False,
    wait_s: float = 0.0,
    detector: FaceDetector | None = None,
) -> PrepareReport:
    """Make or complete the clip store of a corpus.

    Args:
        corpus: as `corpus.open_corpus` gives it; nothing in its folder is changed.
        out: the store's folder; default: a folder in the cache.
        settings: what the store holds.
        workers: processes; -1 for all cores.
        backend: of joblib. "dask" uses the `distributed.Client` that is active, so the work may
            be on many machines that share a file system.
        strict: stop at the first clip that cannot be used.
        wait_s: how long to wait for another process that prepares the same store.
        detector: a `FaceDetector` of your own; its `name` goes into the settings.

    Raises:
        ConfigError: unknown backend; or `out` holds other files or a store of other settings.
        DatasetError: no usable clip; with `strict`, the first unusable one; a file in two splits.
        ResourceError: the disk is full, the folder is held by another process, a worker died.
    """
    watch, settings = Stopwatch(), settings or PrepareSettings()
    if backend not in BACKENDS:
        raise ConfigError(f"unknown backend {backend!r}", expected="one of " + ", ".join(BACKENDS))
    name = detector.name if detector else make_detector(settings.detector).name
    settings = replace(settings, detector=name)
    out = Path(out) if out is not None else default_store(corpus, settings)
    identity = identity_of(corpus, settings)
    clips = corpus.clips()
    if not clips:
        raise _nothing_left(corpus, _refused(corpus))
    given = corpus.official_split() if settings.split != "none" else None
    split = given or make_splits(clips, settings.split)
    with locked(out, wait_s):
        claim(out, identity)
        packed, skipped = packed_clips(out), _refused(corpus)
        if strict and skipped:
            raise _stopped(skipped[0])
        looked = joblib.Parallel(workers, backend="threading")(  # hashing frees Python's lock
            joblib.delayed(_look)(clip, out / "parts", packed.get(clip.name)) for clip in clips
        )
        metas = {clip.name: meta for clip, (_, meta) in zip(clips, looked, strict=True) if meta}
        work, n_kept = joblib.delayed(_work), len(metas)
        jobs = [
            work(clip, out / "parts", settings, detector or name, sha256)
            for clip, (sha256, meta) in zip(clips, looked, strict=True)
            if not meta
        ]
        for clip, found in _run(jobs, workers, backend) if jobs else ():
            if isinstance(found, Skipped):
                skipped.append(found)
                if strict:
                    raise _stopped(found)
            else:
                metas[clip] = found
        rows = [
            index_row(clip, corpus.root, split, metas[clip.name], settings.fps)
            for clip in clips
            if clip.name in metas
        ]
        if not rows:
            raise _nothing_left(corpus, skipped)
        skipped.sort(key=lambda one: (one.clip, one.reason))
        info = describe(corpus, identity, rows, metas, [asdict(one) for one in skipped])
        finish(out, rows, info, packed)
    return PrepareReport(out, len(rows), len(metas) - n_kept, tuple(skipped), watch.seconds)


@contextmanager
def dask_client(address: str | None) -> Iterator:
    """A Dask client that `backend="dask"` uses; without an address, a cluster on this machine.

    Raises:
        MissingExtra: Dask is not installed.
        ResourceError: nobody answers at that address.
    """
    try:
        from distributed import Client
    except ImportError as problem:
        raise MissingExtra("distributed", "dev") from problem
    try:
        client = Client(address) if address else Client(dashboard_address=None)
    except OSError as problem:
        raise ResourceError(
            f"no Dask scheduler answers at {address}", fix="start `dask scheduler` there"
        ) from problem
    with client:
        yield client


def _look(clip: Clip, parts: Path, packed: dict | None) -> tuple[str, dict | None]:
    """A clip's sha256, and what the store or a finished part says of just this content."""
    sha256 = content_hash(clip)
    if packed and packed["sha256"] == sha256:
        return sha256, packed
    return sha256, read_meta(part_path(parts, clip.name), sha256)


def _work(
    clip: Clip, parts: Path, settings: PrepareSettings, detector: FaceDetector | str, sha256: str
) -> tuple[str, dict | Skipped]:
    """One clip, in a worker: its name, and its part's description."""
    try:
        prepared = prepare_clip(clip, settings, detector, sha256)
        return clip.name, save_part(part_path(parts, clip.name), prepared)
    except ResourceError:  # a full disk is no property of the clip
        raise
    except EmolibError as error:
        return clip.name, Skipped(clip.name, "clip", reason_of(error), text_of(error))


def _run(jobs: list, workers: int, backend: str) -> Iterator[tuple[str, dict | Skipped]]:
    """Answers of `_work` as they come."""
    lazy = "list" if backend == "dask" else "generator_unordered"
    with joblib.parallel_config(backend=backend, n_jobs=workers):
        try:
            results = joblib.Parallel(return_as=lazy)(jobs)
            yield from progress(results, total=len(jobs), desc="prepare", unit="clip")
        except TerminatedWorkerError as problem:
            raise ResourceError(
                "a worker process died, most likely for want of memory",
                fix="use fewer --workers and run again: finished clips are kept",
            ) from problem


def _refused(corpus: Corpus) -> list[Skipped]:
    """Clips that the corpus itself has quarantined."""
    return [
        Skipped(problem.name, "corpus", problem.reason, problem.text)
        for problem in corpus.problems()
        if problem.fatal
    ]


def _nothing_left(corpus: Corpus, skipped: list[Skipped]) -> DatasetError:
    reasons = Counter(one.reason for one in skipped).most_common(3)
    first = next(one for one in skipped if one.reason == reasons[0][0])
    return DatasetError(
        f"none of {len({one.clip for one in skipped})} clips can be used: "
        + ", ".join(f"{word} ({n})" for word, n in reasons),
        file=corpus.root,
        fix=f"see {first.clip}: {first.text}",
    )


def _stopped(skipped: Skipped) -> DatasetError:
    fix = "repair or remove the clip, or leave out --strict"
    return DatasetError(skipped.text, where=skipped.clip, fix=fix)
