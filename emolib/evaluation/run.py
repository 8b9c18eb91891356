"""Evaluate one checkpoint on held-out clips: resumable, clip by clip, into one result file.

Every clip's numbers are appended to `RESULT.json.partial.jsonl` as soon as they are known; a killed
run goes on from there. The result is written once, at the end, with the table beside it. What is
seen of true clips and sources is remembered for the next checkpoint (`memory`).
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from emolib import __version__
from emolib.base.config import VIDEO, settings_hash
from emolib.base.errors import ConfigError, DatasetError, EmolibError
from emolib.base.files import check_output, file_sha256
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, pick_device, progress, run_record, seed_everything
from emolib.data.store import ClipStore
from emolib.evaluation.instruments import Toolbox, load_toolbox
from emolib.evaluation.journal import Journal
from emolib.evaluation.measure import Material, measure
from emolib.evaluation.memory import Memory
from emolib.evaluation.regenerate import SOURCES, Task, plan_tasks, regenerate
from emolib.evaluation.report import write_tables
from emolib.evaluation.seen import METRICS, Seen, look
from emolib.evaluation.sources import Sources
from emolib.evaluation.summary import clip_record, clip_table, summarise, warnings_of
from emolib.evaluation.table2 import beyond_table, table2
from emolib.models.checkpoint import CheckpointMeta, InputRules, find_checkpoint, load_checkpoint
from emolib.models.generator import Generator

ALL = "all"  # a split of everything


@dataclass(frozen=True)
class EvaluateSettings:
    """What is evaluated.

    Attributes:
        metrics: groups of `METRICS`.
        split: which clips; "all" for every clip, whoever was trained on.
        limit: at most so many, evenly over emotions and actors; None for all.
        seed: of the choice of clips and sources, and of the bootstrap.
        sources: what a clip is made from, see `regenerate.SOURCES`.
        syncnet, lse_syncnet, classifier, discriminator: checkpoints by name or file; None: the
            shipped one; "none": leave it out (see `instruments`).
    """

    metrics: tuple[str, ...] = METRICS
    split: str = "test"
    limit: int | None = None
    seed: int = 0
    sources: str = "other_emotion"
    syncnet: str | None = None
    lse_syncnet: str | None = None
    classifier: str | None = None
    discriminator: str | None = None

    def __post_init__(self):
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise ConfigError(
                f"unknown metrics {', '.join(unknown) or '(none)'}",
                expected="some of " + ", ".join(METRICS),
            )
        if self.sources not in SOURCES:
            raise ConfigError(
                f"unknown sources {self.sources!r}", expected="one of " + ", ".join(SOURCES)
            )
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit {self.limit}", expected="at least 1 clip")


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` made: the result as written, its file, and clips left out with the reason."""

    result: dict
    path: Path
    skipped: dict[str, str]


def evaluate(
    store: str | os.PathLike,
    checkpoint: str | os.PathLike,
    out: str | os.PathLike,
    settings: EvaluateSettings | None = None,
    *,
    corpus: str | os.PathLike | None = None,
    device: str = "auto",
    overwrite: bool = False,
    remember: bool = True,
) -> Evaluation:
    """Numbers of a generator on the held-out clips of a store.

    Args:
        store: a clip store with 96 px crops.
        checkpoint: a generator, by name or file.
        out: the result, `….json`; `….md` and `….tex` with the table are written beside it.
        settings: metrics, split, sources, instruments.
        corpus: the folder the store was prepared from: gives true landmarks and visemes (synthetic
            corpora), and the sound and pictures that the published LSE needs.
        device: for the networks.
        remember: keep in the cache what is seen of true clips and sources, which the next
            checkpoint on the same clips needs again.

    Raises:
        ConfigError: the result exists, is not named .json, or a setting is wrong.
        CheckpointError, DatasetError: as reading them; no clip could be evaluated.

    Paper: §7.
    """
    settings, out = settings or EvaluateSettings(), Path(out)
    if out.suffix != ".json":
        raise ConfigError("the result is a JSON file", file=out, expected="a name in .json")
    check_output(out, overwrite=overwrite)
    device = pick_device(device)
    seed_everything(settings.seed)
    path = find_checkpoint(checkpoint, "generator")
    generator, meta = load_checkpoint(path, "generator")
    clips = ClipStore(store)
    clips = clips if settings.split == ALL else clips.split(settings.split)
    if clips.face_px != VIDEO.face_px:
        raise DatasetError(
            f"crops of {clips.face_px} px", file=store, expected=f"{VIDEO.face_px} px"
        )
    tools, sources = load_toolbox(settings, device), Sources(clips, corpus)
    tasks = plan_tasks(clips, settings.sources, limit=settings.limit, seed=settings.seed)
    identity = {
        "emolib": __version__,
        "checkpoint": file_sha256(path),
        "store": [clips.info["settings"], sorted(clips.clips["sha256"])],
        "settings": asdict(settings),
        "tools": tools.sha256,
        "corpus": corpus is not None,
    }
    what = {key: identity[key] for key in ("tools", "corpus")} | {"metrics": settings.metrics}
    what |= {"labels": tools.labels, "crops": clips.info["settings"], "paired": clips.paired}
    memory = Memory(what) if remember else Memory.off()
    desk = _Desk(generator.fused().to(device), meta.input_rules, clips, sources, tools, memory)
    journal = Journal(out.with_name(out.name + ".partial.jsonl"), settings_hash(identity))
    names = [clips.clips["clip"].iloc[task.target_idx] for task in tasks]
    left = [task for task, name in zip(tasks, names, strict=True) if name not in journal.done]
    with journal:
        for task in progress(left, desc="evaluating", unit="clip"):
            journal.write(desk.clip(task))
    records = [journal.done[name] for name in names]
    skipped = {record["clip"]: record["skipped"] for record in records if "skipped" in record}
    records = [record for record in records if "skipped" not in record]
    if not records:
        journal.finish()
        reason = next(iter(skipped.values()))
        raise DatasetError(f"none of {len(tasks)} clips could be evaluated: {reason}", file=store)
    films = tools.instruments.lse_net is not None and sources.has_films
    numbers = {
        **_facts(path, meta, generator, identity["checkpoint"]),
        "split": settings.split,
        "split_by": clips.info["settings"].get("split", ""),
        "sources": settings.sources,
        "protocol": SOURCES[settings.sources] + (", at the same pose" if clips.paired else ""),
        "metrics": list(settings.metrics),
        "n_clips": len(records),
        "n_frames": sum(record["n_frames"] for record in records),
        "n_actors": len({record["actor"] for record in records}),
        "labels": tools.labels | ({"lse_d": "LSE-D", "lse_c": "LSE-C"} if films else {}),
        "notes": [*tools.notes, *sources.notes, *warnings_of(records, clips.paired)],
        "skipped": skipped,
        "clips": clip_table(records),
        **summarise(records, seed=settings.seed),
    }
    seconds = sum(record["seconds"] for record in records)
    record = run_record(corpus=clips.corpus, seed=settings.seed, device=device, seconds=seconds)
    record["profile"] = meta.profile or record["profile"]
    result = save_result(out, numbers, record)
    write_tables([table2([result]), beyond_table([result])], out)
    journal.finish()
    return Evaluation(result, out, skipped)


def _facts(path: Path, meta: CheckpointMeta, generator: Generator, sha256: str) -> dict:
    return {
        "method": meta.recipe or path.stem,
        "checkpoint": path.stem,
        "checkpoint_sha256": sha256,
        "checkpoint_profile": meta.profile,
        "checkpoint_corpus": meta.corpus,
        "step": meta.steps,
        "emotion_input": generator.config.emotion is not None,
        **asdict(meta.input_rules),
    }


@dataclass(frozen=True, eq=False)
class _Desk:
    """All that one clip after the other is evaluated with."""

    network: Generator
    rules: InputRules
    clips: ClipStore
    sources: Sources
    tools: Toolbox
    memory: Memory

    def clip(self, task: Task) -> dict:
        """A clip's record, or why there is none."""
        watch, n = Stopwatch(), task.n_frames
        target, source = self.clips[task.target_idx], self.clips[task.source_idx]
        shown = {"truth": (target, None), "copy": (source, None)}
        try:
            frames = {row: np.array(clip.frames[:n]) for row, (clip, _) in shown.items()}
            rules = self.rules
            made = regenerate(self.network, frames["copy"], target.mel, target.emotion, rules)
            frames["generated"], shown["generated"] = made, (source, made)
            seen = {row: self._seen(row, task, frames, *shown[row]) for row in shown}
            truth = self.sources.truth(target.name, n)
            rows = measure(Material(frames, seen, truth, self.clips.paired))
        except EmolibError as error:
            return {"clip": target.name, "skipped": str(error)}
        record = clip_record(target.name, target.actor, source.name, target.emotion, rows)
        return record | {"n_frames": n, "seconds": round(watch.seconds, 3)}

    def _seen(self, row: str, task: Task, frames: dict, clip, made: np.ndarray | None) -> Seen:
        target = self.clips[task.target_idx]

        def work() -> Seen:
            wants_sound = self.tools.wants_audio
            return look(
                frames[row],
                self.tools.instruments,
                mel=target.mel,
                audio=self.sources.audio(target.name) if wants_sound else None,
                film=self.sources.film(clip, task.n_frames, made) if wants_sound else None,
                against=frames["truth"] if self.clips.paired and row != "truth" else None,
            )

        if row == "generated":
            return work()
        source = task.source_idx if row == "copy" else None
        about = {"target": self._named(task.target_idx), "n_frames": task.n_frames}
        about |= {"source": None if source is None else self._named(source)}
        return self.memory.recall(about, work)

    def _named(self, index: int) -> list[str]:
        clip = self.clips.clips.iloc[index]
        return [clip["clip"], clip["sha256"]]
