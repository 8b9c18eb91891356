"""From the records of single clips to the numbers of a result.

A record is what `run` keeps of each clip: plain values that survive a restart.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emolib.base.emotions import EMOTIONS
from emolib.evaluation import visual
from emolib.evaluation.emotion import score_emotions
from emolib.evaluation.intervals import Interval, jackknife_interval, left_out, mean_interval
from emolib.synthetic.head import STEMS

SHARES = {"closures_kept": "closures"}  # part of all such events
COUNTS = frozenset(SHARES.values())
CLIP_BY_CLIP = (  # stored of every clip too: what comparisons and figures ask for
    "flicker",
    "identity_distance",
    "in_sync_expert",
    "lip_correlation",
    "lse_c_expert",
    "lse_d_expert",
    "mouth_colour",
    "mouth_detail",
    "offset_expert",
    "progress_units",
    "psnr_db",
    "ssim",
    "transfer_expression",
)
FEW_SAMPLES = 2  # a covariance needs this many times as many samples as features
FEW_ACTORS = 5  # below, an interval over actors says little
MOVES = 0.02  # a mean change of a face unit below this is not told


def clip_table(records: list[dict]) -> dict:
    """What was measured of each generated clip, column by column, for drawing and comparing.

    Returns:
        `clip`, `actor`, `source`, `emotion`, `n_frames`: lists of N; `generated`: metric of
        `CLIP_BY_CLIP` → list of N numbers (None where there is none); `named`: row → judge → the
        emotions it named.
    """
    table = {
        key: [record[key] for record in records]
        for key in ("clip", "actor", "source", "emotion", "n_frames")
    }
    rows = records[0]["rows"]
    made = [record["rows"].get("generated", {"numbers": {}})["numbers"] for record in records]
    keys = [key for key in CLIP_BY_CLIP if any(key in numbers for numbers in made)]
    table["generated"] = {key: [_short(numbers.get(key)) for numbers in made] for key in keys}
    table["named"] = {
        row: {
            judge: [EMOTIONS[int(np.argmax(r["rows"][row]["probs"][judge]))] for r in records]
            for judge in sorted(rows[row]["probs"])
        }
        for row in rows
    }
    return table


def summarise(records: list[dict], *, seed: int = 0) -> dict:
    """Rows of metrics, and emotion scores, over all clips.

    Returns:
        `rows`: row → metric → {mean, low, high, n, actors}; a metric without a value in any clip is
        absent. `emotions`: row → judge → accuracy, per_emotion, confusion, n. `units`: row → asked
        emotion → face unit → how far it moved from the source, where that was measured.
        `left_out`: Fréchet distance → generated clips' without each actor, to compare two results.
    """
    rows, emotions, units, left = {}, {}, {}, {}
    actors = np.array([record["actor"] for record in records])
    codes = {code: index for index, code in enumerate(EMOTIONS)}
    intended = np.array([codes.get(record["emotion"], -1) for record in records])
    for row in records[0]["rows"]:
        parts = [record["rows"][row] for record in records]
        metrics = _means([part["numbers"] for part in parts], actors, seed)
        emotions[row] = {}
        for judge in sorted({name for part in parts for name in part["probs"]}):
            probs = np.array([part["probs"][judge] for part in parts])
            right = probs.argmax(axis=1) == intended
            metrics[f"emoacc/{judge}"] = mean_interval(right, actors, seed=seed)
            emotions[row][judge] = score_emotions(probs, intended).as_dict()
        if row != "truth":
            crowd, without = _crowd(records, row, actors, intended)
            metrics |= crowd
            left |= without if row == "generated" else {}
        rows[row] = {key: value.as_dict() for key, value in metrics.items()}
        units[row] = unit_changes([part["units"] for part in parts], actors, intended, seed)
    units = {row: changes for row, changes in units.items() if changes}
    further = {"units": units, "left_out": left}
    return {"rows": rows, "emotions": emotions} | {k: part for k, part in further.items() if part}


def unit_changes(changes: list, actors: np.ndarray, intended: np.ndarray, seed: int = 0) -> dict:
    """How expressions move the face: emotion → unit → its mean change with an interval over people.

    A unit's two sides count as one. Changes are weights in [-1, 1] less those of the source; where
    that is the person's neutral clip they are the emotion's alone.

    Args:
        changes: a row of 32 in `STEMS` order for each clip; None where it was not measured.
        actors: (N,) names. intended: (N,) int, index into `EMOTIONS`; -1: not asked for.
    """
    found, known = {}, np.array([row is not None for row in changes])
    for code in np.unique(intended[known & (intended >= 0)]):
        asked = np.flatnonzero(known & (intended == code))
        moved = np.array([changes[i] for i in asked])
        means = [mean_interval(column, actors[asked], seed=seed) for column in moved.T]
        told = {s: m.as_dict() for s, m in zip(STEMS, means, strict=True) if abs(m.mean) >= MOVES}
        found[EMOTIONS[code]] = told
    return found


def crowd_features(records: list[dict], row: str) -> list[np.ndarray]:
    """Features of a row, one (n, D) float64 array a clip that has them."""
    kept = [record["rows"][row]["features"] for record in records]
    return [np.array(one, np.float64) for one in kept if one]


def warnings_of(records: list[dict], paired: bool) -> list[str]:
    """What a reader of the numbers must know about how many clips and people they come from."""
    notes = []
    n_actors = len({record["actor"] for record in records})
    if n_actors < FEW_ACTORS:
        people = "1 actor" if n_actors == 1 else f"{n_actors} actors"
        notes.append(f"Only {people}: intervals over people say little.")
    if "generated" not in records[0]["rows"]:
        notes.append(
            "No generator: the clips themselves are measured, with nothing to compare them."
        )
    elif not paired:
        notes.append("No pairs: the true answer is not known, nothing is compared pixel by pixel.")
    features = crowd_features(records, "truth")
    if features:
        n_samples, n_features = sum(map(len, features)), features[0].shape[1]
        if n_samples < FEW_SAMPLES * n_features:
            notes.append(
                f"The Fréchet distance rests on {n_samples} frames for {n_features} features: too"
                " few; compare it only with results on the same clips."
            )
    return notes


def _means(clips: list[dict[str, float]], actors: np.ndarray, seed: int) -> dict[str, Interval]:
    found = {}
    for key in sorted({key for clip in clips for key in clip} - COUNTS):
        there = np.array([key in clip for clip in clips])
        values = [clip[key] for clip in clips if key in clip]
        weights = None
        if key in SHARES:
            weights = [clip[SHARES[key]] for clip in clips if key in clip]
            if not sum(weights):
                continue
        found[key] = mean_interval(values, actors[there], weights=weights, seed=seed)
    return found


def _crowd(records: list[dict], row: str, actors, intended) -> tuple[dict, dict]:
    """Fréchet distance of a row's frames from the true ones, of all and the mean over emotions:
    with its interval, and without each actor in turn.

    Clips without features are left out, and so is a distance for want of frames.
    """
    seen = [
        i for i, r in enumerate(records) if all(r["rows"][x]["features"] for x in (row, "truth"))
    ]
    pairs = [crowd_features([records[i] for i in seen], side) for side in (row, "truth")]
    actors, intended = actors[seen], intended[seen]

    def of_all(clips: np.ndarray) -> float:
        if sum(len(pairs[0][i]) for i in clips) < 2:
            return np.nan  # no spread to speak of
        return visual.frechet_distance(
            *(np.concatenate([side[i] for i in clips]) for side in pairs)
        )

    def of_six(clips: np.ndarray) -> float:
        parts = [of_all(clips[intended[clips] == code]) for code in np.unique(intended[clips])]
        parts = [part for part in parts if np.isfinite(part)]
        return float(np.mean(parts)) if parts else np.nan

    found, without = {}, {}
    for key, distance in {"frechet": of_all, "frechet_six": of_six}.items():
        whole, left = left_out(distance, actors)
        if not np.isfinite(whole):
            continue
        one = jackknife_interval(whole, list(left.values()), len(seen))
        known = one.low is not None and np.isfinite(one.low)
        edges = (max(one.low, 0.0), one.high) if known else (None, None)
        found[key] = replace(one, low=edges[0], high=edges[1])
        if known:
            without[key] = {actor: round(value, 4) for actor, value in left.items()}
    return found, without


def _short(value: float | None) -> float | None:
    """Five significant digits."""
    return None if value is None else float(f"{value:.5g}")
