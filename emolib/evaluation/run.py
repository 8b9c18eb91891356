"""Evaluate one checkpoint on held-out clips: resumable, clip by clip, into one result file.

Every clip's numbers are appended to `RESULT.json.partial.jsonl` as soon as they are known; a killed
run goes on from there. The result is written once, at the end, with the table beside it.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from emolib import __version__
from emolib.config import VIDEO, settings_hash
from emolib.corpus import open_corpus
from emolib.errors import ConfigError, DatasetError, EmolibError
from emolib.evaluation.instruments import Toolbox, load_toolbox
from emolib.evaluation.journal import Journal
from emolib.evaluation.measure import METRICS, Material, measure
from emolib.evaluation.regenerate import Task, plan_tasks, regenerate
from emolib.evaluation.report import write_tables
from emolib.evaluation.summary import clip_record, few_samples, summarise
from emolib.evaluation.table2 import beyond_table, table2
from emolib.evaluation.truth import load_truth
from emolib.media.audio import load_audio
from emolib.models.checkpoint import CheckpointMeta, InputRules, find_checkpoint, load_checkpoint
from emolib.paths import check_output, file_sha256
from emolib.results import save_result
from emolib.runtime import Stopwatch, pick_device, progress, run_record, seed_everything
from emolib.store.store import ClipStore

PROTOCOLS = {
    True: "counterfactual: the same person at the same pose with another emotion and sentence",
    False: "cross: another clip of the same actor with another emotion; no true frames to compare",
}


@dataclass(frozen=True)
class EvaluateSettings:
    """What is evaluated. `limit`: at most so many clips, evenly over emotions; None for all."""

    metrics: tuple[str, ...] = METRICS
    split: str = "test"
    limit: int | None = None
    seed: int = 0
    syncnet: str | None = None  # checkpoints by name or file; None: see `instruments`
    lse_syncnet: str | None = None
    classifier: str | None = None

    def __post_init__(self):
        unknown = [name for name in self.metrics if name not in METRICS]
        if unknown or not self.metrics:
            raise ConfigError(
                f"unknown metrics {', '.join(unknown) or '(none)'}",
                expected="some of " + ", ".join(METRICS),
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
) -> Evaluation:
    """Numbers of a generator on the held-out clips of a store.

    Args:
        store: a clip store with 96 px crops.
        checkpoint: a generator, by name or file.
        out: the result, `….json`; `….md` and `….tex` with the table are written beside it.
        settings: metrics, split, instruments.
        corpus: the folder the store was prepared from: gives true landmarks and visemes (synthetic
            corpora) and the sound that the published LSE needs.
        device: for the networks.

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
    clips = ClipStore(store).split(settings.split)
    if clips.face_px != VIDEO.face_px:
        raise DatasetError(
            f"crops of {clips.face_px} px", file=store, expected=f"{VIDEO.face_px} px"
        )
    tools = load_toolbox(settings, device)
    rules, sources = meta.input_rules, _Sources(clips, corpus)
    tasks = plan_tasks(clips, limit=settings.limit, seed=settings.seed)
    identity = {
        "emolib": __version__,
        "checkpoint": file_sha256(path),
        "store": settings_hash(clips.info["settings"], clips.info["counts"]),
        "settings": asdict(settings),
        "tools": tools.sha256,
        "corpus": corpus is not None,
    }
    journal = Journal(out.with_name(out.name + ".partial.jsonl"), settings_hash(identity))
    network = generator.fused().to(device)
    names = [clips.clips["clip"].iloc[task.target_idx] for task in tasks]
    left = [task for task, name in zip(tasks, names, strict=True) if name not in journal.done]
    with journal:
        for task in progress(left, desc="evaluating", unit="clip"):
            journal.write(_evaluate_clip(network, clips, task, rules, sources, tools))
    records = [journal.done[name] for name in names]
    skipped = {record["clip"]: record["skipped"] for record in records if "skipped" in record}
    records = [record for record in records if "skipped" not in record]
    if not records:
        journal.finish()
        reason = next(iter(skipped.values()))
        raise DatasetError(f"none of {len(tasks)} clips could be evaluated: {reason}", file=store)
    numbers = {
        **_facts(path, meta, identity["checkpoint"]),
        "emotion_input": generator.config.emotion is not None,
        **asdict(rules),
        "split": settings.split,
        "protocol": PROTOCOLS[clips.paired],
        "metrics": list(settings.metrics),
        "n_clips": len(records),
        "n_frames": sum(record["n_frames"] for record in records),
        "n_actors": len({clips[task.target_idx].actor for task in tasks}),
        "labels": tools.labels,
        "notes": [*tools.notes, *sources.notes, *few_samples(records)],
        "skipped": skipped,
        "clips": [_brief(record) for record in records],
        **summarise(records, seed=settings.seed),
    }
    seconds = sum(record["seconds"] for record in records)
    record = run_record(corpus=clips.corpus, seed=settings.seed, device=device, seconds=seconds)
    result = save_result(out, numbers, record)
    write_tables([table2([result]), beyond_table([result])], out)
    journal.finish()
    return Evaluation(result, out, skipped)


def _facts(path: Path, meta: CheckpointMeta, sha256: str) -> dict:
    return {
        "method": meta.recipe or path.stem,
        "checkpoint": path.stem,
        "checkpoint_sha256": sha256,
        "checkpoint_profile": meta.profile,
        "checkpoint_corpus": meta.corpus,
        "step": meta.step,
    }


def _evaluate_clip(
    network, clips: ClipStore, task: Task, rules: InputRules, sources: _Sources, tools: Toolbox
) -> dict:
    """A clip's record, or why there is none."""
    watch = Stopwatch()
    target, source = clips[task.target_idx], clips[task.source_idx]
    seen, true = (np.array(c.frames[: task.n_frames]) for c in (source, target))
    try:
        made = regenerate(network, seen, target.mel, target.emotion, rules)
        material = Material(
            generated=made,
            target=true,
            source=seen,
            mel=target.mel,
            audio=sources.audio(target.name) if tools.wants_audio else None,
            truth=sources.truth(target.name, task.n_frames),
            paired=clips.paired,
        )
        rows = measure(material, tools.instruments)
    except EmolibError as error:
        return {"clip": target.name, "skipped": str(error)}
    record = clip_record(target.name, source.name, target.emotion, rows)
    return record | {"n_frames": task.n_frames, "seconds": round(watch.seconds, 3)}


class _Sources:
    """Sound and truth of clips, from the corpus folder if there is one."""

    def __init__(self, clips: ClipStore, corpus: str | os.PathLike | None):
        self.files, self.notes = {}, []
        if corpus is None:
            self.notes.append(
                "No corpus folder: lips are compared with the mesh's own reading of the true"
                " frames, and the published LSE lacks its sound."
            )
            return
        self.files = {clip.name: clip for clip in open_corpus(corpus).clips()}
        missing = set(clips.clips["clip"]) - set(self.files)
        if missing:
            raise DatasetError(
                f"{len(missing)} clips of the store are not in it, such as {min(missing)}",
                file=corpus,
                fix="give the folder that the store was prepared from",
            )

    def audio(self, name: str) -> np.ndarray | None:
        return load_audio(self.files[name].audio) if name in self.files else None

    def truth(self, name: str, n_frames: int):
        clip = self.files.get(name)
        return load_truth(clip.truth, n_frames) if clip is not None and clip.truth else None


def _brief(record: dict) -> dict:
    """A clip's numbers for drawing, without features."""
    rows = {
        row: {key: round(value, 5) for key, value in part["numbers"].items()}
        | {f"probs/{judge}": np.round(p, 4).tolist() for judge, p in part["probs"].items()}
        for row, part in record["rows"].items()
    }
    return {key: record[key] for key in ("clip", "source", "emotion", "n_frames")} | rows
