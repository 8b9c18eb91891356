"""Several training runs on the same few clips: which ingredient of IMPROVED earns its place.

For runs of equal corpus and budget that differ in one setting (`emolib train … --set …`). Not a
study of its own, because runs are not shipped: `scripts/compare_runs.py` calls it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from emolib.base.errors import CheckpointError, ConfigError
from emolib.base.results import save_result
from emolib.base.runtime import Stopwatch, run_record
from emolib.data.store import ClipStore
from emolib.evaluation import ingredients
from emolib.evaluation.run import EvaluateSettings, evaluate
from emolib.models.checkpoint import CheckpointMeta, read_meta

GROUPS = ("sync", "visual", "emotion", "truth")
KEPT = {  # name here → metric of the evaluation, and whether more (1), less (-1) or neither is good
    "psnr_db": ("psnr_db", 1),
    "emoacc_classifier": ("emoacc/classifier", 1),
    "emoacc_expression": ("emoacc/expression net", 1),
    "transfer_expression": ("transfer_expression", -1),
    "lse_d_expert": ("lse_d_expert", -1),
    "lse_c_expert": ("lse_c_expert", 1),
    "lip_correlation": ("lip_correlation", 1),
    "flicker": ("flicker", 0),
}
FROM_TRAINING = ("sync_loss", "sync_loss_true")  # of the run's own last evaluation


def weights_of(run: Path) -> Path:
    """The generator in a run's folder, or the file itself.

    Raises:
        CheckpointError: neither.
    """
    path = run / "generator.safetensors" if run.is_dir() else run
    if not path.is_file():
        raise CheckpointError(
            "no generator here", file=run, expected="a folder of emolib train generator, or weights"
        )
    return path


def named_runs(given: Sequence[str]) -> dict[str, Path]:
    """Runs by name, in order: "NAME=FOLDER", or the folder's own name.

    Raises:
        ConfigError: two runs of one name.
    """
    runs = {}
    for text in given:
        name, found, folder = text.partition("=")
        path = Path(folder if found else text)
        name = name if found else path.stem
        if name in runs:
            raise ConfigError(f"two runs are called {name!r}", fix="say NAME=FOLDER")
        runs[name] = path
    return runs


def compare_runs(
    runs: Mapping[str, Path],
    store: Path,
    out: Path,
    *,
    corpus: Path | None = None,
    limit: int | None = 36,
    seed: int = 0,
    device: str = "cpu",
) -> dict:
    """Evaluate runs on the same held-out clips into one result; returns it.

    Args:
        runs: folders of `emolib train generator` by name; the others are compared with the first,
            clip by clip.
        store: its test split is used.
        out: `….json`; numbers: name → metric → {mean, low, high, n}, `psnr_copy_db`, `step`,
            `recipe`, `place` (0 for the first), and "gaps": metric → difference to the first run.
        corpus: the folder the store was prepared from: true lips.
        limit: clips, spread over emotions and actors.

    Raises:
        CheckpointError: a run holds no generator.
    """
    watch = Stopwatch()
    metas = {name: read_meta(weights_of(run)) for name, run in runs.items()}
    settings = EvaluateSettings(metrics=GROUPS, limit=limit, seed=seed)
    numbers, first = {}, None
    for place, (name, run) in enumerate(runs.items()):
        print(f"{name}: evaluating {weights_of(run)}")
        with tempfile.TemporaryDirectory() as folder:
            out_of_run, where = Path(folder) / "run.json", {"corpus": corpus, "device": device}
            one = evaluate(store, weights_of(run), out_of_run, settings, **where).result
        first = one if first is None else first
        numbers[name] = _row(one, metas[name]) | {"place": place, "gaps": _gaps(one, first)}
    told = f"{ClipStore(store).corpus} test split, {one['numbers']['n_clips']} clips"
    record = run_record(corpus=told, seed=seed, device=device, seconds=watch.seconds)
    record["profile"] = ", ".join(sorted({meta.profile for meta in metas.values()}))
    return save_result(out, numbers, record)


def gaps_of(numbers: dict) -> list[dict]:
    """Rows for `figures.ablation.forest`: each run but the first, in order, with its gaps."""
    runs = sorted(numbers.items(), key=lambda item: item[1]["place"])
    return [{"step": name, "gaps": run["gaps"]} for name, run in runs[1:]]


def sentences(numbers: dict) -> list[str]:
    """What each run does better and worse than the first, one sentence a run."""
    first = next((name for name, run in numbers.items() if run["place"] == 0), None)
    told = []
    for row in gaps_of(numbers):
        parts = []
        for verdict in ("better", "worse", "higher", "lower"):
            names = [name for name, gap in row["gaps"].items() if gap["verdict"] == verdict]
            parts += [f"{verdict} in {', '.join(names)}"] if names else []
        text = "; ".join(parts) or "no difference beyond that between people"
        told.append(f"{row['step']} against {first}: {text}")
    return told


def _row(result: dict, meta: CheckpointMeta) -> dict:
    made, copied = (result["numbers"]["rows"][row] for row in ("generated", "copy"))
    row = {name: made[metric] for name, (metric, _) in KEPT.items() if metric in made}
    row["psnr_copy_db"] = copied["psnr_db"]
    row |= {name: meta.metrics[name] for name in FROM_TRAINING if name in meta.metrics}
    return row | {"step": meta.step, "recipe": meta.recipe}


def _gaps(result: dict, first: dict) -> dict:
    """Differences to the first run on the same clips; empty for the first itself."""
    gaps = {} if result is first else ingredients.gaps_of(result, first, dict(KEPT.values()))
    return {name: gaps[metric] for name, (metric, _) in KEPT.items() if metric in gaps}
