"""Evaluate one checkpoint on held-out clips: resumable, clip by clip, into one result file.

Without a checkpoint the clips themselves are measured: what the instruments say of true faces.

Every clip's numbers are kept in `RESULT.json.partial/` as soon as they are known; a killed run goes
on from there. The result is written once, at the end, with the table beside it. What is seen of
true clips and sources does not depend on the generator, so it is kept in the cache for the next
checkpoint. A clip that cannot be measured is left out and named; a fault of the machine, such as a
full disk, stops the run.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from emolib.base.arrays import ArrayCache, code_sha256
from emolib.base.config import VIDEO, settings_hash
from emolib.base.errors import AudioError, ConfigError, DatasetError, FaceError, MediaError
from emolib.base.files import check_output, file_sha256
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, pick_device, progress, run_record, seed_everything
from emolib.data.store import ClipStore
from emolib.evaluation.clip_features import (
    METRICS,
    ClipFeatures,
    Instruments,
    extract,
    from_arrays,
    to_arrays,
)
from emolib.evaluation.measure import ROWS, Material, measure
from emolib.evaluation.metric_models import EvaluateSettings, load_metric_models
from emolib.evaluation.regenerate import (
    SOURCES,
    UNLABELLED,
    Task,
    has_labels,
    plan_tasks,
    regenerate,
    true_tasks,
)
from emolib.evaluation.report import write_tables
from emolib.evaluation.sources import Sources
from emolib.evaluation.stored import kept_record
from emolib.evaluation.summary import clip_table, summarise, warnings_of
from emolib.evaluation.table2 import beyond_table, table2, units_table
from emolib.models.checkpoint import CheckpointMeta, InputRules, find_checkpoint, load_checkpoint
from emolib.models.generator import Generator

CODE = ("assets", "base", "data", "evaluation", "media", "models")  # decides what is measured
CACHE = ArrayCache("evaluation", CODE)
COMPARED = ("crowd", "identity", "real")  # groups of metrics that say nothing of one clip alone
DATA_FAULTS = (AudioError, DatasetError, FaceError, MediaError)  # a property of the clip


def evaluate(
    store: str | os.PathLike,
    checkpoint: str | os.PathLike | None,
    out: str | os.PathLike,
    settings: EvaluateSettings | None = None,
    *,
    corpus: str | os.PathLike | None = None,
    device: str = "auto",
    overwrite: bool = False,
    remember: bool = True,
) -> dict:
    """Numbers of a generator on the held-out clips of a store: the result as written.

    Args:
        store: a clip store with 96 px crops.
        checkpoint: a generator, by name or file; None measures the clips themselves.
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
        ResourceError: the machine cannot go on; the same call does, later.

    Paper: §7.
    """
    settings, out = settings or EvaluateSettings(), Path(out)
    if out.suffix != ".json":
        raise ConfigError("the result is a JSON file", file=out, expected="a name in .json")
    check_output(out, overwrite=overwrite)
    device = pick_device(device)
    seed_everything(settings.seed)
    if checkpoint is None:  # nothing to compare the clips with
        network, rules = None, InputRules()
        facts = {"method": "truth", "emotion_input": False}
        facts |= {"checkpoint_sha256": None, "checkpoint_profile": ""}
        alone = tuple(name for name in settings.metrics if name not in COMPARED)
        if not alone:
            raise ConfigError(
                f"without a generator {', '.join(settings.metrics)} have nothing to compare",
                expected="one of " + ", ".join(set(METRICS) - set(COMPARED)),
            )
        settings = replace(settings, metrics=alone)
    else:
        path = find_checkpoint(checkpoint, "generator")
        network, meta = load_checkpoint(path, "generator")
        facts, rules = _facts(path, meta, network), meta.input_rules
        network = network.fused().to(device)
    clips = ClipStore(store).split(settings.split)
    if clips.face_px != VIDEO.face_px:
        raise DatasetError(
            f"crops of {clips.face_px} px", file=store, expected=f"{VIDEO.face_px} px"
        )
    tools, sources = load_metric_models(settings, device), Sources(clips, corpus)
    chosen = {"limit": settings.limit, "seed": settings.seed}
    if network is None:
        tasks = true_tasks(clips, **chosen)
    else:
        tasks = plan_tasks(clips, settings.sources, **chosen)
    seen_with = {"tools": tools.sha256, "corpus": corpus is not None}
    key = settings_hash(
        seen_with
        | {
            "code": code_sha256(*CODE),
            "checkpoint": facts["checkpoint_sha256"],
            "store": [clips.info["settings"], sorted(clips.clips["sha256"])],
            "settings": asdict(settings),
        }
    )
    seen_with |= {"metrics": settings.metrics, "labels": tools.labels}
    seen_with |= {"crops": clips.info["settings"], "paired": clips.paired}
    one = _Evaluator(network, rules, clips, sources, tools, seen_with if remember else None)
    partial = out.with_name(out.name + ".partial")
    records = [
        kept_record(partial / key / f"{k}.json", lambda task=task: one.clip(task))
        for k, task in enumerate(progress(tasks, desc="evaluating", unit="clip"))
    ]
    skipped = {record["clip"]: record["skipped"] for record in records if "skipped" in record}
    records = [record for record in records if "skipped" not in record]
    if not records:
        shutil.rmtree(partial)
        reason = next(iter(skipped.values()))
        raise DatasetError(f"none of {len(tasks)} clips could be evaluated: {reason}", file=store)
    films = tools.lse_net is not None and sources.has_films
    notes = [*tools.notes, *sources.notes, *warnings_of(records, clips.paired)]
    if not has_labels(clips):
        notes.append("No labels: what emotion the true clips show is not asked.")
    numbers = {
        **facts,
        "split": settings.split,
        "split_by": clips.info["settings"].get("split", ""),
        "sources": settings.sources,
        "protocol": _protocol(settings, clips, network is not None),
        "metrics": list(settings.metrics),
        "n_clips": len(records),
        "n_frames": sum(record["n_frames"] for record in records),
        "n_actors": len({record["actor"] for record in records}),
        "labels": tools.labels | ({"lse_d": "LSE-D", "lse_c": "LSE-C"} if films else {}),
        "notes": notes,
        "skipped": skipped,
        "clips": clip_table(records),
        **summarise(records, seed=settings.seed),
    }
    seconds = sum(record["seconds"] for record in records)
    record = run_record(corpus=clips.corpus, seed=settings.seed, device=device, seconds=seconds)
    record["profile"] = facts["checkpoint_profile"] or record["profile"]
    result = save_result(out, numbers, record)
    tables = [table2([result]), beyond_table([result])]
    write_tables(tables + ([units_table(numbers)] if "units" in numbers else []), out)
    shutil.rmtree(partial)
    return result


def _facts(path: Path, meta: CheckpointMeta, generator: Generator) -> dict:
    return {
        "method": meta.recipe or path.stem,
        "checkpoint": path.stem,
        "checkpoint_sha256": file_sha256(path),
        "checkpoint_profile": meta.profile,
        "checkpoint_corpus": meta.corpus,
        "step": meta.steps,
        "emotion_input": generator.config.emotion is not None,
        **asdict(meta.input_rules),
    }


def _protocol(settings: EvaluateSettings, clips: ClipStore, generated: bool) -> str:
    if not generated:
        return "the clips as they are"
    if settings.sources == "same_clip":
        return SOURCES[settings.sources]
    if not has_labels(clips):
        return UNLABELLED
    return SOURCES[settings.sources] + (", at the same pose" if clips.paired else "")


@dataclass(frozen=True, eq=False)
class _Evaluator:
    """All that one clip after the other is evaluated with.

    Attributes:
        network: fused, on its device; None measures the truth alone.
        seen_with: what decides how a clip is seen besides code and the clip; None: keep nothing.
    """

    network: Generator | None
    rules: InputRules
    clips: ClipStore
    sources: Sources
    tools: Instruments
    seen_with: dict | None

    def clip(self, task: Task) -> dict:
        """A clip's record, or why there is none."""
        watch, n = Stopwatch(), task.n_frames
        target, source = self.clips[task.target_idx], self.clips[task.source_idx]
        paired = self.clips.paired and not task.shift
        try:
            frames = {"truth": np.array(target.frames[:n])}
            if self.network is not None:
                frames["copy"] = np.roll(source.frames[:n], -task.shift, axis=0)
                asked = (target.mel, task.emotion, self.rules)
                frames["generated"] = regenerate(self.network, frames["copy"], *asked)
            seen = {row: self._features(row, task, frames, paired) for row in ROWS if row in frames}
            truth = self.sources.truth(target.name, n)
            acted, judge = target.emotion != source.emotion, self.tools.expression
            maps = judge and judge.net.feature_maps
            rows = measure(Material(frames, seen, truth, paired, acted, maps))
        except DATA_FAULTS as error:
            return {"clip": task.name, "skipped": str(error)}
        if not has_labels(self.clips):
            rows |= {row: rows[row] | {"probs": {}} for row in rows if row != "generated"}
        record = {"clip": task.name, "actor": target.actor, "source": source.name, "rows": rows}
        record |= {"emotion": task.emotion, "n_frames": n}
        return record | {"seconds": round(watch.seconds, 3)}

    def _features(self, row: str, task: Task, frames: dict, paired: bool) -> ClipFeatures:
        target, shift = self.clips[task.target_idx], task.shift if row != "truth" else 0
        shown = target if row == "truth" else self.clips[task.source_idx]
        made = frames["generated"] if row == "generated" else None

        def work() -> ClipFeatures:
            heard = {}
            if self.tools.lse_net is not None:
                heard["audio"] = self.sources.audio(target.name)
                heard["film"] = self.sources.film(shown, task.n_frames, made, shift)
            against = frames["truth"] if paired and row != "truth" else None
            return extract(frames[row], self.tools, mel=target.mel, against=against, **heard)

        if row == "generated" or self.seen_with is None:
            return work()
        clips = [task.target_idx, *([task.source_idx] if row == "copy" else [])]
        named = [self.clips.clips.iloc[i][["clip", "sha256"]].tolist() for i in clips]
        inputs = self.seen_with | {"clips": named, "n_frames": task.n_frames, "shift": shift}
        return from_arrays(CACHE.recall(inputs, lambda: to_arrays(work()))[0])
